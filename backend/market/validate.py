"""Whether an order would be accepted now, and what of it would be filled at once: the code that takes orders in, run up
to where it would write. Nothing is written, and nothing is promised: the next order may change it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Never

from backend.kernel.digest import Json
from backend.kernel.errors import TanyuError
from backend.market.book import Entry
from backend.market.instructed import (
    FOK_FILLS_MAX,
    NO_LIQUIDITY,
    NOT_FILLABLE,
    OUTSIDE_BAND,
    REMAINDER,
    Reach,
    reach,
)
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.journal import Kind, Line
from backend.market.matching import Engine
from backend.market.order import SignedOrder
from backend.market.place import Placing
from backend.market.replay import Effects, entry_of
from backend.market.turn import SELF_TRADE, Turn

COLLECTING = "collecting"
"""The class only collects orders now, or is closed: nothing is filled before its phase is another."""

NOTHING = Reach(lots=0, orders=0, worst_per_kg=None, cost=0, own=())


class _Reached(Exception):
    """The command refused nothing: it came to its first line."""


class Trial(Turn):
    """A turn that a command may read as it likes, and that ends it where it would write."""

    def __init__(self, turn: Turn) -> None:
        turn.flush()
        super().__init__(session=turn.session, engine=turn.engine, head=turn.head, now=turn.now, chain=turn.chain)

    def add_order(self, columns: dict[str, object]) -> None:
        """No row is noted."""

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> tuple[Line, Effects]:
        """Ends the trial."""
        raise _Reached

    def place(self, text: str, entry: Entry, instructions: Instructions) -> Never:
        """Ends it too."""
        raise _Reached


@dataclass(frozen=True)
class Fillable:
    """What of an order would be filled at once, and why not all of it: COLLECTING, or as an acceptance says why lots
    were killed or stopped; None if all would be, or the rest would wait.
    """

    reach: Reach
    why_not_all: str | None


@dataclass(frozen=True)
class Verdict:
    """`refusal`: why the order would not be accepted; None if it would, or is in already. `fillable`: what the book has
    for it, whether it would be accepted or not.
    """

    refusal: TanyuError | None
    fillable: Fillable
    sequence: int
    """The journal's latest line when this was true."""


@dataclass(frozen=True)
class Validating:
    """Try an order that the door has admitted."""

    placing: Placing

    def __call__(self, turn: Turn) -> Verdict:
        """The verdict; refuses nothing itself."""
        refusal = None
        try:
            self.placing(Trial(turn))
        except _Reached:
            pass
        except TanyuError as failure:
            refusal = failure
        found = fillable(turn.engine, self.placing.entry(turn), self.placing.instructions)
        return Verdict(refusal, found, turn.head.sequence)


@dataclass(frozen=True)
class Looking:
    """For `Sequencer.ask`: what an order would meet that the door did not admit for a reason."""

    order: SignedOrder
    instructions: Instructions
    refusal: TanyuError

    def __call__(self, engine: Engine, sequence: int) -> Verdict:
        """The verdict."""
        entry = entry_of(self.order, sequence + 1, self.order.maker, self.instructions)
        return Verdict(self.refusal, fillable(engine, entry, self.instructions), sequence)


def fillable(engine: Engine, entry: Entry, instructions: Instructions) -> Fillable:
    """What an entry would take from the book as it is; changes nothing."""
    book = engine.books.get(entry.class_id)
    if book is None:
        why = NOT_FILLABLE if instructions.time_in_force is TimeInForce.FOK else NO_LIQUIDITY
        return Fillable(NOTHING, None if instructions.time_in_force.rests else why)
    if not book.matches:
        return Fillable(NOTHING, COLLECTING)
    found = reach(engine, entry, instructions.self_trade)
    beyond = reach(engine, entry, instructions.self_trade, in_band=False)
    if instructions.time_in_force is TimeInForce.FOK:
        if _has_all(found, entry):
            return Fillable(found, None)
        why = OUTSIDE_BAND if _has_all(beyond, entry) else NOT_FILLABLE
        return Fillable(replace(NOTHING, own=found.own), why)
    rests = instructions.time_in_force.rests
    # What would wait beyond the band must not meet its owner in the call to come.
    meets_owner = bool(found.own) or (rests and any(engine.facing_own(entry)))
    if found.lots < entry.lots and meets_owner and instructions.self_trade is not SelfTrade.CANCEL_OLDEST:
        return Fillable(found, SELF_TRADE)
    return Fillable(found, _why_not_all(entry, instructions, found, beyond))


def _why_not_all(entry: Entry, instructions: Instructions, found: Reach, beyond: Reach) -> str | None:
    if found.lots == entry.lots:
        return None
    if instructions.time_in_force.rests:
        return None
    if beyond.lots > found.lots or len(beyond.own) > len(found.own):
        return OUTSIDE_BAND
    return REMAINDER if found.lots else NO_LIQUIDITY


def _has_all(found: Reach, entry: Entry) -> bool:
    return found.lots == entry.lots and found.orders <= FOK_FILLS_MAX
