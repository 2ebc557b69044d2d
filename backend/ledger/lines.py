"""A person's lines of a year: each activity's part in each local month, by its share of people and of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category
from backend.footprint.line import Amount, amount_of
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import Span, days_span, intersect, seconds_of
from backend.kernel.digest import Json
from backend.ledger.accrual import MONTHS, Membership
from backend.ledger.coverage import Reading, Share


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
    least: Amount
    """What the upper bound counts of it: the amount, or more if the person's part may be larger (`Reading.least`)."""
    least_weight: Fraction
    """The part that `least` is of."""

    @property
    def earns(self) -> bool:
        """Whether its factors are near enough, and their sources known well enough, to earn."""
        return self.choice.earns

    def fields(self, vintage: int) -> dict[str, Json]:
        """The line as a statement shows it."""
        activity = self.reading.activity
        factors = [self.choice.own] + ([self.choice.carrier] if self.choice.carrier else [])
        fields: dict[str, Json] = {
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
        if self.least != self.amount:
            fields["leastPart"] = f"{self.least_weight.numerator}/{self.least_weight.denominator}"
            fields["leastGco2e"] = str(self.least.gco2e)
        return fields


def _named(factor: Factor) -> str:
    flag = "" if factor.earns else f" ({factor.status})"
    return f"{factor.id} r{factor.revision}{flag}"


def _part(shares: Iterable[tuple[Span, Share]], within: Span) -> Fraction:
    """Seconds of some time, each times the person's share then."""
    total = Fraction(0)
    for span, people in shares:
        part = within.meet(span).seconds
        if part:
            total += Fraction(part * people.denominator, people.numerator)
    return total


def _seconds(reading: Reading) -> int:
    """The time that a reading's quantity falls on."""
    whole = reading.activity.span
    shared = 0 if reading.shared is None else seconds_of(intersect([whole], reading.shared))
    return shared or whole.seconds


def _least_scale(reading: Reading, member: Membership, zone: ZoneInfo) -> Fraction:
    """By how much the person's part may exceed what its shares say: all that was used in the vintage may have been used
    when its share was the largest.
    """
    if reading.least is None:
        return Fraction(1)
    whole, seconds = reading.activity.span, _seconds(reading)
    vintage = days_span(date(member.vintage, 1, 1), date(member.vintage, 12, 31), zone)
    said = sum((_part(reading.shares, whole.meet(member.span_in(month, zone))) for month in MONTHS), Fraction(0))
    if not said:
        return Fraction(1)
    largest = max(
        Fraction(people.denominator, people.numerator) for span, people in reading.least if whole.meet(span).seconds
    )
    most = largest * Fraction(whole.meet(vintage).seconds, whole.seconds)
    return max(Fraction(1), Fraction(most * seconds, said))


def lines_of(readings: Iterable[Reading], member: Membership, zone: ZoneInfo, factors: FactorSet) -> list[Line]:
    """Every line of a person's year, in an order that depends on what they say and not on when they were entered.

    Raises FactorUnknown for an activity without any factor.
    """
    found: list[Line] = []
    for reading in readings:
        activity, scale = reading.activity, _least_scale(reading, member, zone)
        for month in MONTHS:
            part = _part(reading.shares, activity.span.meet(member.span_in(month, zone)))
            weight = Fraction(part, _seconds(reading))
            if weight:
                choice = choose(factors, activity.kind.name, activity.place, member.vintage)
                amount = amount_of(choice, activity.quantity, weight)
                most = weight * scale
                least = amount if scale == 1 else amount_of(choice, activity.quantity, most)
                found.append(Line(activity.kind.category, month, reading, weight, choice, amount, least, most))
    return sorted(found, key=lambda line: (line.category, line.month, str(sorted(line.fields(0).items()))))
