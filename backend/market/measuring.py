"""What time makes happen to the spread of a class: it is looked at, its day is closed, and the mode it earned begins.

A class whose mode is pinned is not looked at. Everything is a line of the journal: what stood, what a day's spread was,
and the rules with another mode, which hold from the day's edge on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from backend.kernel.digest import Json
from backend.market.admission import phase_of
from backend.market.earning import average_bps, earned
from backend.market.governing import SettingRules, Word
from backend.market.governing_tables import SpreadDay
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.phase import Phase
from backend.market.rules import ClassRules
from backend.market.schedule import Draw
from backend.market.spread import DAYS_KEPT, MOMENT_S
from backend.market.turn import Turn


def moment_due(engine: Engine, classes: Iterable[ClassRules], now_s: int, draw: Draw) -> list[int]:
    """The classes to look at in this second (Unix), if it is the one that was drawn for this moment; else none."""
    measured = [rules.class_id for rules in classes if _is_measured(engine, rules)]
    latest = max((book.spread.looked_at for book in engine.books.values()), default=0)
    if not measured or latest // MOMENT_S == now_s // MOMENT_S:
        return []
    left = MOMENT_S - now_s % MOMENT_S
    return measured if draw(left) == 0 else []


def _is_measured(engine: Engine, rules: ClassRules) -> bool:
    phase = phase_of(engine, rules)
    return not rules.mode_pinned and phase.takes_orders and phase is not Phase.PRE_OPEN


@dataclass(frozen=True)
class Noting:
    """Some classes are looked at."""

    class_ids: list[int]

    def __call__(self, turn: Turn) -> None:
        """Journals what stands."""
        quotes: list[Json] = []
        for class_id in self.class_ids:
            book = turn.engine.book_of(class_id)
            if book.spread.is_over(turn.now_s):
                continue  # the day ended since it was asked what is due: it is closed first
            bid, ask = (None if price is None else str(price) for price in book.best())
            quotes.append({"classId": str(class_id), "bidPerKg": bid, "askPerKg": ask})
        if quotes:
            turn.write(Kind.SPREAD, {"at": turn.now_s, "quotes": quotes})


@dataclass(frozen=True)
class Reviewing:
    """A class's trading day is over."""

    rules: ClassRules

    def __call__(self, turn: Turn) -> None:
        """Journals and keeps what its spread was, and another mode if it has earned one."""
        rules, spread = self.rules, turn.engine.book_of(self.rules.class_id).spread
        measured = spread.so_far(rules.mode)
        payload: dict[str, Json] = {
            "classId": str(rules.class_id),
            "day": measured.day,
            "moments": measured.moments,
            "spreadBps": measured.spread_bps,
            "mode": measured.mode.value,
        }
        line, _ = turn.write(Kind.REVIEW, payload)
        kept = SpreadDay(**measured._asdict(), class_id=rules.class_id, sequence=line.sequence)
        turn.session.add(kept)
        mode = rules.mode if rules.mode_pinned else earned(rules.mode, spread.days)
        if mode is not rules.mode:
            why = f"its spread was {average_bps(rules.mode, spread.days)} basis points over {DAYS_KEPT} trading days"
            SettingRules(replace(rules, mode=mode), Word(None, why))(turn)


def days_of(session: Session, class_id: int, limit: int) -> list[SpreadDay]:
    """The trading days of a class that were measured, newest first."""
    query = select(SpreadDay).where(SpreadDay.class_id == class_id).order_by(col(SpreadDay.day).desc())
    return list(session.exec(query.limit(limit)).all())
