"""A person's closed year as rows of a city's tables: what `year_of` started from, split and shared. No framework.

Movers, several meters, gaps and least parts are in the rows: the months' evidenced seconds, the membership's own
budgets and defaults, the parts. So everybody of a vintage can be in one table.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from backend.footprint.kind import Grade
from backend.footprint.place import place_of
from backend.ledger.accrual import Membership, monthly_budget, monthly_default
from backend.ledger.city_rates import THOUSANDTHS
from backend.ledger.lines import Line
from backend.ledger.policy import Policy
from backend.ledger.statement import Year


@dataclass(frozen=True)
class SeatRow:
    """One category's month of a membership."""

    category: int
    month: int
    budget_gco2e: int
    high_gco2e: int
    whole_s: int


@dataclass(frozen=True)
class LineRow:
    """A line as a row. Without a kind it stands for a month that is evidenced and holds nothing."""

    kind: str
    place: str
    category: int
    month: int
    is_signed: bool
    quantity: int
    part_numerator: int
    part_denominator: int
    least_numerator: int
    least_denominator: int
    covered_s: int


@dataclass(frozen=True)
class PersonRows:
    """Everything that a city's tables hold of a person."""

    person: int
    member: Membership
    moving_s: int
    is_held: bool
    lines: tuple[LineRow, ...]


def seat_rows(member: Membership, policy: Policy) -> list[SeatRow]:
    """The budgets, defaults and seconds of a membership, as `year_of` has them."""
    spans = member.spans(place_of(policy.region).zone)
    found = []
    for number, budget in enumerate(policy.categories):
        budgets = monthly_budget(budget.budget_gco2e, member, policy, budget.category)
        defaults = monthly_default(budget.high_default_gco2e, member, budget.category)
        found += [
            SeatRow(number, month, budgets[month - 1], max(budgets[month - 1], defaults[month - 1]), span.seconds)
            for month, span in spans.items()
        ]
    return found


def alike(member: Membership, policy: Policy) -> Membership:
    """A membership with the same budgets and defaults and as little else as possible, so that many people share one:
    whose birthday does not change what a day of the vintage accrues has none.
    """
    if member.born_on is None or member.born_on >= member.first:
        return member
    if not member.is_minor_on(member.first, policy.majority_age):
        return replace(member, born_on=None)
    grown_up = not member.is_minor_on(member.last, policy.majority_age)
    return member if grown_up else replace(member, born_on=member.first - timedelta(days=1))


def _line_row(line: Line, category: int, covered_s: int) -> LineRow:
    """Quantities are whole thousandths; what is finer goes into the parts, so that nothing is rounded."""
    quantity = Fraction(*line.reading.activity.ratio) * THOUSANDTHS
    part, least = Fraction(*line.part), Fraction(*line.least_part)
    return LineRow(
        kind=line.reading.activity.kind.name,
        place=line.reading.activity.place,
        category=category,
        month=line.month,
        is_signed=line.reading.activity.grade is Grade.M,
        quantity=quantity.numerator,
        part_numerator=part.numerator,
        part_denominator=part.denominator * quantity.denominator,
        least_numerator=least.numerator,
        least_denominator=least.denominator * quantity.denominator,
        covered_s=covered_s,
    )


def rows_of(person: int, year: Year) -> PersonRows:
    """A closed year as rows."""
    categories = [budget.category for budget in year.policy.categories]
    covered = {(categories.index(month.category), month.month): month.covered_s for month in year.months}
    lines = []
    for line in year.lines:
        category = categories.index(line.category) if line.category in categories else -1
        lines.append(_line_row(line, category, covered.get((category, line.month), 0)))
    told = {(line.category, line.month) for line in lines}
    signed = {line.category for line in lines} - {line.category for line in lines if not line.is_signed}
    for (category, month), covered_s in covered.items():
        if covered_s and (category, month) not in told:
            # Over a year at once nothing is added to what the other lines say of the haircut; alone it is unsigned.
            is_signed = year.policy.guards.year_at_once and category in signed
            lines.append(LineRow("", "", category, month, is_signed, 0, 0, 1, 0, 1, covered_s))
    uncovered_s = sum(month.whole_s - month.covered_s for month in year.months)
    return PersonRows(person, year.member, uncovered_s - year.gap_s, year.is_held, tuple(lines))
