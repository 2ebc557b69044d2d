"""What people and the operator do in the contract tests: sign, relay, mint through a real batch."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from web3 import Web3
from web3.logs import DISCARD
from web3.types import EventData, TxReceipt

from backend.chain import settle_batch
from backend.chain.class_id import pack
from backend.chain.contracts import Contracts
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.reverts import Revert, decode_revert
from backend.chain.settle_batch import ACTIONS, SIDES, BatchMatch
from backend.chain.typed_data import digest, sign, sign_digest
from backend.giving.kinds import CampaignKind, Funding
from backend.giving.opening import Opening
from backend.market.order import Action, Side, SignedOrder

CLASS_ID = pack("US-CA", 2025, "SIM")
FAR = 4_000_000_000
"""A time nobody will see, in Unix seconds."""

GAS = 5_000_000

SECONDS = {
    DevRole.POOL_CHARITY: DevRole.POOL_CHARITY_SECOND,
    DevRole.AID_CHARITY: DevRole.AID_CHARITY_SECOND,
}
"""A charity's second signer."""


class Reverted(AssertionError):
    """The call reverted; `revert` says with what."""

    def __init__(self, revert: Revert) -> None:
        super().__init__(str(revert))
        self.revert = revert


def _revert_data(failure: Exception) -> bytes:
    """The revert data in whatever shape the node reported it."""
    data: Any = getattr(failure, "data", None)
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    assert isinstance(data, str), failure
    return bytes.fromhex(data.removeprefix("0x"))


def order_tuple(order: SignedOrder) -> tuple[object, ...]:
    """An order in the field order of IExchange.Order."""
    message = order.message()
    words = {"side": SIDES.index(order.side.value), "action": ACTIONS.index(order.action.value)}
    return tuple({**message, **words}.values())


