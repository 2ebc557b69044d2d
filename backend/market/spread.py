"""How far apart buyers and sellers of a class stand: looked at once in each moment of the trading day, kept day by day.
Pure; integers only.

A moment is five minutes, and the second of it that counts is drawn, so that nobody can quote for that second alone.
What stood then is a line of the journal; a replay must find the same prices standing.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from backend.kernel.digest import Json
from backend.kernel.mass import BPS
from backend.market.trading_day import DAY_S, Mode

MOMENT_S = 300
"""Seconds: the trading day is looked at once in so many."""

DAYS_KEPT = 20
"""Trading days that a class's mode depends on."""

UNQUOTED_BPS = 2 * BPS
"""The spread of a moment in which one side is missing: what the spread tends to as the bid goes to nothing."""


def spread_bps(bid: int | None, ask: int | None) -> int:
    """The distance between the best prices (base units per kg) in basis points of their middle, rounded up. 0 where
    collected orders could meet; UNQUOTED_BPS where a side is missing.
    """
    if bid is None or ask is None:
        return UNQUOTED_BPS
    return -(-2 * max(ask - bid, 0) * BPS // (ask + bid))


class Measured(NamedTuple):
    """A trading day that is over: its day since 1970-01-01, how many moments of it were looked at, the average spread
    of these in basis points, rounded up, and the mode the class had.
    """

    day: int
    moments: int
    spread_bps: int
    mode: Mode


class Spreads:
    """What one class's book knows of its spread: the day that goes on, and the last DAYS_KEPT that are over."""

    __slots__ = ("day", "days", "looked_at", "moments", "total_bps")

    def __init__(self) -> None:
        self.looked_at = 0
        """The latest look, Unix seconds."""
        self.day = 0
        """The day that `moments` and `total_bps` are of, in days since 1970-01-01."""
        self.moments = 0
        self.total_bps = 0
        self.days: deque[Measured] = deque(maxlen=DAYS_KEPT)

    def look(self, at: int, bid: int | None, ask: int | None) -> None:
        """Takes in what stood at a Unix second. A day before it must have been closed."""
        assert not self.is_over(at), (self.day, at)
        self.day, self.looked_at = at // DAY_S, at
        self.moments += 1
        self.total_bps += spread_bps(bid, ask)

    def is_over(self, at: int) -> bool:
        """Whether at a Unix second the day that was looked at is over, and not closed yet."""
        return self.moments > 0 and self.day < at // DAY_S

    def so_far(self, mode: Mode) -> Measured:
        """The day that goes on, as if it were over; at least one moment of it was looked at."""
        return Measured(self.day, self.moments, -(-self.total_bps // self.moments), mode)

    def close(self, measured: Measured) -> None:
        """The day is over, and was as measured."""
        self.days.append(measured)
        self.moments = self.total_bps = 0

    def told(self) -> list[Json]:
        """All of it in JSON values; nothing if nobody ever looked."""
        if not self.looked_at:
            return []
        return [self.looked_at, self.day, self.moments, self.total_bps, [_told(measured) for measured in self.days]]

    @classmethod
    def of(cls, told: Sequence[Any]) -> "Spreads":
        """What `told` told."""
        made = cls()
        if told:
            made.looked_at, made.day, made.moments, made.total_bps, days = told
            made.days.extend(Measured(day, moments, bps, Mode(mode)) for day, moments, bps, mode in days)
        return made


def _told(measured: Measured) -> Json:
    return [measured.day, measured.moments, measured.spread_bps, measured.mode.value]
