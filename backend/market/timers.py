"""What time alone makes happen in the books: orders expire, heartbeats are missed, phases follow the calendar, auctions
end, days begin, spreads are looked at. Journaled like everything else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from backend.kernel.digest import Json
from backend.market.auction import indicative
from backend.market.cancel_all import cancel_missed, missed
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.measuring import Noting, Reviewing, moment_due
from backend.market.phase import Phase
from backend.market.reference import BY_VOLATILITY_CALL, Rolling, refer
from backend.market.rules import LIFETIME_S_MIN, ClassRules
from backend.market.schedule import Draw, Step, step_of
from backend.market.trading_day import DAY_S
from backend.market.turn import Turn, phase_payload

Timed = Callable[[Turn], object]
"""A command that comes before all others, because it is time."""


def due(engine: Engine, classes: Iterable[ClassRules], now_s: int, draw: Draw) -> list[Timed]:
    """What must happen now (Unix seconds); to be asked once a second, since a draw may end an auction in each."""
    found: list[Timed] = []
    classes = list(classes)
    if engine.due(now_s + LIFETIME_S_MIN):
        found.append(expire)
    if missed(engine, now_s):
        found.append(cancel_missed)
    for rules in classes:
        book = engine.books.get(rules.class_id)
        if book is not None and book.reference is not None and book.reference_day < now_s // DAY_S:
            found.append(Rolling(rules))
        if book is not None and book.spread.is_over(now_s):
            found.append(Reviewing(rules))
        step = step_of(engine, rules, now_s, draw)
        if step is not None:
            found.append(Stepping(step, rules))
    looked_at = moment_due(engine, classes, now_s, draw)
    if looked_at:
        found.append(Noting(looked_at))
    return found


def expire(turn: Turn) -> None:
    """Takes orders off the book before their expiry."""
    before = turn.now_s + LIFETIME_S_MIN
    if turn.engine.due(before):
        turn.write(Kind.EXPIRE, {"before": before})


@dataclass(frozen=True)
class Stepping:
    """A class goes one step on in its calendar."""

    step: Step
    rules: ClassRules

    def __call__(self, turn: Turn) -> None:
        """Journals the phase, or the auction that leads to it."""
        step = self.step
        if not step.is_auction:
            turn.write(Kind.PHASE, phase_payload(step.class_id, step.phase, turn.now_s, step.reason))
            return
        turn.flush()
        book = turn.engine.book_of(step.class_id)
        was_volatile, result = book.phase is Phase.VOLATILITY_CALL, indicative(book)
        price = result.price_per_kg
        payload: dict[str, Json] = {
            "classId": str(step.class_id),
            "at": turn.now_s,
            "phase": step.phase.value,
            "pricePerKg": None if price is None else str(price),
            "lots": str(result.lots),
        }
        turn.write(Kind.AUCTION, payload)
        if was_volatile and price is not None and book.reference is not None:
            refer(turn, self.rules, price, BY_VOLATILITY_CALL)
