"""Settlements for the books: signed orders, matches, and the events an honest Exchange leaves."""

from dataclasses import dataclass, field, replace
from typing import Any

from backend.audit.orders import order_of
from backend.audit.timeline import Call
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, dev_signer
from backend.chain.settle_batch import BatchMatch, encode
from backend.chain.typed_data import sign
from backend.kernel.mass import fee_floor
from tests.unit.audit.told import (
    ADDRESSES,
    CLASS_ID,
    DEPLOYMENT,
    NOBODY,
    NOW_S,
    Stage,
    Told,
    approved,
    moved,
    paid,
    person,
)

OPERATOR = dev_signer(DevRole.OPERATOR).address
RECIPIENT = dev_signer(DevRole.FEE_RECIPIENT).address
DOMAIN = DEPLOYMENT.domain("Exchange")
FEE_BPS = 30


@dataclass(frozen=True)
class AnOrder:
    """A valid order of a person unless changed. `signer` signs; the maker if not given."""

    maker: int
    side: str
    lots: int
    price_per_kg: int
    number: int
    action: str = "hold"
    ref: bytes = bytes(32)
    beneficiary: int | None = None
    max_fee_bps: int = 100
    expiry_s: int = NOW_S + 10_000
    epoch: int = 0
    amount_gco2e: int | None = None
    signer: int | None = None

    def raw(self) -> dict[str, Any]:
        maker = person(self.maker).address
        return {
            "maker": maker,
            "beneficiary": maker if self.beneficiary is None else person(self.beneficiary).address,
            "classId": CLASS_ID,
            "side": self.side,
            "amountGco2e": self.lots * 1_000 if self.amount_gco2e is None else self.amount_gco2e,
            "pricePerKg": self.price_per_kg,
            "maxFeeBps": self.max_fee_bps,
            "expiry": self.expiry_s,
            "number": self.number,
            "epoch": self.epoch,
            "action": self.action,
            "ref": self.ref,
        }

    def signature(self) -> bytes:
        return sign(person(self.maker if self.signer is None else self.signer), "Order", DOMAIN, self.raw())

    def order_hash(self) -> bytes:
        return order_of(self.raw(), b"", DOMAIN).order_hash

    def but(self, **changed: Any) -> "AnOrder":
        return replace(self, **changed)


def a_buy(maker: int = 1, lots: int = 10, price: int = 100, number: int = 1, **changed: Any) -> AnOrder:
    return AnOrder(maker, "buy", lots, price, number, **changed)


def a_sell(maker: int = 0, lots: int = 10, price: int = 90, number: int = 2, **changed: Any) -> AnOrder:
    return AnOrder(maker, "sell", lots, price, number, **changed)


def settle_call(matches: list[tuple[AnOrder, AnOrder, int, int]], caller: str = OPERATOR, *, group: int = 0) -> Call:
    """The matches as given, in one group if it is not 0."""
    orders: list[AnOrder] = []
    for buy, sell, _, _ in matches:
        orders += [order for order in (buy, sell) if order not in orders]
    rows = [BatchMatch(orders.index(buy), orders.index(sell), lots, price, group) for buy, sell, lots, price in matches]
    batch = encode([(order.raw(), order.signature()) for order in orders], rows)
    return Call("Exchange", "settle", {"batch": batch}, caller)


@dataclass
class Market:
    """A stage with funds, approvals and a fee; keeps what is left of each order, as an honest Exchange would."""

    stage: Stage
    left: dict[AnOrder, int] = field(default_factory=dict)

    def filled(self, buy: AnOrder, sell: AnOrder, lots: int, price: int) -> list[Told]:
        """Filled and its legs."""
        grams, cost = lots * 1_000, lots * price
        fee = fee_floor(cost, FEE_BPS)
        for order in (buy, sell):
            self.left[order] = self.left.get(order, order.raw()["amountGco2e"]) - grams
        event = {
            "buyHash": buy.order_hash(),
            "sellHash": sell.order_hash(),
            "classId": CLASS_ID,
            "buyer": person(buy.maker).address,
            "seller": person(sell.maker).address,
            "lots": lots,
            "pricePerKg": price,
            "fee": fee,
            "buyNumber": buy.number,
            "sellNumber": sell.number,
            "buyLeftGco2e": self.left[buy],
            "sellLeftGco2e": self.left[sell],
        }
        return [("Exchange", "Filled", event), *legs(buy, sell, grams, cost, fee)]


def legs(buy: AnOrder, sell: AnOrder, grams: int, cost: int, fee: int) -> list[Told]:
    buyer, seller, exchange = person(buy.maker).address, person(sell.maker).address, ADDRESSES["Exchange"]
    told = [paid(buyer, seller, cost - fee)]
    if fee:
        told.append(paid(buyer, RECIPIENT, 2 * fee))
    receiver = {"hold": buyer, "retire": NOBODY, "donate": ADDRESSES["Charity"]}[buy.action]
    told.append(moved(seller, receiver, grams, operator=exchange))
    amounts = {"classId": CLASS_ID, "amount": grams}
    if buy.action == "retire":
        words = {"beneficiary": buy.raw()["beneficiary"], "purpose": "retire", "ref": buy.ref}
        told.append(("CarbonCredit", "Retired", {"account": seller, **amounts, **words}))
    if buy.action == "donate":
        gift = {"campaignId": int.from_bytes(buy.ref), "donor": buyer}
        told.append(("Charity", "Donated", {**gift, **amounts}))
    return told


def skipped(index: int, buy: AnOrder, sell: AnOrder, error: str) -> Told:
    hashes = {"buyHash": buy.order_hash(), "sellHash": sell.order_hash()}
    return ("Exchange", "Skipped", {"index": index, **hashes, "reason": keccak(error.encode())[:4]})


def open_market(stage: Stage, sellers: int = 3) -> Market:
    """Fee, operator, money for everybody, approvals of the sellers (persons 0, 2, 4 ...)."""
    settings: list[Told] = [
        ("Exchange", "OperatorSet", {"operator": OPERATOR}),
        ("Exchange", "FeeRecipientSet", {"feeRecipient": RECIPIENT}),
        ("Exchange", "FeeSet", {"feeBps": FEE_BPS}),
        ("CarbonCredit", "OperatorRegistered", {"operator": ADDRESSES["Exchange"], "registered": True}),
    ]
    assert stage.tell(*settings) == []
    assert stage.tell(*(paid(NOBODY, person(index).address, 10**12) for index in range(8))) == []
    assert stage.tell(*(approved(person(2 * index).address, ADDRESSES["Exchange"]) for index in range(sellers))) == []
    return Market(stage)
