"""A person's lines of a year: each activity's part in each local month, by its share of people and of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category
from backend.footprint.line import Amount, amount_of
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import Span
from backend.kernel.digest import Json
from backend.ledger.accrual import MONTHS, Membership
from backend.ledger.coverage import Reading


@dataclass(frozen=True)
class Line:
    """One activity in one month for one person, in grams rounded up."""

    category: Category
    month: int
    reading: Reading
    weight: Fraction
    """The part of the activity's quantity that is this person's in this month."""
    choice: Choice
    amount: Amount

    @property
    def earns(self) -> bool:
        """Whether its factors are near enough, and their sources known well enough, to earn."""
        return self.choice.earns

    def fields(self, vintage: int) -> dict[str, Json]:
        """The line as a statement shows it."""
        activity = self.reading.activity
        factors = [self.choice.own] + ([self.choice.carrier] if self.choice.carrier else [])
        return {
            "category": str(self.category),
            "month": f"{vintage}-{self.month:02d}",
            "kind": activity.kind.name,
            "place": activity.place,
            "grade": str(activity.grade),
            "quantity": plain(activity.quantity),
            "unit": activity.kind.unit,
            "fromUnix": activity.span.start_s,
            "toUnix": activity.span.end_s,
            "part": f"{self.weight.numerator}/{self.weight.denominator}",
            "factors": [_named(one.factor) for one in factors],
            "rung": str(self.choice.rung),
            "halfWidthBps": [one.half_width_bps for one in factors],
            "gco2e": str(self.amount.gco2e),
        }


def _named(factor: Factor) -> str:
    flag = "" if factor.earns else f" ({factor.status})"
    return f"{factor.id} r{factor.revision}{flag}"


def _weight(reading: Reading, month: Span) -> Fraction:
    whole = reading.activity.span
    total = Fraction(0)
    for span, people in reading.shares:
        part = whole.meet(month).meet(span).seconds
        if part:
            total += Fraction(part * people.denominator, people.numerator * whole.seconds)
    return total


def lines_of(readings: Iterable[Reading], member: Membership, zone: ZoneInfo, factors: FactorSet) -> list[Line]:
    """Every line of a person's year, in an order that depends on what they say and not on when they were entered.

    Raises FactorUnknown for an activity without any factor.
    """
    found: list[Line] = []
    for reading in readings:
        for month in MONTHS:
            weight = _weight(reading, member.span_in(month, zone))
            if weight:
                activity = reading.activity
                choice = choose(factors, activity.kind.name, activity.place, member.vintage)
                amount = amount_of(choice, activity.quantity, weight)
                found.append(Line(activity.kind.category, month, reading, weight, choice, amount))
    return sorted(found, key=lambda line: (line.category, line.month, str(sorted(line.fields(0).items()))))
