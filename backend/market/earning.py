"""Which mode a class has earned by its spread, one step at a time: call, listed, continuous. Pure.

It goes a step up when the average of its last trading days is narrow, a step down when it is wide. Between the two it
stays, and only days in the mode it has count: so a class that has just changed stays for as many days at least.
"""

from collections.abc import Sequence

from backend.market.spread import DAYS_KEPT, Measured
from backend.market.trading_day import Mode

NARROW_BPS = 700
"""Basis points: up to here a step up is earned, as Nasdaq's First North has it."""

WIDE_BPS = 1_000
"""Basis points: above it a step is lost."""

STEPS = (Mode.CALL, Mode.LISTED, Mode.CONTINUOUS)


def average_bps(mode: Mode, days: Sequence[Measured]) -> int | None:
    """The average spread (basis points, rounded up) of the last DAYS_KEPT trading days; None while fewer were in this
    mode.
    """
    if len(days) < DAYS_KEPT or any(measured.mode is not mode for measured in days):
        return None
    return -(-sum(measured.spread_bps for measured in days) // len(days))


def earned(mode: Mode, days: Sequence[Measured]) -> Mode:
    """The mode that a class in this one has from the next day on."""
    average, step = average_bps(mode, days), STEPS.index(mode)
    if average is not None and average <= NARROW_BPS:
        step = min(step + 1, len(STEPS) - 1)
    elif average is not None and average > WIDE_BPS:
        step = max(step - 1, 0)
    return STEPS[step]
