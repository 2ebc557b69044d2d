"""After deploy_all everybody has the powers of contracts/roles.json and no other, and the governor's acts take time."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError
from web3.types import RPCEndpoint, TxReceipt

from backend.chain.artifacts import CHECKOUT, artifact
from backend.chain.contracts import Contracts
from backend.chain.deploy import (
    GOVERNOR_DELAY_S,
    GOVERNOR_ROLE,
    OPERATOR_ROLE,
    PAUSER_ROLE,
    REGISTRAR_ROLE,
    ROLES,
    ClassSpec,
    DeploymentFailed,
    deploy_all,
    local_roles,
)
from backend.chain.deployment import Deployment
from backend.chain.keccak import keccak
from backend.chain.keys import PERSON_FIRST, DevRole, Signer, dev_signer
from backend.chain.node import LocalNode
from backend.chain.reverts import Revert, decode_revert
from backend.chain.rpc import connect

ADMIN_ROLE = 0
NUMBER_OF_ROLE = {"OPERATOR_ROLE": 1, "PAUSER_ROLE": 2, "REGISTRAR_ROLE": 3, "GOVERNOR_ROLE": 4}
RESTRICTED = [(name, sig, role) for name, functions in ROLES["functions"].items() for sig, role in functions.items()]
SOMEBODY = "0x" + "99" * 20


def revert_of(contract: Contract, function: str, *args: object, by: Signer) -> Revert:
    """What a call says when it is refused; Revert("", ...) never stands for success."""
    with pytest.raises(ContractLogicError) as refusal:
        contract.functions[function](*args).call({"from": by.address})
    data = refusal.value.data
    assert isinstance(data, str)
    return decode_revert(bytes.fromhex(data.removeprefix("0x")))


def send(w3: Web3, contract: Contract, function: str, *args: object, by: Signer) -> TxReceipt:
    sender = Web3.to_checksum_address(by.address)
    transaction = contract.functions[function](*args).build_transaction(
        {"from": sender, "nonce": w3.eth.get_transaction_count(sender)}
    )
    sent = w3.eth.send_raw_transaction(Account.sign_transaction(transaction, by.key).raw_transaction)
    receipt = w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)
    assert receipt["status"] == 1
    return receipt


def pass_time(w3: Web3, seconds: int) -> None:
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])


def test_roles__their_numbers__are_those_of_solidity() -> None:
    source = (CHECKOUT / "contracts" / "libraries" / "Roles.sol").read_text()
    in_solidity = {name: int(number) for name, number in re.findall(r"constant (\w+_ROLE) = (\d+);", source)}
    assert ROLES["roles"] == in_solidity == NUMBER_OF_ROLE
    assert (OPERATOR_ROLE, PAUSER_ROLE, REGISTRAR_ROLE, GOVERNOR_ROLE) == (1, 2, 3, 4)


def _with_bases(path: Path) -> str:
    """A contract's text and that of the parts it names, where its abstract bases live."""
    text = path.read_text()
    bases = re.findall(r'from "\./((?:libraries|charity|exchange)/\w+\.sol)"', text)
    return text + "".join((path.parent / base).read_text() for base in bases)


@pytest.mark.usefixtures("compiled")
def test_roles__every_restricted_function__has_one_and_no_other_is_named() -> None:
    for name, functions in ROLES["functions"].items():
        source = _with_bases(CHECKOUT / "contracts" / f"{name}.sol")
        restricted = re.findall(r"function (\w+)\([^)]*\)[^{;]*\brestricted\b", source)
        assert sorted(signature.partition("(")[0] for signature in functions) == sorted(restricted), name
        in_abi = {
            f"{item['name']}({','.join(parameter['type'] for parameter in item['inputs'])})"
            for item in artifact(name).abi
            if item["type"] == "function"
        }
        assert set(functions) <= in_abi, name


def may(contracts: Contracts, caller: str, name: str, signature: str) -> tuple[bool, int]:
    """Whether the caller may call at once, and otherwise after which delay (0: never)."""
    target = contracts.named(name).address
    selector = keccak(signature.encode())[:4]
    at_once, delay = contracts.governance.functions.canCall(caller, target, selector).call()
    return bool(at_once), int(delay)


