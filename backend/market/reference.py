"""The reference price of a class: what its last day of trading paid on average, by volume, or what governance said.

The price band is around it. Every day has one: a day after trades takes their average, busted trades left out, rounded
to the tick; a day without takes the one before. After a volatility call it is the price that the call found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.digest import Json
from backend.market.journal import Kind
from backend.market.rules import ClassRules
from backend.market.tables import TradeRow, TradeState
from backend.market.trading_day import DAY_S
from backend.market.turn import Turn

BY_DAY = "day"
BY_GOVERNANCE = "governance"
BY_VOLATILITY_CALL = "volatility_call"

NOTHING: Mapping[str, Json] = {}


@dataclass(frozen=True)
class Rolling:
    """A new day begins for a class that has a reference price."""

    rules: ClassRules

    def __call__(self, turn: Turn) -> None:
        """Journals the day's reference price."""
        turn.flush()
        book = turn.engine.book_of(self.rules.class_id)
        assert book.reference is not None
        today = turn.now_s // DAY_S
        found = _average(turn.session, self.rules, book.reference_day, today)
        refer(turn, self.rules, found or book.reference, BY_DAY)


def refer(turn: Turn, rules: ClassRules, price_per_kg: int, reason: str, said: Mapping[str, Json] = NOTHING) -> None:
    """Journals a reference price for today, with its band, and what else is `said` of it."""
    low, high = rules.band(price_per_kg)
    payload: dict[str, Json] = {
        "classId": str(rules.class_id),
        "pricePerKg": str(price_per_kg),
        "lowPerKg": str(low),
        "highPerKg": str(high),
        "day": turn.now_s // DAY_S,
        "reason": reason,
        **said,
    }
    turn.write(Kind.REFERENCE, payload)


def _average(session: Session, rules: ClassRules, first_day: int, before_day: int) -> int | None:
    """The average price per kg, by volume, of the last day with trades; days since 1970-01-01."""
    stands = (TradeRow.class_id == rules.class_id, TradeRow.state != TradeState.BUSTED)
    at = col(TradeRow.matched_at)
    last = session.exec(
        select(TradeRow.matched_at)
        .where(*stands, at >= _start(first_day), at < _start(before_day))
        .order_by(at.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    day = unix_s(last) // DAY_S
    trades = session.exec(
        select(TradeRow.lots, TradeRow.price_per_kg).where(*stands, at >= _start(day), at < _start(day + 1))
    ).all()
    lots, money = sum(lots for lots, _ in trades), sum(lots * price for lots, price in trades)
    ticks = (2 * money + lots * rules.tick) // (2 * lots * rules.tick)
    return max(ticks, 1) * rules.tick


def _start(day: int) -> datetime:
    return from_unix_s(day * DAY_S)
