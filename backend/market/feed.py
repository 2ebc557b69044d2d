"""What a committed journal line changes for those who watch: a second engine, one step behind the first. Pure.

It hears the journal and nothing else, through the same `replay.apply`, so it is as exact as a restart; and it can be as
slow as it likes: the books do not know that it is there. Any process that can read the journal can keep one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from backend.market.book import PriceLevel
from backend.market.depth import Depth
from backend.market.journal import Head, Kind, Line
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.replay import apply

_GOVERNING = frozenset({Kind.RULES, Kind.PHASE, Kind.AUCTION, Kind.REFERENCE, Kind.REVIEW})


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it stands in the book."""

    class_id: int
    side: Side
    price_per_kg: int
    lots: int


@dataclass(slots=True)
class Heard:
    """What some lines changed, up to the last of them."""

    sequence: int
    levels: dict[int, set[tuple[Side, int]]] = field(default_factory=dict)
    """Class -> sides and prices whose level may have changed."""
    orders: set[int] = field(default_factory=set)
    """Orders that may have changed."""
    governed: set[int] = field(default_factory=set)
    """Classes whose rules, phase, reference price or measured spread may have changed."""

    def changes(self, depth: Depth, class_id: int) -> dict[Side, list[PriceLevel]]:
        """What now stands at the prices that changed, best first."""
        touched = self.levels.get(class_id, set())
        return {
            side: sorted((depth.at(side, price) for at, price in touched if at is side), reverse=side is Side.BUY)
            for side in Side
        }


class Feed:
    """The replica and the price levels that follow from it. It begins with an engine as the line at `head` left it;
    afterwards `head` is the last line heard.
    """

    def __init__(self, engine: Engine, head: Head) -> None:
        self.engine = engine
        self.head = head
        self._standing: dict[int, Standing] = {}
        self._depths: dict[int, Depth] = {}
        for order_id in engine.orders:
            self._settle(order_id, Heard(head.sequence))

    @property
    def trades(self) -> int:
        """The id of the latest trade heard."""
        return self.engine.trades

    def depth(self, class_id: int) -> Depth:
        """A class's levels; empty for one nobody has traded in."""
        return self._depths.setdefault(class_id, Depth())

    def follows(self, line: Line) -> bool:
        """Whether this is the very next line."""
        return (line.sequence, line.previous_hash) == (self.head.sequence + 1, self.head.hash)

    def hear(self, lines: Iterable[Line]) -> Heard:
        """Takes in the next lines; returns what changed."""
        heard = Heard(self.head.sequence)
        for line in lines:
            assert self.follows(line), (line.sequence, self.head)
            effects = apply(self.engine, line.sequence, line.kind, line.payload)
            self.head = Head(line.sequence, line.hash)
            for order_id in effects.touched():
                self._settle(order_id, heard)
            if line.kind in _GOVERNING:
                heard.governed.add(int(str(line.payload["classId"])))
        heard.sequence = self.head.sequence
        return heard

    def _settle(self, order_id: int, heard: Heard) -> None:
        """Brings the levels up to where an order stands now."""
        heard.orders.add(order_id)
        before, now = self._standing.pop(order_id, None), self._now(order_id)
        if now is not None:
            self._standing[order_id] = now
        if now == before:
            return
        for standing, sign in ((before, -1), (now, 1)):
            if standing is not None:
                lots, price = sign * standing.lots, standing.price_per_kg
                self.depth(standing.class_id).add(standing.side, price, lots=lots, orders=sign)
                heard.levels.setdefault(standing.class_id, set()).add((standing.side, price))

    def _now(self, order_id: int) -> Standing | None:
        resting = self.engine.orders.get(order_id)
        if resting is None:
            return None
        entry = resting.entry
        return Standing(entry.class_id, entry.side, entry.price_per_kg, resting.lots)
