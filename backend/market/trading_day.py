"""When a class trades: its mode, its hours, its calls. Times of day are seconds after 00:00 UTC. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.kernel.digest import Json
from backend.market.phase import Phase

DAY_S = 24 * 3600


class Mode(StrEnum):
    """How the orders of a class meet."""

    CALL = "call"
    """Only in call auctions: they collect between one and the next."""
    LISTED = "listed"
    """In call auctions, and between them by taking posted offers."""
    CONTINUOUS = "continuous"
    """At once, by price and time; calls where the day has them."""

    @property
    def between_calls(self) -> Phase:
        """The phase in trading hours when no call is on."""
        return {Mode.CALL: Phase.CALL, Mode.LISTED: Phase.LISTED, Mode.CONTINUOUS: Phase.CONTINUOUS}[self]


@dataclass(frozen=True, slots=True)
class TradingDay:
    """The calendar of every day of a class. Nothing given: open round the clock, without calls."""

    calls: tuple[int, ...] = ()
    """Seconds of the day, rising: an auction ends from here on."""
    collect_s: int = 600
    """How long orders collect before a call, in classes where they meet between calls."""
    random_end_s: int = 30
    """The end of an auction is drawn from its time to so many seconds after."""
    volatility_s: int = 180
    """How long a volatility call collects."""
    opens_s: int = 0
    closes_s: int = DAY_S
    pre_open_s: int = 0
    """How long before opening orders may come in."""

    def payload(self) -> dict[str, Json]:
        """The JSON form: seconds."""
        return {
            "calls": list(self.calls),
            "collectS": self.collect_s,
            "randomEndS": self.random_end_s,
            "volatilityS": self.volatility_s,
            "opensS": self.opens_s,
            "closesS": self.closes_s,
            "preOpenS": self.pre_open_s,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "TradingDay":
        """The day of a form that `payload` wrote."""
        return cls(
            calls=tuple(payload["calls"]),
            collect_s=payload["collectS"],
            random_end_s=payload["randomEndS"],
            volatility_s=payload["volatilityS"],
            opens_s=payload["opensS"],
            closes_s=payload["closesS"],
            pre_open_s=payload["preOpenS"],
        )

    def seconds(self) -> Iterator[int]:
        """Everything that must lie within a day."""
        yield from (*self.calls, self.collect_s, self.random_end_s, self.volatility_s, self.opens_s, self.closes_s)
        yield self.pre_open_s

    def scheduled(self, mode: Mode, now_s: int) -> Phase:
        """The phase that the calendar has at a time (Unix seconds), whatever happened meanwhile."""
        at = now_s % DAY_S
        if any(call - self.collect_s <= at < call for call in self.calls):
            return Phase.CALL
        if self.opens_s <= at < self.closes_s:
            return mode.between_calls
        return Phase.PRE_OPEN if self.opens_s - self.pre_open_s <= at < self.opens_s else Phase.CLOSED

    def call_due(self, after_s: int, now_s: int) -> int | None:
        """The latest call time (Unix seconds) after one time and not after another; None if there is none."""
        day = now_s // DAY_S * DAY_S
        due = [start + call for start in (day - DAY_S, day) for call in self.calls if after_s < start + call <= now_s]
        return max(due, default=None)

    def next_call(self, now_s: int) -> int | None:
        """The first call time (Unix seconds) after a time; None if the day has no calls."""
        day = now_s // DAY_S * DAY_S
        coming = [start + call for start in (day, day + DAY_S) for call in self.calls if start + call > now_s]
        return min(coming, default=None)


ALWAYS = TradingDay()
