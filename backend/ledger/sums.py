"""What a year's totals need of its lines, added up without writing the lines out: of one rate in one month, the grams.

A year may have thousands of lines and its totals are asked for far more often than they are shown. No framework.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category, Grade
from backend.footprint.line import Rate, rate_of
from backend.footprint.selection import Choice, choose
from backend.ledger.coverage import Reading
from backend.ledger.lines import AS_SAID, Months


@dataclass(slots=True)
class Sum:
    """Lines of one rate in one month. It grows while readings are gone through, and not after."""

    reading: Reading
    """One of them: kind and place are the same in all."""
    rate: Rate
    gco2e: int = 0
    least_gco2e: int = 0
    is_signed: bool = True
    """Whether all of them are of grade M."""

    @property
    def choice(self) -> Choice:
        """The factors they were multiplied with."""
        return self.rate.choice

    @property
    def earns(self) -> bool:
        """Whether those are near enough, and their sources known well enough, to earn."""
        return self.rate.choice.earns


Sums: TypeAlias = dict[tuple[Category, int], list[Sum]]
"""By category and month."""


def sums_of(readings: Iterable[Reading], months: Months, factors: FactorSet) -> Sums:
    """The lines of a person's year, added up. Raises FactorUnknown for an activity without any factor."""
    known: dict[tuple[str, str, int], Sum] = {}
    found: Sums = {}
    starts, ends, numbers = months.starts_s, months.ends_s, months.numbers
    for reading in readings:
        activity, shares, scale = reading.activity, reading.shares, AS_SAID
        start_s, end_s = activity.span
        at = bisect_right(starts, start_s) - 1
        # Most readings lie in one month and one share, and thousands of calls to find that out are most of the time.
        if at >= 0 and end_s <= ends[at] and len(shares) == 1 and reading.shared is None and reading.least is None:
            (from_s, until_s), people = shares[0]
            if from_s <= start_s and end_s <= until_s:
                parts = ((numbers[at], people.denominator, people.numerator),)
            else:
                parts = months.parts(reading)
        else:
            parts = months.parts(reading)
            scale = months.least_scale(reading, parts)
        for month, numerator, denominator in parts:
            one = known.get((activity.kind.name, activity.place, month))
            if one is None:
                rate = rate_of(choose(factors, activity.kind.name, activity.place, months.vintage))
                one = known[activity.kind.name, activity.place, month] = Sum(reading, rate)
                found.setdefault((activity.kind.category, month), []).append(one)
            gco2e = one.rate.grams_up(activity.quantity, numerator, denominator)
            one.gco2e += gco2e
            one.least_gco2e += gco2e if scale is AS_SAID else _least(one.rate, reading, numerator, denominator, scale)
            if activity.grade is not Grade.M:
                one.is_signed = False
    return found


def _least(rate: Rate, reading: Reading, numerator: int, denominator: int, scale: Fraction) -> int:
    return rate.grams_up(reading.activity.quantity, numerator * scale.numerator, denominator * scale.denominator)
