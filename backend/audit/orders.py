"""Signed orders as a settlement's calldata carries them: their hash, their words, and what can be wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.chain.typed_data import Domain, digest
from backend.kernel.mass import LOT_GCO2E

SIDES = ("buy", "sell")
ACTIONS = ("hold", "retire", "donate")
OWN_SPACE = 1 << 255
_UINT128_MAX = (1 << 128) - 1
_NOBODY = "0x" + "0" * 40
_NO_REF = bytes(32)


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
        """Whole lots at a positive price; hold and every sell for the maker itself, without a reference."""
        lots, rest = divmod(self.amount_gco2e, LOT_GCO2E)
        if rest or lots == 0 or max(self.amount_gco2e, self.price_per_kg) > _UINT128_MAX or self.price_per_kg == 0:
            return False
        if self.side == "sell" and self.action != "hold":
            return False
        if self.action == "hold":
            return self.beneficiary == self.maker and self.ref == _NO_REF
        return self.beneficiary != _NOBODY


def order_of(raw: Mapping[str, Any], signature: bytes, domain: Domain) -> Order:
    """The order of a calldata struct, hashed as its maker's wallet hashed it (EIP-712)."""
    message = {**raw, "side": SIDES[raw["side"]], "action": ACTIONS[raw["action"]]}
    return Order(
        maker=raw["maker"],
        beneficiary=raw["beneficiary"],
        class_id=raw["classId"],
        side=str(message["side"]),
        amount_gco2e=raw["amountGco2e"],
        price_per_kg=raw["pricePerKg"],
        max_fee_bps=raw["maxFeeBps"],
        expiry_s=raw["expiry"],
        number=raw["number"],
        epoch=raw["epoch"],
        action=str(message["action"]),
        ref=raw["ref"],
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
            "LeftInsufficient": self.amount_gco2e > min(buy.amount_gco2e, sell.amount_gco2e),
        }
        return {reason for reason, holds in against.items() if holds}


def pairs_of(args: Mapping[str, Any], domain: Domain) -> list[Pair]:
    """The matches of a settle call, in order; one that points outside its orders is left out (the call reverts)."""
    orders = [order_of(raw, sig, domain) for raw, sig in zip(args["orders"], args["signatures"], strict=False)]
    return [
        Pair(index, orders[match["buy"]], orders[match["sell"]], match["lots"], match["pricePerKg"])
        for index, match in enumerate(args["matches"])
        if max(match["buy"], match["sell"]) < len(orders)
    ]
