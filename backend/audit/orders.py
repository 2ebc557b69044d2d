"""Signed orders as a settlement's calldata carries them: their hash, their words, and what can be wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.chain.settle_batch import OWN_SPACE, SIDES, BatchMalformed, decode
from backend.chain.typed_data import Domain, digest
from backend.kernel.mass import LOT_GCO2E

_NOBODY = "0x" + "0" * 40


@dataclass(frozen=True)
class Order:
    """One order of a settle call. Grams, payment-token base units per kg, Unix seconds."""

    maker: str
    beneficiary: str
    class_id: int
    side: str
    amount_gco2e: int
    price_per_kg: int
    max_fee_bps: int
    expiry_s: int
    number: int
    epoch: int
    action: str
    ref: bytes
    order_hash: bytes
    signature: bytes

    @property
    def number_space(self) -> tuple[str, int]:
        """Where its number counts: everybody's space, or its maker's own (top bit set)."""
        return (self.maker if self.number & OWN_SPACE else "", self.number)

    @property
    def tag(self) -> bytes:
        """The half of its hash the contract keeps beside what is left."""
        return self.order_hash[:16]

    @property
    def well_formed(self) -> bool:
        """Lots at a price, neither zero; only a buy has an action, and an action has a beneficiary.

        That the lots are whole, and that hold is for the maker itself without a reference, no batch can say otherwise.
        """
        if 0 in {self.amount_gco2e, self.price_per_kg}:
            return False
        return self.action == "hold" or (self.side == "buy" and self.beneficiary != _NOBODY)


def order_of(message: Mapping[str, Any], signature: bytes, domain: Domain) -> Order:
    """The order of an EIP-712 message, hashed as its maker's wallet hashed it."""
    return Order(
        maker=message["maker"],
        beneficiary=message["beneficiary"],
        class_id=message["classId"],
        side=message["side"],
        amount_gco2e=message["amountGco2e"],
        price_per_kg=message["pricePerKg"],
        max_fee_bps=message["maxFeeBps"],
        expiry_s=message["expiry"],
        number=message["number"],
        epoch=message["epoch"],
        action=message["action"],
        ref=message["ref"],
        order_hash=digest("Order", domain, message),
        signature=signature,
    )


@dataclass(frozen=True)
class Pair:
    """One match of a settle call: whom it brings together, how many lots, at which price. `index` within its call."""

    index: int
    buy: Order
    sell: Order
    lots: int
    price_per_kg: int

    @property
    def amount_gco2e(self) -> int:
        """Grams that change hands."""
        return self.lots * LOT_GCO2E

    @property
    def cost(self) -> int:
        """Payment-token base units, before fees."""
        return self.lots * self.price_per_kg

    def mismatches(self) -> set[str]:
        """Every reason why these two orders cannot meet as the match says."""
        buy, sell = self.buy, self.sell
        against = {
            "SidesMismatched": (buy.side, sell.side) != SIDES,
            "ClassesMismatched": buy.class_id != sell.class_id,
            "SelfMatch": buy.maker == sell.maker,
            "LotsZero": self.lots == 0,
            "PriceOutsideLimit": not sell.price_per_kg <= self.price_per_kg <= buy.price_per_kg,
        }
        return {reason for reason, holds in against.items() if holds}


@dataclass(frozen=True)
class Called:
    """What a settle call asks for. `groups`: matches that settle all or none, one alone or several, in order.
    `own_space`: whether every order has a number of its maker's own space, so that anyone may settle.
    """

    groups: tuple[tuple[Pair, ...], ...]
    own_space: bool


def called_of(batch: bytes, domain: Domain) -> Called:
    """Reads a settle call; no groups if it could only revert (malformed, or a match points outside its orders)."""
    try:
        decoded = decode(batch)
    except BatchMalformed:
        return Called((), own_space=False)
    orders = [order_of(message, signature, domain) for message, signature in decoded.orders]
    if any(max(match.buy, match.sell) >= len(orders) for match in decoded.matches):
        return Called((), own_space=False)
    groups: list[list[Pair]] = []
    previous = 0
    for index, match in enumerate(decoded.matches):
        pair = Pair(index, orders[match.buy], orders[match.sell], match.lots, match.price_per_kg)
        if match.group != 0 and match.group == previous:
            groups[-1].append(pair)
        else:
            groups.append([pair])
        previous = match.group
    return Called(tuple(map(tuple, groups)), own_space=all(order.number & OWN_SPACE for order in orders))


def match_count(batch: bytes) -> int:
    """How many matches a batch names; zero if it is malformed."""
    try:
        return len(decode(batch).matches)
    except BatchMalformed:
        return 0
