"""Deploys the contracts and hands them over: roles, verifiers, fee, first classes; then governance becomes slow.

Until the last step the deployer may do everything at once; after it the governor acts with a delay. A deployment that
was cut short leaves no deployment file and is simply made again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from eth_account import Account
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import ContractLogicError
from web3.types import Nonce, TxParams, TxReceipt

from backend.chain.artifacts import CHECKOUT, CONTRACT_NAMES, artifact
from backend.chain.deployment import Deployment
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.reverts import decode_revert
from backend.chain.rpc import network_of
from backend.kernel.errors import Unavailable

ROLES = json.loads(CHECKOUT.joinpath("contracts", "roles.json").read_text())
"""Which role each restricted function needs: one source for deployment and contract tests."""

OPERATOR_ROLE, PAUSER_ROLE, REGISTRAR_ROLE, GOVERNOR_ROLE = (
    int(ROLES["roles"][name]) for name in ("OPERATOR_ROLE", "PAUSER_ROLE", "REGISTRAR_ROLE", "GOVERNOR_ROLE")
)

GOVERNOR_DELAY_S = 2 * 24 * 3600
"""A governor's act is announced two days before it can be executed."""

RECEIPT_TIMEOUT_S = 60
POLL_S = 0.02  # money-lint: seconds


class DeploymentFailed(Unavailable):
    """A deployment transaction reverted, or would."""

    code = "chain.deployment_failed"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} was refused while deploying: {why}", what=what, why=why)


@dataclass(frozen=True)
class ClassSpec:
    """A credit class to open: cap in grams (the region's total quantity), buffer rate in basis points."""

    region: str
    vintage: int
    methodology: str
    cap_gco2e: int
    buffer_rate_bps: int


@dataclass(frozen=True)
class Roles:
    """Who holds which power (EIP-55 addresses), and the first settings."""

    governor: str
    operator: str
    registrar: str
    pauser: str
    verifiers: tuple[str, ...]
    threshold: int
    fee_recipient: str
    fee_bps: int
    charities: tuple[tuple[str, str], ...] = ()
    """Each with its second signer."""
    classes: Sequence[ClassSpec] = field(default_factory=tuple)
    payment_token: str | None = None
    """An existing stablecoin on a real network; None deploys the local stand-in."""


class _Deployer:
    def __init__(self, w3: Web3, signer: Signer) -> None:
        self.w3, self.signer = w3, signer
        self.nonce = int(w3.eth.get_transaction_count(Web3.to_checksum_address(signer.address)))

    def _send(self, what: str, transaction: dict[str, Any]) -> TxReceipt:
        signed = Account.sign_transaction(transaction, self.signer.key)
        sent = self.w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = self.w3.eth.wait_for_transaction_receipt(sent, timeout=RECEIPT_TIMEOUT_S, poll_latency=POLL_S)
        if receipt["status"] != 1:
            raise DeploymentFailed(what, "it reverted in its block")
        self.nonce += 1
        return receipt

    def _built(self, what: str, call: ContractConstructor | ContractFunction) -> dict[str, Any]:
        common: TxParams = {
            "from": Web3.to_checksum_address(self.signer.address),
            "nonce": Nonce(self.nonce),
            "chainId": self.w3.eth.chain_id,
        }
        try:
            return dict(call.build_transaction(common))
        except ContractLogicError as failure:
            data = failure.data if isinstance(failure.data, str) else ""
            why = str(decode_revert(bytes.fromhex(data.removeprefix("0x"))))
            raise DeploymentFailed(what, why) from failure

    def create(self, name: str, *args: object) -> Contract:
        compiled = artifact(name)
        factory = self.w3.eth.contract(abi=compiled.abi, bytecode=compiled.bytecode)
        receipt = self._send(name, self._built(name, factory.constructor(*args)))
        return cast(Contract, self.w3.eth.contract(address=receipt["contractAddress"], abi=compiled.abi))

    def call(self, contract: Contract, function: str, *args: object) -> None:
        self._send(function, self._built(function, contract.functions[function](*args)))


def _padded(text: str, size: int) -> bytes:
    return text.encode("ascii").ljust(size, b"\0")


def class_arguments(spec: ClassSpec) -> list[Any]:
    """What `CarbonCredit.createClass` takes."""
    region, methodology = _padded(spec.region, 6), _padded(spec.methodology, 8)
    return [region, spec.vintage, methodology, spec.cap_gco2e, spec.buffer_rate_bps]