@pytest.mark.parametrize(("name", "signature", "role"), RESTRICTED, ids=str)
def test_powers__of_every_account_over_every_restricted_function__are_those_of_its_role(
    contracts: Contracts, name: str, signature: str, role: str
) -> None:
    holder = {
        "OPERATOR_ROLE": DevRole.OPERATOR,
        "PAUSER_ROLE": DevRole.PAUSER,
        "REGISTRAR_ROLE": DevRole.REGISTRAR,
        "GOVERNOR_ROLE": DevRole.GOVERNOR,
    }[role]
    for index in range(PERSON_FIRST + 2):
        expected = (False, 0)
        if index == holder:
            expected = (False, GOVERNOR_DELAY_S) if role == "GOVERNOR_ROLE" else (True, 0)
        assert may(contracts, dev_signer(index).address, name, signature) == expected, index


def test_members__of_every_role__are_exactly_the_chosen_ones(contracts: Contracts) -> None:
    holders = {
        ADMIN_ROLE: (DevRole.GOVERNOR, GOVERNOR_DELAY_S),
        GOVERNOR_ROLE: (DevRole.GOVERNOR, GOVERNOR_DELAY_S),
        OPERATOR_ROLE: (DevRole.OPERATOR, 0),
        PAUSER_ROLE: (DevRole.PAUSER, 0),
        REGISTRAR_ROLE: (DevRole.REGISTRAR, 0),
    }
    for role, (holder, delay) in holders.items():
        for index in range(PERSON_FIRST + 2):
            is_member, member_delay = contracts.governance.functions.hasRole(role, dev_signer(index).address).call()
            assert (is_member, member_delay) == ((True, delay) if index == holder else (False, 0)), (role, index)
    assert contracts.governance.functions.adminCount().call() == 1


def test_settings__after_deployment__are_those_asked_for(contracts: Contracts) -> None:
    exchange, issuance, credit = contracts.exchange.functions, contracts.issuance.functions, contracts.credit.functions
    assert exchange.feeBps().call() == 30
    assert exchange.operator().call() == dev_signer(DevRole.OPERATOR).address
    assert exchange.feeRecipient().call() == dev_signer(DevRole.FEE_RECIPIENT).address
    assert (issuance.threshold().call(), issuance.verifierCount().call()) == (2, 3)
    for role in DevRole:
        is_verifier = role in {DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C}
        assert issuance.isVerifier(dev_signer(role).address).call() is is_verifier
    assert credit.issuance().call() == contracts.issuance.address
    assert contracts.named("RetirementReceipts").functions.credit().call() == credit.address
    for name in ("Exchange", "Charity", "Issuance", "Anchors", "RetirementReceipts"):
        registered = credit.isRegisteredOperator(contracts.named(name).address).call()
        assert registered is (name in {"Exchange", "Charity"})


CLASS = (b"GB".ljust(6, b"\0"), 2026, b"SIM".ljust(8, b"\0"), 10**9, 500)


@pytest.mark.parametrize("role", [role for role in DevRole if role != DevRole.GOVERNOR])
def test_create_class__by_anybody_but_the_governor__is_unauthorised(contracts: Contracts, role: DevRole) -> None:
    refusal = revert_of(contracts.credit, "createClass", *CLASS, by=dev_signer(role))
    assert refusal == Revert("AccessManagedUnauthorized", {"caller": dev_signer(role).address.lower()})


def test_deployer__after_the_hand_over__has_no_power_at_once(contracts: Contracts) -> None:
    deployer = dev_signer(DevRole.GOVERNOR)
    charity, issuance = contracts.charity, contracts.issuance
    for contract, function, args in (
        (charity, "listCharity", (SOMEBODY, deployer.address)),
        (issuance, "removeVerifier", (dev_signer(DevRole.VERIFIER_A).address,)),
        (issuance, "pause", ()),
        (contracts.payment, "mint", (SOMEBODY, 1)),
    ):
        assert revert_of(contract, function, *args, by=deployer).name == "AccessManagedUnauthorized", function
    for function, grant in (
        ("grantRole", (REGISTRAR_ROLE, deployer.address, 0)),
        ("grantRole", (ADMIN_ROLE, SOMEBODY, 0)),
        ("setTargetFunctionRole", (issuance.address, [b"\x01\x02\x03\x04"], ADMIN_ROLE)),
        ("updateAuthority", (issuance.address, SOMEBODY)),
    ):
        refusal = revert_of(contracts.governance, function, *grant, by=deployer)
        assert refusal.name == "AccessManagerNotScheduled", function


def test_last_admin__cannot_leave(contracts: Contracts) -> None:
    governor = dev_signer(DevRole.GOVERNOR)
    refusal = revert_of(contracts.governance, "renounceRole", ADMIN_ROLE, governor.address, by=governor)
    assert refusal == Revert("LastAdmin", {"account": governor.address.lower()})


