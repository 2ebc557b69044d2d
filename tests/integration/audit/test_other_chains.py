"""The same audit on a chain that was restarted, one that reorganised, and one whose payment token is not ours."""

import itertools
from dataclasses import replace
from pathlib import Path

from web3 import Web3

from backend.audit.recording import record
from backend.audit.replay import audit
from backend.chain.artifacts import artifact
from backend.chain.contracts import Contracts
from backend.chain.deploy import deploy_all, local_roles
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from tests.conftest import SAMPLE_CLASS
from tests.contract.people import People
from tests.integration.audit.story import Story


def _story(w3: Web3, payment_token: str | None = None) -> Story:
    roles = replace(local_roles((SAMPLE_CLASS,)), payment_token=payment_token)
    return Story(People(w3, Contracts(w3, deploy_all(w3, dev_signer(DevRole.GOVERNOR), roles))))


def test_audit__after_restarts__still_holds(compiled: None, tmp_path: Path) -> None:  # noqa: ARG001 - wanted for its effect
    state = tmp_path / "chain.json"
    with LocalNode(state_path=state) as node:
        story = _story(connect(node.url))
        story.people.mint(0, 50_000)
    for restart in range(3):
        with LocalNode(state_path=state) as node:
            story.people.w3 = connect(node.url)
            story.people.contracts = Contracts(story.people.w3, story.people.contracts.deployment)
            story.people.numbers = itertools.count(100 * (restart + 1))
            story.people.mint(restart, 50_000)
            report = audit(record(node.url, story.people.contracts.deployment))
            assert report.findings == ()


def test_audit__after_a_reorganisation__tells_the_chain_that_is(compiled: None) -> None:  # noqa: ARG001 - as above
    with LocalNode() as node:
        w3 = connect(node.url)
        story = _story(w3)
        story.people.mint(0, 50_000)
        deployment = story.people.contracts.deployment
        before = audit(record(node.url, deployment))
        w3.provider.make_request("anvil_reorg", [2, []])  # type: ignore[arg-type]  # web3 lists no test methods
        after = audit(record(node.url, deployment))
    assert before.findings == after.findings == ()
    assert before.counts["claims.leaf"] > after.counts["claims.leaf"]


def test_audit__payment_token_of_somebody_else__checks_only_what_moves_in_our_settlements(
    compiled: None,  # noqa: ARG001 - as above
) -> None:
    with LocalNode() as node:
        w3 = connect(node.url)
        token = artifact("PaymentToken")
        governor = w3.eth.accounts[0]
        own = artifact("Governance")
        manager = w3.eth.contract(abi=own.abi, bytecode=own.bytecode).constructor(governor)
        receipt = w3.eth.wait_for_transaction_receipt(manager.transact({"from": governor}))
        factory = w3.eth.contract(abi=token.abi, bytecode=token.bytecode)
        sent = factory.constructor(receipt["contractAddress"]).transact({"from": governor})
        foreign = str(w3.eth.wait_for_transaction_receipt(sent)["contractAddress"])
        story = _story(w3, payment_token=foreign)
        manager_contract = w3.eth.contract(address=receipt["contractAddress"], abi=own.abi)
        operator = dev_signer(DevRole.OPERATOR).address
        mint = bytes(Web3.keccak(text="mint(address,uint256)"))[:4]
        manager_contract.functions.setTargetFunctionRole(foreign, [mint], 1).transact({"from": governor})
        manager_contract.functions.grantRole(1, operator, 0).transact({"from": governor})
        story.issue_simply()
        story.trade()
        report = audit(record(node.url, story.people.contracts.deployment))
    assert report.findings == ()
    assert report.counts["conservation.legs"] > 5
    assert report.counts["reconstruction.PaymentToken"] == 0
