"""Candles: what was traded in each interval of time, and nothing where nothing was. Pure.

An interval without a trade is a candle without prices: a gap is told, never filled with the price before. A trade that
the chain skipped is taken out of its candle again, which then counts it as busted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.kernel.clock import from_unix_s, unix_s


class Interval(StrEnum):
    """How long a candle is; they begin at whole multiples of it in UTC."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def length(self) -> timedelta:
        """Its length."""
        return timedelta(seconds=_SECONDS[self])

    def start_of(self, at: datetime) -> datetime:
        """When the candle began that a time is in."""
        return from_unix_s(unix_s(at) // _SECONDS[self] * _SECONDS[self])


_SECONDS = {Interval.MINUTE: 60, Interval.FIVE_MINUTES: 300, Interval.HOUR: 3_600, Interval.DAY: 86_400}


@dataclass(frozen=True, slots=True)
class Candle:
    """One interval of a class. Prices in base units per kg, None without a trade; volume in kg."""

    start: datetime
    open_per_kg: int | None = None
    high_per_kg: int | None = None
    low_per_kg: int | None = None
    close_per_kg: int | None = None
    volume_lots: int = 0
    trades: int = 0
    """Trades that stand."""
    busted: int = 0
    """Trades taken out again."""

    def and_then(self, later: "Candle") -> "Candle":
        """The candle of this part and a later one of the same interval."""
        if not later.trades or not self.trades:
            priced = self if self.trades else later
        else:
            priced = Candle(
                start=self.start,
                open_per_kg=self.open_per_kg,
                high_per_kg=max(self.high_per_kg or 0, later.high_per_kg or 0),
                low_per_kg=min(self.low_per_kg or 0, later.low_per_kg or 0),
                close_per_kg=later.close_per_kg,
            )
        return Candle(
            start=self.start,
            open_per_kg=priced.open_per_kg,
            high_per_kg=priced.high_per_kg,
            low_per_kg=priced.low_per_kg,
            close_per_kg=priced.close_per_kg,
            volume_lots=self.volume_lots + later.volume_lots,
            trades=self.trades + later.trades,
            busted=self.busted + later.busted,
        )


def merged(parts: Iterable[Candle], interval: Interval) -> dict[datetime, Candle]:
    """Candles of an interval from shorter ones in order of time, by start."""
    found: dict[datetime, Candle] = {}
    for part in parts:
        start = interval.start_of(part.start)
        found[start] = found.get(start, Candle(start)).and_then(part)
    return found


def without_gaps(found: Mapping[datetime, Candle], interval: Interval, first: datetime, last: datetime) -> list[Candle]:
    """Every candle from the one that starts at `first` to that at `last`, newest first; empty ones where none is."""
    return [found.get(start, Candle(start)) for start in _starts(interval, first, last)]


def _starts(interval: Interval, first: datetime, last: datetime) -> Iterator[datetime]:
    start = last
    while start >= first:
        yield start
        start -= interval.length
