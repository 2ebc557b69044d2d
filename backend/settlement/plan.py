"""A batch as the Exchange takes it: each order once, matches by index. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.market.order import Action, Side, SignedOrder

_SIDES = {Side.BUY: 0, Side.SELL: 1}
_ACTIONS = {Action.HOLD: 0, Action.RETIRE: 1, Action.DONATE: 2}


@dataclass(frozen=True)
class Pair:
    """One trade to settle: the orders' hashes, lots in kg, price in payment-token base units per kg."""

    trade_id: int
    buy_hash: bytes
    sell_hash: bytes
    lots: int
    price_per_kg: int


@dataclass(frozen=True)
class Plan:
    """Arguments of `settle`. `matches` in the order of the trades: (buy index, sell index, lots, price)."""

    orders: tuple[SignedOrder, ...]
    signatures: tuple[bytes, ...]
    matches: tuple[tuple[int, int, int, int], ...]

    def args(self) -> list[object]:
        """As the ABI encodes them."""
        return [[order_tuple(order) for order in self.orders], list(self.signatures), [list(m) for m in self.matches]]


def order_tuple(order: SignedOrder) -> tuple[object, ...]:
    """An order in the field order of IExchange.Order."""
    return (
        order.maker,
        order.beneficiary,
        order.class_id,
        _SIDES[order.side],
        order.amount_gco2e,
        order.price_per_kg,
        order.max_fee_bps,
        order.expiry,
        order.number,
        order.epoch,
        _ACTIONS[order.action],
        order.ref,
    )


def plan_of(pairs: Sequence[Pair], signed: Callable[[bytes], tuple[SignedOrder, bytes]]) -> Plan:
    """The plan of these pairs; each order appears once, in the order of first use. O(pairs)."""
    places: dict[bytes, int] = {}
    orders: list[SignedOrder] = []
    signatures: list[bytes] = []
    matches: list[tuple[int, int, int, int]] = []
    for pair in pairs:
        for order_hash in (pair.buy_hash, pair.sell_hash):
            if order_hash not in places:
                order, signature = signed(order_hash)
                places[order_hash] = len(orders)
                orders.append(order)
                signatures.append(signature)
        matches.append((places[pair.buy_hash], places[pair.sell_hash], pair.lots, pair.price_per_kg))
    return Plan(tuple(orders), tuple(signatures), tuple(matches))