def deploy_all(w3: Web3, deployer: Signer, roles: Roles) -> Deployment:
    """Deploys, configures and hands over; returns where everything stands. Raises DeploymentFailed."""
    first_block = w3.eth.block_number + 1
    maker = _Deployer(w3, deployer)
    made: dict[str, Contract] = {}
    made["Governance"] = governance = maker.create("Governance", deployer.address)
    if roles.payment_token is None:
        made["PaymentToken"] = maker.create("PaymentToken", governance.address)
    else:
        made["PaymentToken"] = w3.eth.contract(
            address=Web3.to_checksum_address(roles.payment_token), abi=artifact("PaymentToken").abi
        )
    made["CarbonCredit"] = credit = maker.create("CarbonCredit", governance.address, "")
    made["Issuance"] = maker.create("Issuance", governance.address, credit.address)
    made["Charity"] = maker.create("Charity", governance.address, credit.address)
    made["Exchange"] = maker.create(
        "Exchange",
        governance.address,
        credit.address,
        made["PaymentToken"].address,
        made["Charity"].address,
        roles.operator,
        roles.fee_recipient,
    )
    made["Anchors"] = maker.create("Anchors", governance.address)
    made["RetirementReceipts"] = maker.create("RetirementReceipts", credit.address)
    _assign_functions(maker, made, local=roles.payment_token is None)
    _configure(maker, made, deployer.address, roles)
    _hand_over(maker, governance, deployer.address, roles)
    network = network_of(w3)
    return Deployment(
        chain_id=network.chain_id,
        genesis_hash=network.genesis_hash,
        block_number=first_block,
        addresses={name: str(made[name].address) for name in CONTRACT_NAMES},
        abi_digests={name: artifact(name).abi_digest for name in CONTRACT_NAMES},
    )


def _assign_functions(maker: _Deployer, made: dict[str, Contract], *, local: bool) -> None:
    for name, functions in ROLES["functions"].items():
        if name == "PaymentToken" and not local:
            continue  # a real stablecoin is not ours to govern
        by_role: dict[str, list[bytes]] = {}
        for signature, role in functions.items():
            by_role.setdefault(role, []).append(keccak(signature.encode())[:4])
        for role, selectors in by_role.items():
            number = ROLES["roles"][role]
            maker.call(made["Governance"], "setTargetFunctionRole", made[name].address, selectors, number)


def _configure(maker: _Deployer, made: dict[str, Contract], deployer: str, roles: Roles) -> None:
    governance, credit = made["Governance"], made["CarbonCredit"]
    for role in (GOVERNOR_ROLE, REGISTRAR_ROLE):
        maker.call(governance, "grantRole", role, deployer, 0)
    maker.call(credit, "setIssuance", made["Issuance"].address)
    for name in ("Exchange", "Charity"):
        maker.call(credit, "setRegisteredOperator", made[name].address, True)
    for verifier in roles.verifiers:
        maker.call(made["Issuance"], "addVerifier", verifier)
    maker.call(made["Issuance"], "setThreshold", roles.threshold)
    if roles.fee_bps:
        maker.call(made["Exchange"], "setFee", roles.fee_bps)
    for charity, second_signer in roles.charities:
        maker.call(made["Charity"], "listCharity", charity, second_signer)
    for spec in roles.classes:
        maker.call(credit, "createClass", *class_arguments(spec))


def _hand_over(maker: _Deployer, governance: Contract, deployer: str, roles: Roles) -> None:
    """The deployer's powers end; the governor's acts are delayed from here on."""
    maker.call(governance, "grantRole", OPERATOR_ROLE, roles.operator, 0)
    maker.call(governance, "grantRole", PAUSER_ROLE, roles.pauser, 0)
    if roles.registrar != deployer:
        maker.call(governance, "grantRole", REGISTRAR_ROLE, roles.registrar, 0)
        maker.call(governance, "revokeRole", REGISTRAR_ROLE, deployer)
    if roles.governor != deployer:
        maker.call(governance, "revokeRole", GOVERNOR_ROLE, deployer)
        maker.call(governance, "grantRole", 0, roles.governor, GOVERNOR_DELAY_S)
    maker.call(governance, "grantRole", GOVERNOR_ROLE, roles.governor, GOVERNOR_DELAY_S)
    if roles.governor != deployer:
        maker.call(governance, "renounceRole", 0, deployer)
    else:
        maker.call(governance, "grantRole", 0, deployer, GOVERNOR_DELAY_S)


def local_roles(classes: Sequence[ClassSpec] = ()) -> Roles:
    """The parts the development accounts play on the local chain."""
    return Roles(
        governor=dev_signer(DevRole.GOVERNOR).address,
        operator=dev_signer(DevRole.OPERATOR).address,
        registrar=dev_signer(DevRole.REGISTRAR).address,
        pauser=dev_signer(DevRole.PAUSER).address,
        verifiers=tuple(dev_signer(r).address for r in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C)),
        threshold=2,
        fee_recipient=dev_signer(DevRole.FEE_RECIPIENT).address,
        fee_bps=30,
        charities=(
            (dev_signer(DevRole.POOL_CHARITY).address, dev_signer(DevRole.POOL_CHARITY_SECOND).address),
            (dev_signer(DevRole.AID_CHARITY).address, dev_signer(DevRole.AID_CHARITY_SECOND).address),
        ),
        classes=tuple(classes),
    )
