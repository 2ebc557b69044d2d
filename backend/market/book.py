"""One class's book: two ladders of price levels, each level first come, first served. Pure; integers only.

A ladder is a heap of price keys over a dictionary of levels. A key is the price for asks and minus the price for
bids, so the best level of either ladder has the smallest key. Removal is lazy: an order that leaves is marked with
zero lots where it stands, and is swept when it reaches the front or when the dead outnumber the living. So adding,
removing and finding the best price cost the same with a thousand resting orders as with a million.
"""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from backend.market.order import Side

_SWEEP_SLACK = 16
"""Dead entries always tolerated, so that small levels and ladders are not swept on every removal."""


class Entry(NamedTuple):
    """What the book needs to know of an accepted order. Prices in base units per kg, lots in kg, expiry in Unix s."""

    order_id: int
    """The journal sequence that accepted it: unique, rising."""
    class_id: int
    owner: str
    """Whose order it is for self-trade prevention."""
    side: Side
    lots: int
    price_per_kg: int
    expiry: int
    fee_bound_bps: int
    """The fee rate a buy keeps money back for; matching takes no notice of it."""


class Resting:
    """An order in the book. `lots` is what is still open; zero once it has left."""

    __slots__ = ("entry", "level", "lots", "owner")

    def __init__(self, entry: Entry, lots: int, level: "Level", owner: str) -> None:
        self.entry = entry
        self.lots = lots
        self.level = level
        self.owner = owner


class Level:
    """The orders at one price, oldest first. `lots` and `live` count living orders only."""

    __slots__ = ("key", "ladder", "live", "lots", "price_per_kg", "queue")

    def __init__(self, key: int, ladder: "Ladder") -> None:
        self.key = key
        self.price_per_kg = abs(key)
        self.queue: deque[Resting] = deque()
        self.lots = 0
        self.live = 0
        self.ladder = ladder

    def drop(self, resting: Resting) -> None:
        """Takes a living order out, lazily."""
        self.lots -= resting.lots
        self.live -= 1
        resting.lots = 0
        if not self.live:
            self.queue.clear()
            self.ladder.emptied()
        elif len(self.queue) > 2 * self.live + _SWEEP_SLACK:
            self.queue = deque(order for order in self.queue if order.lots)


class PriceLevel(NamedTuple):
    """One price of the public book: total lots (kg) and number of orders at it."""

    price_per_kg: int
    lots: int
    orders: int


class Ladder:
    """One side of a book. A level without living orders may stand in it; its queue is then empty."""

    __slots__ = ("empty", "heap", "levels")

    def __init__(self) -> None:
        self.levels: dict[int, Level] = {}
        self.heap: list[int] = []
        """The keys of `levels`, each once."""
        self.empty = 0
        """Levels emptied by removals since the last sweep: at least as many as there are empty levels in the heap."""

    def add_level(self, key: int) -> Level:
        """A new level at a price key that has none."""
        level = self.levels[key] = Level(key, self)
        heappush(self.heap, key)
        return level

    def emptied(self) -> None:
        """A level lost its last order to a removal: sweeps when such levels may outnumber the others."""
        self.empty += 1
        if self.empty > _SWEEP_SLACK and self.empty * 2 > len(self.levels):
            self.levels = {key: level for key, level in self.levels.items() if level.live}
            self.heap = list(self.levels)
            heapify(self.heap)
            self.empty = 0

    def best(self) -> Level | None:
        """The level to trade with next; takes empty ones off the top."""
        heap = self.heap
        while heap:
            level = self.levels[heap[0]]
            if level.live:
                return level
            del self.levels[heappop(heap)]
        return None

    def depth(self, count: int | None = None) -> list[PriceLevel]:
        """Best first; at most `count` levels."""
        living = sorted(key for key, level in self.levels.items() if level.live)[:count]
        return [PriceLevel(abs(key), self.levels[key].lots, self.levels[key].live) for key in living]

    def orders(self) -> Iterator[Resting]:
        """Living orders in price-time priority."""
        for key in sorted(self.levels):
            yield from (order for order in self.levels[key].queue if order.lots)


class Book:
    """Both ladders of one class."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = Ladder()
        self.asks = Ladder()
