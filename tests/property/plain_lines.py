"""Lines as they read: fractions all the way, every month looked at for every reading, the whole text as the order.

What `backend/ledger/lines.py` does fast must be this, line by line; nothing here is quick and nothing is shared with it
but the choice of factors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from zoneinfo import ZoneInfo

from backend.footprint.factors import FactorSet
from backend.footprint.line import Amount, Spread, grams_up
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import Span, days_span, intersect, seconds_of
from backend.kernel.digest import Json
from backend.ledger.accrual import MONTHS, Membership
from backend.ledger.coverage import Reading, Share


@dataclass(frozen=True)
class PlainLine:
    """One activity in one month for one person."""

    month: int
    reading: Reading
    weight: Fraction
    choice: Choice
    amount: Amount
    least: Amount
    least_weight: Fraction

    def fields(self, vintage: int) -> dict[str, Json]:
        """The line as a statement shows it."""
        activity = self.reading.activity
        factors = [self.choice.own] + ([self.choice.carrier] if self.choice.carrier else [])
        fields: dict[str, Json] = {
            "category": str(activity.kind.category),
            "month": f"{vintage}-{self.month:02d}",
            "kind": activity.kind.name,
            "place": activity.place,
            "grade": str(activity.grade),
            "quantity": plain(activity.quantity),
            "unit": activity.kind.unit,
            "fromUnix": activity.span.start_s,
            "toUnix": activity.span.end_s,
            "part": f"{self.weight.numerator}/{self.weight.denominator}",
            "factors": [
                f"{one.factor.id} r{one.factor.revision}" + ("" if one.factor.earns else f" ({one.factor.status})")
                for one in factors
            ],
            "rung": str(self.choice.rung),
            "halfWidthBps": [one.half_width_bps for one in factors],
            "gco2e": str(self.amount.gco2e),
        }
        if self.least != self.amount:
            fields["leastPart"] = f"{self.least_weight.numerator}/{self.least_weight.denominator}"
            fields["leastGco2e"] = str(self.least.gco2e)
        return fields


def plain_amount(choice: Choice, quantity: Decimal, weight: Fraction) -> Amount:
    """Grams of a line, rounded up once, and each error it shares."""
    selections = [choice.own] if choice.carrier is None else [choice.own, choice.carrier]
    gco2e = grams_up(quantity, prod((Fraction(one.factor.value) for one in selections), start=Fraction(1)), weight)
    return Amount(gco2e, tuple(Spread(one.group, gco2e * one.half_width_bps) for one in selections))


def plain_part(shares: Iterable[tuple[Span, Share]], within: Span) -> Fraction:
    """Seconds of some time, each times the person's share then."""
    return sum((Fraction(1) / people * within.meet(span).seconds for span, people in shares), start=Fraction(0))


def plain_seconds(reading: Reading) -> int:
    """The time that a reading's quantity falls on."""
    whole = reading.activity.span
    shared = 0 if reading.shared is None else seconds_of(intersect([whole], reading.shared))
    return shared or whole.seconds


def plain_scale(reading: Reading, member: Membership, zone: ZoneInfo) -> Fraction:
    """By how much the person's part may exceed what its shares say."""
    whole, seconds = reading.activity.span, plain_seconds(reading)
    vintage = days_span(date(member.vintage, 1, 1), date(member.vintage, 12, 31), zone)
    said = sum((plain_part(reading.shares, whole.meet(member.span_in(month, zone))) for month in MONTHS), Fraction(0))
    if reading.least is None or not said:
        return Fraction(1)
    largest = max(Fraction(1) / people for span, people in reading.least if whole.meet(span).seconds)
    most = largest * Fraction(whole.meet(vintage).seconds, whole.seconds)
    return max(Fraction(1), most * seconds / said)


def plain_lines(readings: list[Reading], member: Membership, zone: ZoneInfo, factors: FactorSet) -> list[PlainLine]:
    """Every line of a person's year."""
    found = []
    for reading in readings:
        activity, scale = reading.activity, plain_scale(reading, member, zone)
        for month in MONTHS:
            weight = plain_part(reading.shares, activity.span.meet(member.span_in(month, zone)))
            weight /= plain_seconds(reading)
            if weight:
                choice = choose(factors, activity.kind.name, activity.place, member.vintage)
                amount = plain_amount(choice, activity.quantity, weight)
                least = plain_amount(choice, activity.quantity, weight * scale)
                found.append(PlainLine(month, reading, weight, choice, amount, least, weight * scale))
    return sorted(
        found,
        key=lambda line: (line.reading.activity.kind.category, line.month, str(sorted(line.fields(0).items()))),
    )
