"""The JSON of a class's spread, and of the rule by which it earns its mode."""

from backend.access.wire import Wire
from backend.kernel.clock import from_unix_s
from backend.market.earning import NARROW_BPS, WIDE_BPS, average_bps
from backend.market.governing_tables import SpreadDay
from backend.market.matching import Engine
from backend.market.rules import ClassRules
from backend.market.spread import DAYS_KEPT, MOMENT_S, UNQUOTED_BPS, Spreads
from backend.market.trading_day import DAY_S, Mode
from backend.market.views import OfClass


class EarningRule(Wire):
    """By what a class whose mode is not pinned earns and loses it. The average of `days` trading days in one mode, each
    looked at once in `momentS` seconds: up to `narrowBps` a step up (call, listed, continuous), above `wideBps` a step
    down. A moment in which a side is missing counts as `unquotedBps`.
    """

    days: int = DAYS_KEPT
    moment_s: int = MOMENT_S
    narrow_bps: int = NARROW_BPS
    wide_bps: int = WIDE_BPS
    unquoted_bps: int = UNQUOTED_BPS


class SpreadDayOut(Wire):
    """A trading day: how many moments of it were looked at, their average spread in basis points, and the mode."""

    day: str
    moments: int
    spread_bps: int
    mode: Mode

    @classmethod
    def of(cls, row: SpreadDay) -> "SpreadDayOut":
        """A day in JSON."""
        return cls(day=_date(row.day), moments=row.moments, spread_bps=row.spread_bps, mode=Mode(row.mode))


class SpreadOut(OfClass):
    """What a class's spread was, and what it means for its mode. `averageBps`: of the days that count, null while they
    are too few. `days`: newest first, without the one that goes on, `today`.
    """

    mode: Mode
    mode_pinned: bool
    average_bps: int | None
    today: SpreadDayOut | None
    days: tuple[SpreadDayOut, ...]
    rule: EarningRule

    @classmethod
    def of(cls, rules: ClassRules, engine: Engine, sequence: int, days: list[SpreadDay]) -> "SpreadOut":
        """A spread in JSON, as of a journal sequence."""
        book = engine.books.get(rules.class_id)
        spread = Spreads() if book is None else book.spread
        today = spread.so_far(rules.mode) if spread.moments else None
        return cls(
            **cls.heading(rules.class_id, sequence),
            mode=rules.mode,
            mode_pinned=rules.mode_pinned,
            average_bps=average_bps(rules.mode, spread.days),
            today=None
            if today is None
            else SpreadDayOut(
                day=_date(today.day), moments=today.moments, spread_bps=today.spread_bps, mode=today.mode
            ),
            days=tuple(SpreadDayOut.of(row) for row in days),
            rule=EarningRule(),
        )


def _date(day: int) -> str:
    """The date of a day since 1970-01-01."""
    return from_unix_s(day * DAY_S).date().isoformat()