@dataclass
class People:
    """Persons by index from 0; acts are relayed by the operator unless said otherwise."""

    w3: Web3
    contracts: Contracts
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def person(self, index: int) -> Signer:
        return dev_signer(100 + index)

    def send(self, contract: str, function: str, *args: object, by: DevRole = DevRole.OPERATOR) -> TxReceipt:
        """Sends a call; raises Reverted with the decoded error if it would revert."""
        signer = dev_signer(by)
        call = self.contracts.named(contract).functions[function](*args)
        try:
            call.call({"from": signer.address})
        except Exception as failure:  # each node has its own type for a revert; _revert_data refuses all others
            raise Reverted(decode_revert(_revert_data(failure))) from failure
        transaction = call.build_transaction(
            {
                "from": Web3.to_checksum_address(signer.address),
                "gas": GAS,
                "nonce": self.w3.eth.get_transaction_count(Web3.to_checksum_address(signer.address)),
            }
        )
        raw = Account.sign_transaction(transaction, signer.key).raw_transaction
        receipt = self.w3.eth.wait_for_transaction_receipt(self.w3.eth.send_raw_transaction(raw), poll_latency=0.02)
        assert receipt["status"] == 1
        return receipt

    def events(self, receipt: TxReceipt, contract: str, event: str) -> list[EventData]:
        return [
            log
            for log in self.contracts.named(contract).events[event]().process_receipt(receipt, errors=DISCARD)
            if log["address"] == self.contracts.named(contract).address
        ]

    def mint(self, index: int, amount_gco2e: int, class_id: int = CLASS_ID) -> None:
        """Credits for a person, through a batch that two verifiers signed and a claim."""
        self.mint_to(self.person(index).address, amount_gco2e, class_id)

    def mint_to(self, account: str, amount_gco2e: int, class_id: int = CLASS_ID) -> None:
        """The same for any account."""
        leaf = (account, class_id, amount_gco2e, b"\x01" * 32, next(self.numbers).to_bytes(32))
        tree = MerkleTree([claim_leaf(*leaf)])
        batch = self.batch(tree.root, 2 * amount_gco2e, class_id)
        self.send("Issuance", "anchorBatch", tuple(batch.values()), self.approvals(batch))
        self.send("Issuance", "claim", tree.root, leaf, [])

    def retire_with_receipt(self, index: int, retire: dict[str, Any]) -> TxReceipt:
        """Relays a person's `Retire` and the `RetirementReceipt` of the same fields, under a fresh number."""
        message = retire | {"number": next(self.numbers), "deadline": FAR}
        return self.send("RetirementReceipts", "retireBySig", *self.receipt_call(index, message))

    def receipt_call(self, index: int, message: dict[str, Any]) -> tuple[tuple[object, ...], bytes, bytes]:
        """The arguments: the message's fields and both signatures."""
        acts = (("CarbonCredit", "Retire"), ("RetirementReceipts", "RetirementReceipt"))
        domain = self.contracts.deployment.domain
        retire, receipt = (sign(self.person(index), name, domain(contract), message) for contract, name in acts)
        return tuple(message.values()), retire, receipt

    def claim(self, index: int, amount_gco2e: int, class_id: int = CLASS_ID) -> tuple[str, int, int, bytes, bytes]:
        unique = next(self.numbers).to_bytes(32)
        return self.person(index).address, class_id, amount_gco2e, b"\x01" * 32, unique

    def batch(self, root: bytes, surplus_gco2e: int, class_id: int = CLASS_ID) -> dict[str, object]:
        return {
            "classId": class_id,
            "root": root,
            "people": 1,
            "budgetsGco2e": surplus_gco2e,
            "footprintsGco2e": 0,
            "surplusesGco2e": surplus_gco2e,
            "deficitsGco2e": 0,
            "policyDigest": b"\x02" * 32,
            "factorsDigest": b"\x03" * 32,
            "deadline": FAR,
        }

    def approvals(self, batch: dict[str, object], count: int = 2) -> list[bytes]:
        """Signatures of the first verifiers, by ascending address."""
        verifiers = [dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C)]
        domain = self.contracts.deployment.domain("Issuance")
        chosen = sorted(verifiers[:count], key=lambda signer: int(signer.address, 16))
        return [sign(signer, "Batch", domain, batch) for signer in chosen]

    def pay(self, index: int, amount: int) -> None:
        """Payment tokens for a person, and a permit for the Exchange to take them; the person sends nothing."""
        person, exchange = self.person(index), self.contracts.exchange.address
        self.send("PaymentToken", "mint", person.address, amount)
        payment = self.contracts.payment
        nonce = payment.functions.nonces(person.address).call()
        permit_type = Web3.keccak(
            text="Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        )
        body = Web3.solidity_keccak(
            ["bytes32", "uint256", "uint256", "uint256", "uint256", "uint256"],
            [permit_type, int(person.address, 16), int(exchange, 16), 2**256 - 1, nonce, FAR],
        )
        separator = payment.functions.DOMAIN_SEPARATOR().call()
        signature = sign_digest(person, bytes(Web3.keccak(b"\x19\x01" + separator + body)))
        self.send(
            "PaymentToken",
            "permit",
            *(person.address, exchange, 2**256 - 1, FAR, signature[64], signature[:32], signature[32:64]),
        )

    def approve(self, index: int, operator: str) -> None:
        """The person lets the Exchange or Charity move its credits, by signature."""
        person, number = self.person(index), next(self.numbers)
        message = {
            "account": person.address,
            "operator": self.contracts.named(operator).address,
            "approved": True,
            "number": number,
            "deadline": FAR,
        }
        signature = sign(person, "Approve", self.contracts.deployment.domain("CarbonCredit"), message)
        self.send("CarbonCredit", "approveBySig", *message.values(), signature)

    def order(self, index: int, side: Side, lots: int, price_per_kg: int, **changed: Any) -> SignedOrder:
        person = self.person(index)
        fields: dict[str, Any] = {
            "maker": person.address,
            "beneficiary": person.address,
            "class_id": CLASS_ID,
            "side": side,
            "amount_gco2e": lots * 1000,
            "price_per_kg": price_per_kg,
            "max_fee_bps": 100,
            "expiry": FAR,
            "number": next(self.numbers),
            "epoch": 0,
            "action": Action.HOLD,
            "ref": bytes(32),
        }
        return SignedOrder(**(fields | changed))

    def signature(self, index: int, order: SignedOrder) -> bytes:
        return sign(self.person(index), "Order", self.contracts.deployment.domain("Exchange"), order.message())

    def order_hash(self, order: SignedOrder) -> bytes:
        return digest("Order", self.contracts.deployment.domain("Exchange"), order.message())

    def settle(
        self, orders: list[tuple[int, SignedOrder]], matches: Sequence[tuple[int, ...]], **sent: Any
    ) -> TxReceipt:
        """Settles; each order with the index of the person who signs it. Matches: buy, sell, lots, price[, group]."""
        signed = [(order.message(), self.signature(index, order)) for index, order in orders]
        return self.send(
            "Exchange", "settle", settle_batch.encode(signed, [BatchMatch(*match) for match in matches]), **sent
        )

    def second_word(self, role: DevRole, type_name: str, message: dict[str, object]) -> tuple[int, int, bytes]:
        """A charity's second signer's word for one act, under a fresh number."""
        number = next(self.numbers)
        message = message | {"number": number, "deadline": FAR}
        signature = sign(dev_signer(role), type_name, self.contracts.deployment.domain("Charity"), message)
        return number, FAR, signature

    def open_campaign(
        self,
        by: DevRole,
        *,
        seconds: int,
        target_gco2e: int,
        story: bytes,
        kind: CampaignKind = CampaignKind.RETIRE_POOL,
        funding: Funding = Funding.KEEP_WHAT_YOU_RAISE,
    ) -> int:
        """Of a charity, by both its signers, for so long from now; the campaign's id."""
        now = self.w3.eth.get_block("latest")["timestamp"]
        opening = Opening(kind, funding, now, now + seconds, target_gco2e, story)
        second = self.second_word(SECONDS[by], "OpenCampaign", opening.message(dev_signer(by).address))
        opened = self.send("Charity", "openCampaign", *opening.arguments, second, by=by)
        return int(self.events(opened, "Charity", "CampaignOpened")[0]["args"]["campaignId"])

    def close_early(self, by: DevRole, campaign_id: int) -> TxReceipt:
        """Of a charity, by both its signers."""
        second = self.second_word(SECONDS[by], "CloseEarly", {"campaignId": campaign_id})
        return self.send("Charity", "closeEarly", campaign_id, second, by=by)

    def grant(self, campaign_id: int, amounts: list[int], refs: list[bytes]) -> TxReceipt:
        """Of the aid charity, by both its signers."""
        message: dict[str, object] = {
            "campaignId": campaign_id,
            "classId": CLASS_ID,
            "totalGco2e": sum(amounts),
            "grantsDigest": keccak(encode(["uint256[]", "bytes32[]"], [amounts, refs])),
        }
        second = self.second_word(DevRole.AID_CHARITY_SECOND, "Grant", message)
        return self.send("Charity", "grant", campaign_id, CLASS_ID, amounts, refs, second, by=DevRole.AID_CHARITY)

    def retire_early(self, campaign_id: int, amount_gco2e: int) -> TxReceipt:
        """Of the pool, by both its signers."""
        message: dict[str, object] = {"campaignId": campaign_id, "classId": CLASS_ID, "amountGco2e": amount_gco2e}
        second = self.second_word(DevRole.POOL_CHARITY_SECOND, "RetireEarly", message)
        terms = (campaign_id, CLASS_ID, amount_gco2e, second)
        return self.send("Charity", "retireEarly", *terms, by=DevRole.POOL_CHARITY)

    def credits_of(self, address: str, class_id: int = CLASS_ID) -> int:
        return int(self.contracts.credit.functions.balanceOf(address, class_id).call())

    def money_of(self, address: str) -> int:
        return int(self.contracts.payment.functions.balanceOf(address).call())
