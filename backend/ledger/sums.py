"""What a year's totals need of its lines, added up without writing the lines out: of one rate in one month, the grams.

A year may have thousands of lines and its totals are asked for far more often than they are shown. No framework.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category, Grade
from backend.footprint.line import Rate, rate_of
from backend.footprint.selection import Choice, choose
from backend.ledger.coverage import Reading
from backend.ledger.lines import Months


@dataclass(slots=True)
class Sum:
    """Lines of one rate in one month. It grows while readings are gone through, and not after."""

    reading: Reading
    """One of them: kind and place are the same in all."""
    rate: Rate
    gco2e: int = 0
    extra_gco2e: int = 0
    """What their least parts have beyond that."""
    is_signed: bool = True
    """Whether all of them are of grade M."""
    numerator: int = field(init=False)
    denominator: int = field(init=False)

    def __post_init__(self) -> None:
        self.numerator, self.denominator = self.rate.numerator, self.rate.denominator

    @property
    def least_gco2e(self) -> int:
        """What the upper bound counts of them."""
        return self.gco2e + self.extra_gco2e

    @property
    def choice(self) -> Choice:
        """The factors they were multiplied with."""
        return self.rate.choice

    @property
    def earns(self) -> bool:
        """Whether those are near enough, and their sources known well enough, to earn."""
        return self.rate.choice.earns


Sums: TypeAlias = dict[tuple[Category, int], list[Sum]]
"""By category and month, in order of kind and place."""


class _Growing:
    """Sums as readings come."""

    def __init__(self, months: Months, factors: FactorSet) -> None:
        self.months, self.factors = months, factors
        self.rates: dict[tuple[str, str], Rate] = {}
        self.sums: dict[tuple[str, str, int], Sum] = {}

    def begin(self, reading: Reading, month: int) -> Sum:
        """The first of a kind and place in a month."""
        kind, place = use = (reading.activity.kind.name, reading.activity.place)
        if use not in self.rates:
            self.rates[use] = rate_of(choose(self.factors, kind, place, self.months.vintage))
        one = self.sums[kind, place, month] = Sum(reading, self.rates[use])
        return one

    def add(self, reading: Reading) -> None:
        """A reading of any months and shares."""
        activity, parts = reading.activity, self.months.parts(reading)
        scale = self.months.least_scale(reading, parts)
        for month, numerator, denominator in parts:
            one = self.sums.get((activity.kind.name, activity.place, month)) or self.begin(reading, month)
            gco2e = one.rate.grams_up(activity.ratio, numerator, denominator)
            one.gco2e += gco2e
            if scale != 1:
                least = one.rate.grams_up(activity.ratio, numerator * scale.numerator, denominator * scale.denominator)
                one.extra_gco2e += least - gco2e
            one.is_signed &= activity.grade is Grade.M

    def add_all(self, readings: Iterable[Reading]) -> None:
        """Many readings. Most lie in one month and one share; to find that out by calls would take most of the time."""
        starts_s, ends_s, numbers, sums = self.months.starts_s, self.months.ends_s, self.months.numbers, self.sums
        signed = Grade.M
        for reading in readings:
            activity, shares = reading.activity, reading.shares
            start_s, end_s = activity.span
            at = bisect_right(starts_s, start_s) - 1
            if at < 0 or end_s > ends_s[at] or len(shares) != 1 or reading.least is not None:
                self.add(reading)
                continue
            (from_s, until_s), people = shares[0]
            if reading.shared:
                (shared_from_s, shared_until_s) = reading.shared[0]
                from_s, until_s = max(from_s, shared_from_s), min(until_s, shared_until_s)
            if start_s < from_s or until_s < end_s:
                self.add(reading)
                continue
            month = numbers[at]
            one = sums.get((activity.kind.name, activity.place, month)) or self.begin(reading, month)
            above, below = activity.ratio
            above *= one.numerator * people.denominator
            one.gco2e -= -above // (below * one.denominator * people.numerator)  # rounded up, as `Rate.grams_up` does
            if activity.grade is not signed:
                one.is_signed = False


def sums_of(readings: Iterable[Reading], months: Months, factors: FactorSet) -> Sums:
    """The lines of a person's year, added up. Raises FactorUnknown for an activity without any factor."""
    growing = _Growing(months, factors)
    growing.add_all(readings)
    found: Sums = {}
    for (_, _, month), one in sorted(growing.sums.items()):
        found.setdefault((one.reading.activity.kind.category, month), []).append(one)
    return found
