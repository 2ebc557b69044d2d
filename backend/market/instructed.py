"""How an order with instructions comes in: taking what it may, resting if it may, and saying why not. Pure."""

from dataclasses import dataclass, field

from backend.market.book import Entry, Ladder
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.matching import Engine, Fill
from backend.market.order import Side

NO_LIQUIDITY = "no_liquidity"
"""An ioc that found nothing to take."""

REMAINDER = "remainder"
"""What an ioc could not take at once."""

NOT_FILLABLE = "not_fillable"
"""A fok that could not have all it asked for."""

OUTSIDE_BAND = "outside_band"
"""An ioc or fok that could have gone on only outside the price band."""

FOK_FILLS_MAX = 20
"""Orders that one fok may take from: its fills settle together, and a batch has room for so many."""


@dataclass(slots=True)
class Met:
    """What came of an order that came in."""

    fills: list[Fill] = field(default_factory=list)
    killed: str | None = None
    """Why what was not filled was killed, if it was."""
    gone: list[int] = field(default_factory=list)
    """The owner's resting orders that left rather than meet it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an order could take now."""

    lots: int
    orders: int
    """Resting orders that it would take from."""
    worst_per_kg: int | None
    """Base units per kg: the price of the last of them; None if there is none."""
    cost: int
    """Base units for all of them, before the fee."""
    own: tuple[int, ...]
    """The owner's resting orders that it would meet: those it goes past, or the one it stops at."""


def place_instructed(engine: Engine, entry: Entry, instructions: Instructions) -> Met:
    """Places an order under instructions; what it did to the others is in the answer. INV-04 as for `Engine.place`."""
    if not engine.book_of(entry.class_id).matches:
        return _collect(engine, entry, instructions)
    met = Met()
    if instructions.time_in_force is TimeInForce.FOK:
        met.killed = _fok_refusal(engine, entry, instructions.self_trade)
        if met.killed:
            return met
    left = _take(engine, entry, instructions.self_trade, met)
    key, own, other = _ways(engine, entry)
    best = other.best() if left else None
    still_meets = best is not None and best.key <= -key
    if left and instructions.time_in_force.rests:
        if not still_meets or _makes_way(engine, entry, instructions.self_trade, met):
            engine.rest(entry, own, key, left)
    elif left:
        short = REMAINDER if met.fills else NO_LIQUIDITY
        met.killed = OUTSIDE_BAND if still_meets else short
    return met


def reach(engine: Engine, entry: Entry, self_trade: SelfTrade, *, in_band: bool = True) -> Reach:
    """What an order could take now, by price and time, up to the lots it has; changes nothing."""
    key, _, ladder = _ways(engine, entry)
    lots = orders = cost = 0
    worst: int | None = None
    own: list[int] = []
    for level in ladder.inward(ladder.within(-key) if in_band else -key):
        for resting in level.queue:
            if lots == entry.lots:
                return Reach(lots, orders, worst, cost, tuple(own))
            if not resting.lots:
                continue
            if resting.owner == entry.owner:
                own.append(resting.entry.order_id)
                if self_trade is SelfTrade.CANCEL_OLDEST:
                    continue
                return Reach(lots, orders, worst, cost, tuple(own))
            taken = min(resting.lots, entry.lots - lots)
            lots, orders, worst = lots + taken, orders + 1, level.price_per_kg
            cost += taken * level.price_per_kg
    return Reach(lots, orders, worst, cost, tuple(own))


def _ways(engine: Engine, entry: Entry) -> tuple[int, Ladder, Ladder]:
    """The entry's price key, the ladder it would rest in, and the one it takes from."""
    book = engine.book_of(entry.class_id)
    if entry.side is Side.BUY:
        return -entry.price_per_kg, book.bids, book.asks
    return entry.price_per_kg, book.asks, book.bids


def _take(engine: Engine, entry: Entry, self_trade: SelfTrade, met: Met) -> int:
    """Fills inside the band, the owner's resting orders out of the way if they are to go; returns the lots left."""
    key, _, ladder = _ways(engine, entry)
    lots, stops = entry.lots, False
    if self_trade is not SelfTrade.CANCEL_NEWEST:
        found = reach(engine, entry, self_trade)
        met.gone = list(found.own)
        for order_id in found.own:
            engine.remove(order_id)
        stops = self_trade is SelfTrade.CANCEL_BOTH and bool(found.own)
        lots = found.lots if stops else lots
    left = engine.take(ladder, ladder.within(-key), entry.owner, lots, met.fills) if lots else 0
    engine.trades += len(met.fills)
    return 0 if stops else left


def _fok_refusal(engine: Engine, entry: Entry, self_trade: SelfTrade) -> str | None:
    if _has_all(reach(engine, entry, self_trade), entry):
        return None
    return OUTSIDE_BAND if _has_all(reach(engine, entry, self_trade, in_band=False), entry) else NOT_FILLABLE


def _has_all(found: Reach, entry: Entry) -> bool:
    return found.lots == entry.lots and found.orders <= FOK_FILLS_MAX


def _collect(engine: Engine, entry: Entry, instructions: Instructions) -> Met:
    """Rests without matching."""
    if not instructions.time_in_force.rests:
        return Met(killed=NO_LIQUIDITY)
    met = Met()
    key, own, _ = _ways(engine, entry)
    if _makes_way(engine, entry, instructions.self_trade, met):
        engine.rest(entry, own, key, entry.lots)
    return met


def _makes_way(engine: Engine, entry: Entry, self_trade: SelfTrade, met: Met) -> bool:
    """Deals with the owner's orders that an entry which only rests could meet in an auction; whether it may rest."""
    facing = [resting.entry.order_id for resting in engine.facing_own(entry)]
    if self_trade is not SelfTrade.CANCEL_NEWEST:
        met.gone += facing
        for order_id in facing:
            engine.remove(order_id)
    return not facing or self_trade is SelfTrade.CANCEL_OLDEST
