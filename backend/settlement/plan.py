"""A batch as the Exchange takes it: each order once, matches by place. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from backend.chain.settle_batch import OWN_SPACE, BatchMatch, encode
from backend.market.order import SignedOrder


@dataclass(frozen=True)
class Pair:
    """One trade to settle: the orders' hashes, lots in kg, price in payment-token base units per kg."""

    trade_id: int
    buy_hash: bytes
    sell_hash: bytes
    lots: int
    price_per_kg: int
    group_id: int | None = None
    """Pairs of one group settle all or none."""


@dataclass(frozen=True)
class Plan:
    """What one `settle` takes: signed orders, and matches between them in the order of the trades."""

    orders: tuple[tuple[SignedOrder, bytes], ...]
    matches: tuple[BatchMatch, ...]

    def batch(self) -> bytes:
        """The argument of `settle`. Raises FieldTooWide (the door let in what cannot settle)."""
        return encode([(order.message(), signature) for order, signature in self.orders], self.matches)


def plan_of(pairs: Sequence[Pair], signed: Callable[[bytes], tuple[SignedOrder, bytes]], most: int) -> Plan:
    """The plan of the first of these pairs: at most so many, and up to one that brings another order under a number
    already in it (a batch takes each number once). Pairs of one group, which follow each other, go in together or not
    at all. Each order appears once, in the order of first use. O(pairs).
    """
    places: dict[bytes, int] = {}
    taken: dict[tuple[str, int], bytes] = {}
    orders: list[tuple[SignedOrder, bytes]] = []
    matches: list[BatchMatch] = []
    groups = 0
    for group_id, unit in groupby(enumerate(pairs), key=_unit):
        together = [pair for _, pair in unit]
        hashes = dict.fromkeys(order_hash for pair in together for order_hash in (pair.buy_hash, pair.sell_hash))
        fresh = {order_hash: signed(order_hash) for order_hash in hashes}
        spaces = {order_hash: _space(order) for order_hash, (order, _) in fresh.items()}
        is_taken = any(taken.get(space, order_hash) != order_hash for order_hash, space in spaces.items())
        if is_taken or len(matches) + len(together) > most:
            break
        for order_hash, space in spaces.items():
            if order_hash not in places:
                places[order_hash] = len(orders)
                taken[space] = order_hash
                orders.append(fresh[order_hash])
        groups += group_id > 0
        for pair in together:
            ways = places[pair.buy_hash], places[pair.sell_hash]
            matches.append(BatchMatch(*ways, pair.lots, pair.price_per_kg, groups if group_id > 0 else 0))
    return Plan(tuple(orders), tuple(matches))


def _unit(placed: tuple[int, Pair]) -> int:
    """What must stay together: a group, or (negative) a pair by itself."""
    index, pair = placed
    return -index if pair.group_id is None else pair.group_id


def _space(order: SignedOrder) -> tuple[str, int]:
    """Where its number counts: everybody's space, or its maker's own (top bit set)."""
    return (order.maker if order.number & OWN_SPACE else "", order.number)
