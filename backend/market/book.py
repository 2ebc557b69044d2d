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
from backend.market.phase import Phase
from backend.market.spread import Spreads

ANY_KEY = 1 << 127
"""Beyond every price key."""

_SWEEP_SLACK = 16
"""Dead entries always tolerated, so that small levels and ladders are not swept on every removal."""


class Entry(NamedTuple):
    """What the book needs to know of an accepted order. Prices in base units per kg, lots in kg, expiry in Unix s."""

    order_id: int
    """The journal sequence that accepted it: unique, rising."""
    class_id: int
    account: str
    """Who signed it: its funds, its cancellations."""
    owner: str
    """Whose order it is for self-trade prevention: one person's accounts have one owner."""
    side: Side
    lots: int
    price_per_kg: int
    expiry: int
    """By which the book reckons: its maker may have wished for less than the signed one."""
    fee_bound_bps: int
    """The fee rate a buy keeps money back for; matching takes no notice of it."""


class Resting:
    """An order in the book. Whoever makes one sets every attribute: a call of `__init__` would cost as much as all else
    that a book does for an order.
    """

    __slots__ = ("entry", "level", "lots", "mine", "owner")

    entry: Entry
    lots: int
    """What is still open; zero once it has left."""
    level: "Level"
    owner: str
    mine: "dict[int, Resting]"
    """Its account's living orders."""


class Level:
    """The orders at one price, oldest first. `lots` counts living orders only, `dead` those in the queue that left."""

    __slots__ = ("dead", "key", "ladder", "lots", "price_per_kg", "queue")

    def __init__(self, key: int, ladder: "Ladder") -> None:
        self.key = key
        self.price_per_kg = abs(key)
        self.queue: deque[Resting] = deque()
        self.lots = 0
        self.dead = 0
        self.ladder = ladder

    @property
    def live(self) -> int:
        """Living orders."""
        return len(self.queue) - self.dead

    def tidy(self) -> None:
        """Sweeps the dead out if none live, or if they outnumber the living by far; to be called when half are dead."""
        count = len(self.queue)
        if self.dead == count:
            self.queue.clear()
            self.dead = 0
            self.ladder.emptied()
        elif 2 * self.dead > count + _SWEEP_SLACK:
            self.queue = deque(order for order in self.queue if order.lots)
            self.dead = 0


class PriceLevel(NamedTuple):
    """One price of the public book: total lots (kg) and number of orders at it."""

    price_per_kg: int
    lots: int
    orders: int


class Ladder:
    """One side of a book. A level without living orders may stand in it; its queue is then empty."""

    __slots__ = ("cap", "empty", "floor", "heap", "levels")

    def __init__(self) -> None:
        self.floor = -ANY_KEY
        """The price band: nobody takes at a key before this one."""
        self.cap = ANY_KEY
        """The price band: nobody takes at a key after this one."""
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
            self.levels = {key: level for key, level in self.levels.items() if level.queue}
            self.heap = list(self.levels)
            heapify(self.heap)
            self.empty = 0

    def best(self) -> Level | None:
        """The level to trade with next; takes empty ones off the top."""
        heap = self.heap
        while heap:
            level = self.levels[heap[0]]
            if level.queue:
                return level
            del self.levels[heappop(heap)]
        return None

    def within(self, limit: int) -> int:
        """How far an order with this limit key may take inside the band: a key before every price if the best is
        outside.
        """
        best = self.best()
        return -ANY_KEY if best is None or best.key < self.floor else min(limit, self.cap)

    def inward(self, limit: int) -> Iterator[Level]:
        """Levels from the best to a limit key; empty ones may be among them. O(log levels) each, changes nothing."""
        heap = self.heap
        frontier = [(heap[0], 0)] if heap else []
        while frontier:
            key, at = heappop(frontier)
            if key > limit:
                return
            yield self.levels[key]
            for child in (2 * at + 1, 2 * at + 2):
                if child < len(heap):
                    heappush(frontier, (heap[child], child))

    def depth(self, count: int | None = None) -> list[PriceLevel]:
        """Best first; at most `count` levels."""
        living = sorted(key for key, level in self.levels.items() if level.queue)[:count]
        return [PriceLevel(abs(key), self.levels[key].lots, self.levels[key].live) for key in living]

    def orders(self) -> Iterator[Resting]:
        """Living orders in price-time priority."""
        for key in sorted(self.levels):
            yield from (order for order in self.levels[key].queue if order.lots)


class Book:
    """Both ladders of one class, the phase they are in, and the reference price with its band."""

    __slots__ = (
        *("asks", "bids", "called_at", "high", "low", "matches", "phase", "reference", "reference_day", "since"),
        "spread",
    )

    def __init__(self) -> None:
        self.bids = Ladder()
        self.asks = Ladder()
        self.phase = Phase.CONTINUOUS
        self.matches = True
        """Whether orders that come in meet those that rest: the phase says so."""
        self.since = 0
        """When the phase began, Unix seconds; 0 as long as nothing has set one."""
        self.called_at = 0
        """When the latest auction was, Unix seconds."""
        self.reference: int | None = None
        """Base units per kg; None before governance sets the first."""
        self.low: int | None = None
        """Base units per kg: no fill in a matching phase is below. None: no band."""
        self.high: int | None = None
        self.reference_day = 0
        """The day the reference is for, in days since 1970-01-01."""
        self.spread = Spreads()

    def enter(self, phase: Phase, at: int) -> None:
        """Begins a phase at a Unix second."""
        self.phase, self.matches, self.since = phase, phase.matches, at

    def refer(self, price_per_kg: int, low: int | None, high: int | None, day: int) -> None:
        """Sets the reference price and the band around it; None: no bound."""
        self.reference, self.low, self.high, self.reference_day = price_per_kg, low, high, day
        least, most = -ANY_KEY if low is None else low, ANY_KEY if high is None else high
        self.asks.floor, self.asks.cap = least, most
        self.bids.floor, self.bids.cap = -most, -least

    def best(self) -> tuple[int | None, int | None]:
        """The best bid and the best ask, base units per kg; None where nobody stands."""
        bid, ask = self.bids.best(), self.asks.best()
        return None if bid is None else bid.price_per_kg, None if ask is None else ask.price_per_kg

    def is_crossed(self) -> bool:
        """Whether the best bid could meet the best ask."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid.price_per_kg >= ask.price_per_kg

    def has_in_band(self, price_per_kg: int) -> bool:
        """Whether a price is inside the band, if there is one."""
        return (self.low is None or self.low <= price_per_kg) and (self.high is None or price_per_kg <= self.high)

    def facing(self, side: Side) -> Ladder:
        """The ladder that an order of this side would take from."""
        return self.asks if side is Side.BUY else self.bids
