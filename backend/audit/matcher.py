"""How orders meet, as plainly as it can be told: one flat list of open orders, searched anew for every fill.

Nothing here is fast and nothing is shared with the market's engine, so that each can be held against the other. Best
price first, at one price the oldest first; a fill is at the resting order's price; an auction has one price for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

MATCHING = frozenset({"continuous", "listed"})
"""Phases in which an order that comes in meets those that rest; in all others it waits."""

FOK_FILLS_MAX = 20

Fill = tuple[int, int, int]
"""(resting order's id, lots, price per kg)."""


@dataclass(frozen=True)
class Open:
    """An order in the book. `owner` is whom it belongs to: nobody trades with itself."""

    order_id: int
    class_id: int
    account: str
    owner: str
    side: str
    lots: int
    price_per_kg: int
    expiry_s: int

    @property
    def sign(self) -> int:
        """1 for a buy, -1 for a sell: prices times this are worse the larger they are for whom it meets."""
        return 1 if self.side == "buy" else -1

    def reaches(self, price_per_kg: int) -> bool:
        """Whether its limit allows a price."""
        return self.sign * price_per_kg <= self.sign * self.price_per_kg

    def stands_for(self, old: "Open") -> bool:
        """Whether it takes an old order's place in the queue: it asks for no more, at the same price."""
        return self.price_per_kg == old.price_per_kg and self.lots <= old.lots


@dataclass
class Conditions:
    """What holds for a class: its phase, its reference price, and the prices outside which nothing is matched."""

    phase: str = "continuous"
    reference: int | None = None
    low: int | None = None
    high: int | None = None

    def allows(self, price_per_kg: int) -> bool:
        """Whether a price is inside the band."""
        return (self.low is None or self.low <= price_per_kg) and (self.high is None or price_per_kg <= self.high)


@dataclass
class Placed:
    """What became of an order that came in: its fills, the lots given up, and resting orders that left for it."""

    fills: list[Fill] = field(default_factory=list)
    stopped: int = 0
    killed: int = 0
    displaced: list[int] = field(default_factory=list)


class Matcher:
    """Every open order, in queue order, and the conditions of every class."""

    def __init__(self) -> None:
        self.open: list[Open] = []
        self.classes: dict[int, Conditions] = {}

    def conditions(self, class_id: int) -> Conditions:
        """Of a class; continuous and without a band until a line says otherwise."""
        return self.classes.setdefault(class_id, Conditions())

    def find(self, order_id: int) -> Open | None:
        """An open order."""
        return next((order for order in self.open if order.order_id == order_id), None)

    def keep(self, order_id: int, lots: int) -> None:
        """Leaves an order so many lots; with none it leaves the book."""
        kept = [replace(order, lots=lots) if order.order_id == order_id else order for order in self.open]
        self.open = [order for order in kept if order.lots]

    def swap(self, order_id: int, new: Open) -> None:
        """Puts a new order where an old one stood in the queue."""
        self.open = [new if order.order_id == order_id else order for order in self.open]

    def meets(self, new: Open) -> Iterator[Open]:
        """Resting orders within the limit of a new one, best first."""
        others = [old for old in self.open if old.class_id == new.class_id and old.side != new.side]
        yield from sorted(
            (old for old in others if new.reaches(old.price_per_kg)), key=lambda old: new.sign * old.price_per_kg
        )

    def place(self, new: Open, *, force: str = "gtc", self_trade: str = "cancel_newest") -> Placed:
        """Matches an order and rests what is left. `force`: gtc, gtd, ioc or fok."""
        placed = Placed()
        if self.conditions(new.class_id).phase in MATCHING:
            if force == "fok" and not self._can_fill(new, self_trade):
                placed.killed = new.lots
                return placed
            new = self._match(new, self_trade, placed)
        if force not in {"ioc", "fok"}:
            new = self._wait(new, self_trade, placed)
        if force in {"ioc", "fok"}:
            placed.killed, new = new.lots, replace(new, lots=0)
        if new.lots:
            self.open.append(new)
        return placed

    def _match(self, new: Open, self_trade: str, placed: Placed) -> Open:
        """What is left to rest, after everything that it meets."""
        while new.lots:
            best = next(self.meets(new), None)
            if best is None or not self.conditions(new.class_id).allows(best.price_per_kg):
                break
            if best.owner == new.owner:
                if self_trade != "cancel_newest":
                    placed.displaced.append(best.order_id)
                    self.keep(best.order_id, 0)
                if self_trade != "cancel_oldest":
                    placed.stopped, new = new.lots, replace(new, lots=0)
                continue
            lots = min(best.lots, new.lots)
            placed.fills.append((best.order_id, lots, best.price_per_kg))
            new = replace(new, lots=new.lots - lots)
            self.keep(best.order_id, best.lots - lots)
        return new

    def _can_fill(self, new: Open, self_trade: str) -> bool:
        """Whether all of it can be had at once, from few enough."""
        lots, count = 0, 0
        for old in self.meets(new):
            if lots >= new.lots or not self.conditions(new.class_id).allows(old.price_per_kg):
                break
            if old.owner != new.owner:
                lots, count = lots + old.lots, count + 1
            elif self_trade != "cancel_oldest":
                break
        return lots >= new.lots and count <= FOK_FILLS_MAX

    def _wait(self, new: Open, self_trade: str, placed: Placed) -> Open:
        """What is left to rest: in an auction to come, beyond the band too, it must not meet its owner."""
        own = [old.order_id for old in self.meets(new) if old.owner == new.owner] if new.lots else []
        if own and self_trade != "cancel_newest":
            placed.displaced += own
            for order_id in own:
                self.keep(order_id, 0)
        if own and self_trade != "cancel_oldest":
            placed.stopped, new = new.lots, replace(new, lots=0)
        return new

    def auction(self, class_id: int) -> tuple[int | None, list[tuple[Open, Open, int]]]:
        """The price of an uncross, and who buys of whom how many lots; no price if nobody can."""
        orders = [order for order in self.open if order.class_id == class_id]
        reference = self.conditions(class_id).reference

        def rank(price: int) -> tuple[int, int, int, int]:
            bought, sold = (
                sum(order.lots for order in orders if order.side == side and order.reaches(price))
                for side in ("buy", "sell")
            )
            away = 0 if reference is None else abs(price - reference)
            return -min(bought, sold), abs(bought - sold), away, price

        prices = {order.price_per_kg for order in orders} | ({reference} if reference is not None else set())
        if not prices or rank(best := min(prices, key=rank))[0] == 0:
            return None, []
        buys, sells = (
            sorted(
                (order for order in orders if order.side == side and order.reaches(best)),
                key=lambda order: -order.sign * order.price_per_kg,
            )
            for side in ("buy", "sell")
        )
        pairs: list[tuple[Open, Open, int]] = []
        while buys and sells:
            lots = min(buys[0].lots, sells[0].lots)
            pairs.append((buys[0], sells[0], lots))
            for side in (buys, sells):
                left = replace(side[0], lots=side[0].lots - lots)
                self.keep(left.order_id, left.lots)
                side[:1] = [left] if left.lots else []
        return best, pairs
