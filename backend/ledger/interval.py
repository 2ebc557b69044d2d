"""How sure what was reported is: between how many grams and how many it lies, two-sided 95 %. No framework.

Of the lines as they are, by year, category and month. The closing rules take the one-sided bound of the same errors,
and what is not measured besides.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from backend.footprint.line import half_width_gco2e
from backend.ledger.lines import Line
from backend.ledger.report import month_name
from backend.ledger.statement import Year


@dataclass(frozen=True)
class Interval:
    """What was reported, in grams of CO2e, and the ends of its 95 % interval."""

    reported_gco2e: int
    low_gco2e: int
    high_gco2e: int


@dataclass(frozen=True)
class Intervals:
    """A year's interval, and those of its parts; the ends of the parts do not add up to those of the year."""

    year: Interval
    categories: dict[str, Interval]
    months: dict[str, Interval]


def interval_of(lines: Iterable[Line]) -> Interval:
    """The interval of a sum of lines; never below nothing."""
    amounts = [line.amount for line in lines]
    reported = sum(one.gco2e for one in amounts)
    half = half_width_gco2e(spread for one in amounts for spread in one.spreads)
    return Interval(reported, max(0, reported - half), reported + half)


def intervals_of(year: Year) -> Intervals:
    """The intervals of what was reported for a year. The year and its months hold what the policy covers, as budgets
    do; the categories are all that there are.
    """
    covered = {budget.category for budget in year.policy.categories}
    categories: dict[str, list[Line]] = defaultdict(list)
    months: dict[str, list[Line]] = defaultdict(list)
    for line in year.lines:
        categories[str(line.category)].append(line)
        if line.category in covered:
            months[month_name(year.member.vintage, line.month)].append(line)
    return Intervals(
        year=interval_of(line for line in year.lines if line.category in covered),
        categories={name: interval_of(lines) for name, lines in sorted(categories.items())},
        months={name: interval_of(lines) for name, lines in sorted(months.items())},
    )
