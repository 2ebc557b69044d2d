"""What an auditor makes of the lines about a class's spread: the prices that stood, what a day's average was, and
whether a mode that nobody set was earned. By our own arithmetic, from docs/market.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from backend.audit.journal import amount, whole
from backend.audit.matcher import Open
from backend.kernel.mass import BPS

DAY_S = 24 * 3600
DAYS = 20
NARROW_BPS, WIDE_BPS = 700, 1_000
STEPS = ("call", "listed", "continuous")

Require: TypeAlias = Callable[[bool, str, object], None]
"""(holds, what would have been right, what was found)."""


@dataclass
class OfClass:
    """What is known of a class: the looks of a day, the days before it as (mode, basis points), its mode."""

    day: int = 0
    looks: list[int] = field(default_factory=list)
    days: list[tuple[str, int]] = field(default_factory=list)
    mode: str | None = None
    """As the last review or rules said."""


@dataclass
class Spreads:
    """Of every class."""

    require: Require
    classes: dict[int, OfClass] = field(default_factory=dict)

    def look(self, payload: Mapping[str, Any], resting: Iterable[Open]) -> None:
        """Takes in a look; the prices told must be the best that stand."""
        orders, at = list(resting), whole(payload["at"])
        for quote in payload["quotes"]:
            class_id = amount(quote["classId"])
            told = tuple(None if quote[name] is None else amount(quote[name]) for name in ("bidPerKg", "askPerKg"))
            bids = [order.price_per_kg for order in orders if (order.class_id, order.side) == (class_id, "buy")]
            asks = [order.price_per_kg for order in orders if (order.class_id, order.side) == (class_id, "sell")]
            bid, ask = max(bids, default=None), min(asks, default=None)
            self.require(told == (bid, ask), f"{bid} and {ask} as the best prices", told)
            of_class = self._of(class_id)
            self.require(not of_class.looks or of_class.day == at // DAY_S, f"day {of_class.day} closed first", at)
            of_class.day = at // DAY_S
            of_class.looks.append(_spread(bid, ask))

    def review(self, payload: Mapping[str, Any]) -> None:
        """Closes a day; it must have been as told."""
        of_class, mode = self._of(amount(payload["classId"])), str(payload["mode"])
        told = [whole(payload[name]) for name in ("day", "moments", "spreadBps")]
        self.require(bool(of_class.looks), "a day that was looked at", told)
        found = [of_class.day, len(of_class.looks), _up(sum(of_class.looks), len(of_class.looks))]
        self.require(told == found, f"day, moments and spread {found}", told)
        of_class.days.append((mode, found[2]))
        of_class.looks, of_class.mode = [], mode

    def rules(self, payload: Mapping[str, Any]) -> None:
        """A mode that nobody set must have been earned."""
        of_class, mode = self._of(amount(payload["classId"])), str(payload["rules"]["mode"])
        if payload.get("why") and "by" not in payload:
            earned = _earned(of_class)
            self.require(mode == earned, f"mode {earned}, as its spread has earned", mode)
        of_class.mode = mode

    def _of(self, class_id: int) -> OfClass:
        return self.classes.setdefault(class_id, OfClass())


def _spread(bid: int | None, ask: int | None) -> int:
    """In basis points of the middle, rounded up; a missing side counts as two middles."""
    if bid is None or ask is None:
        return 2 * BPS
    return _up(max(0, ask - bid) * 2 * BPS, ask + bid)


def _earned(of_class: OfClass) -> str | None:
    last = of_class.days[-DAYS:]
    if len(last) < DAYS or of_class.mode is None or {mode for mode, _ in last} != {of_class.mode}:
        return of_class.mode
    average, step = _up(sum(bps for _, bps in last), DAYS), STEPS.index(of_class.mode)
    if average <= NARROW_BPS:
        return STEPS[min(step + 1, 2)]
    return STEPS[max(step - 1, 0)] if average > WIDE_BPS else of_class.mode


def _up(total: int, count: int) -> int:
    """A quotient, rounded up."""
    return -(-total // count)