def test_set_fee__by_the_governor__only_once_announced_and_two_days_later(w3: Web3, contracts: Contracts) -> None:
    governor, exchange = dev_signer(DevRole.GOVERNOR), contracts.exchange
    call = contracts.encode("Exchange", "setFee", [50])

    assert revert_of(exchange, "setFee", 50, by=governor).name == "AccessManagerNotScheduled"

    send(w3, contracts.governance, "schedule", exchange.address, call, 0, by=governor)
    assert revert_of(exchange, "setFee", 50, by=governor).name == "AccessManagerNotReady"
    assert revert_of(exchange, "setFee", 51, by=governor).name == "AccessManagerNotScheduled", "another act"
    pass_time(w3, GOVERNOR_DELAY_S - 60)
    assert revert_of(exchange, "setFee", 50, by=governor).name == "AccessManagerNotReady"

    pass_time(w3, 120)
    operator = dev_signer(DevRole.OPERATOR)
    assert revert_of(exchange, "setFee", 50, by=operator).name == "AccessManagedUnauthorized"
    assert exchange.functions.feeBps().call() == 30
    send(w3, exchange, "setFee", 50, by=governor)
    assert exchange.functions.feeBps().call() == 50
    assert revert_of(exchange, "setFee", 50, by=governor).name == "AccessManagerNotScheduled", (
        "announced once, done once"
    )


# --- other deployments: each on a node of its own ---

OTHER_GOVERNOR = dev_signer(PERSON_FIRST)
DEPLOYER = dev_signer(DevRole.GOVERNOR)


def test_deploy__governor_is_not_the_deployer__leaves_the_deployer_nothing(compiled: None) -> None:  # noqa: ARG001
    with LocalNode() as node:
        w3 = connect(node.url)
        made = deploy_all(w3, DEPLOYER, replace(local_roles(), governor=OTHER_GOVERNOR.address))
        governance = Contracts(w3, made).governance.functions
        for role in (ADMIN_ROLE, OPERATOR_ROLE, PAUSER_ROLE, REGISTRAR_ROLE, GOVERNOR_ROLE):
            assert governance.hasRole(role, DEPLOYER.address).call() == [False, 0], role
        for role in (ADMIN_ROLE, GOVERNOR_ROLE):
            assert governance.hasRole(role, OTHER_GOVERNOR.address).call() == [True, GOVERNOR_DELAY_S]
        assert governance.adminCount().call() == 1


def test_deploy__with_a_money_of_its_own__governs_everything_but_that(w3: Web3, deployment: Deployment) -> None:
    money = deployment.address("PaymentToken")
    made = deploy_all(w3, DEPLOYER, replace(local_roles(), payment_token=money))
    assert made.address("PaymentToken") == money
    assert made.block_number > deployment.block_number
    assert made.genesis_hash == deployment.genesis_hash
    assert not set(made.addresses.values()) & (set(deployment.addresses.values()) - {money})
    made.check(w3)
    governance = Contracts(w3, made).governance.functions
    selector = keccak(b"mint(address,uint256)")[:4]
    assert governance.getTargetFunctionRole(money, selector).call() == ADMIN_ROLE, "nobody's to hand out"


@pytest.mark.parametrize(
    ("what", "why", "changed"),
    [
        ("setThreshold", "ThresholdInvalid(threshold=4, verifiers=3)", {"threshold": 4}),
        ("setFee", "FeeTooHigh(feeBps=101, max=100)", {"fee_bps": 101}),
        ("createClass", "AmountZero()", {"classes": (ClassSpec("CN-SC", 2025, "SIM", 0, 500),)}),
        ("Exchange", "AddressZero()", {"operator": "0x" + "00" * 20}),
    ],
)
def test_deploy__settings_the_contracts_refuse__fails_by_name_and_reason(
    w3: Web3, what: str, why: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(DeploymentFailed) as refusal:
        deploy_all(w3, DEPLOYER, replace(local_roles(), **changed))
    assert refusal.value.code == "chain.deployment_failed"
    assert refusal.value.fields == {"what": what, "why": why}


def test_deployment__first_block__is_where_the_first_contract_was_made(w3: Web3, deployment: Deployment) -> None:
    governance = Web3.to_checksum_address(deployment.address("Governance"))
    assert not w3.eth.get_code(governance, block_identifier=deployment.block_number - 1)
    assert w3.eth.get_code(governance, block_identifier=deployment.block_number)
    for name, address in deployment.addresses.items():
        code = bytes(w3.eth.get_code(Web3.to_checksum_address(address)))
        assert len(code) == len(artifact(name).runtime), name
