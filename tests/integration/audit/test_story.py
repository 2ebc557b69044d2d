"""A whole life on a real chain, audited: every promise holds, nothing was left unchecked, and files repeat it."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.audit.history import FORMAT, History, HistoryMalformed, HistoryMissing
from backend.audit.recording import BlockUnknown, record
from backend.audit.replay import audit
from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.deployment import Deployment, WrongNetwork
from backend.chain.events import event_shapes
from backend.chain.node import LocalNode
from backend.chain.rpc import NodeUnreachable
from tests.integration.audit.story import Story
from tests.integration.audit.tampering import shape_of

NEVER_TOLD = {
    "Governance": {
        *("OperationCanceled", "RoleAdminChanged", "RoleGrantDelayChanged", "RoleGuardianChanged", "RoleLabel"),
        *("TargetAdminDelayUpdated", "TargetClosed"),
    },
    "CarbonCredit": {"BufferExpired", "EIP712DomainChanged", "URI"},
    "Exchange": {"EIP712DomainChanged"},
    "Issuance": {"EIP712DomainChanged"},
    "Charity": {"EIP712DomainChanged"},
    "PaymentToken": {"EIP712DomainChanged"},
    "RetirementReceipts": {"EIP712DomainChanged"},
}
"""Events the story leaves out: of powers nobody uses, of years to come, and those OpenZeppelin only declares."""


def test_story__every_promise__holds(history: History) -> None:
    report = audit(history)
    assert report.findings == ()
    assert [check.name for check in report.checks if not report.counts[check.name]] == []


def test_story__every_event_of_our_contracts__is_in_it(history: History) -> None:
    told = {(shape.contract, shape.name) for shape in (shape_of(history, log) for log in history.logs)}
    declared = {
        (contract, shape.name)
        for contract in CONTRACT_NAMES
        for shape in event_shapes(contract).values()
        if shape.name not in NEVER_TOLD.get(contract, set())
    }
    assert told == declared


def test_story__calls_through_a_contract_and_a_wallet_contract__are_understood(history: History) -> None:
    assert len({call.transaction for call in history.inner_calls}) == 4
    assert any(key.split(":")[2].startswith("0x1626ba7e") for key in history.answers)


def test_history__saved_and_loaded__gives_the_same_report(history: History, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    history.save(path)
    assert History.load(path) == history
    assert audit(History.load(path)) == audit(history)


def test_history__not_a_file_or_not_ours__is_refused(history: History, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    with pytest.raises(HistoryMissing):
        History.load(path)
    history.save(path)
    whole = path.read_text()
    for text in (
        "{",
        "[]",
        whole.replace(FORMAT, "other/1"),
        whole.replace('"logIndex": "0x', '"logIndex": "x', 1),
    ):
        path.write_text(text)
        with pytest.raises(HistoryMalformed):
            History.load(path)


def test_record__up_to_an_earlier_block__audits_that_prefix(
    story: Story, node: LocalNode, deployment: Deployment
) -> None:
    halfway = story.w3.eth.block_number // 2
    report = audit(record(node.url, deployment, hex(halfway)))
    assert report.findings == ()
    assert report.covered["headBlock"] == halfway


def test_record__no_node_or_no_such_block__says_so(node: LocalNode, deployment: Deployment) -> None:
    with pytest.raises(BlockUnknown):
        record(node.url, deployment, hex(10**9))
    with pytest.raises(NodeUnreachable):
        record("http://127.0.0.1:9", deployment)


def test_record__of_another_chain__is_refused_and_in_a_recorded_history_is_a_finding(
    node: LocalNode, deployment: Deployment
) -> None:
    elsewhere = replace(deployment, genesis_hash="0x" + "11" * 32)
    with pytest.raises(WrongNetwork):
        record(node.url, elsewhere)
    told = replace(record(node.url, deployment), deployment=elsewhere)
    assert [finding.check for finding in audit(told).findings] == ["evidence.network"]
