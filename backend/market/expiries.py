"""When the orders of the book expire: ids in buckets of about a minute, so that entering one costs next to nothing.
Pure.

Ids outlive their orders here (removal is lazy); `orders`, the living ones, is asked who still lives and until when.
"""

from collections.abc import Mapping
from heapq import heappop, heappush

from backend.market.book import Resting

_BUCKET_BITS = 6
"""64 seconds to a bucket."""

_SWEEP_SLACK = 1024


class Expiries:
    """Order ids by the time they expire, in Unix seconds."""

    __slots__ = ("_buckets", "_count", "_heap", "_orders", "fresh")

    def __init__(self, orders: Mapping[int, Resting]) -> None:
        self._orders = orders
        self._buckets: dict[int, list[int]] = {}
        self._heap: list[int] = []
        self._count = 0
        self.fresh: list[int] = []
        """Ids of orders that came to rest since somebody last asked; whoever rests one adds it."""

    def due(self, before: int) -> list[int]:
        """Living orders that expire at `before` or sooner: soonest first, then by id."""
        self._gather()
        self._sweep()
        if not self._heap or self._heap[0] > before >> _BUCKET_BITS:
            return []
        found = {
            (self._orders[order_id].entry.expiry, order_id)
            for at in self._heap
            if at <= before >> _BUCKET_BITS
            for order_id in self._buckets[at]
            if order_id in self._orders
        }
        return [order_id for expiry, order_id in sorted(found) if expiry <= before]

    def forget(self, before: int) -> None:
        """Drops the buckets that lie wholly before a time; call it when what was due has been taken off."""
        while self._heap and self._heap[0] < before >> _BUCKET_BITS:
            self._count -= len(self._buckets.pop(heappop(self._heap)))

    def _gather(self) -> None:
        """Puts the fresh ones that still live into their buckets."""
        for order_id in self.fresh:
            order = self._orders.get(order_id)
            if order is not None:
                at = order.entry.expiry >> _BUCKET_BITS
                bucket = self._buckets.get(at)
                if bucket is None:
                    bucket = self._buckets[at] = []
                    heappush(self._heap, at)
                bucket.append(order_id)
                self._count += 1
        self.fresh.clear()

    def _sweep(self) -> None:
        """Forgets the dead once they outnumber the living by far."""
        if self._count > 2 * len(self._orders) + _SWEEP_SLACK:
            self._buckets, self._heap, self._count = {}, [], 0
            self.fresh.extend(self._orders)
            self._gather()
