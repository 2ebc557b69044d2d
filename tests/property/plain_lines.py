"""Lines as they read: fractions all the way, every month looked at for every reading, the whole text as the order.

What `backend/ledger/lines.py` does fast must be this, line by line; nothing here is quick and nothing is shared with it
but the choice of factors.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from zoneinfo import ZoneInfo

from backend.footprint.factors import FactorSet
from backend.footprint.line import Amount, Spread, grams_up
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import Span
from backend.kernel.digest import Json
from backend.ledger.accrual import MONTHS, Membership
from backend.ledger.coverage import Reading


@dataclass(frozen=True)
class PlainLine:
    """One activity in one month for one person."""

    month: int
    reading: Reading
    weight: Fraction
    choice: Choice
    amount: Amount

    def fields(self, vintage: int) -> dict[str, Json]:
        """The line as a statement shows it."""
        activity = self.reading.activity
        factors = [self.choice.own] + ([self.choice.carrier] if self.choice.carrier else [])
        return {
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


def plain_amount(choice: Choice, quantity: Decimal, weight: Fraction) -> Amount:
    """Grams of a line, rounded up once, and each error it shares."""
    selections = [choice.own] if choice.carrier is None else [choice.own, choice.carrier]
    gco2e = grams_up(quantity, prod((Fraction(one.factor.value) for one in selections), start=Fraction(1)), weight)
    return Amount(gco2e, tuple(Spread(one.group, gco2e * one.half_width_bps) for one in selections))


def plain_weight(reading: Reading, month: Span) -> Fraction:
    """The part of a reading that is the person's in a month."""
    whole = reading.activity.span
    return sum(
        (
            Fraction(1) / people * Fraction(whole.meet(month).meet(span).seconds, whole.seconds)
            for span, people in reading.shares
        ),
        start=Fraction(0),
    )


def plain_lines(readings: list[Reading], member: Membership, zone: ZoneInfo, factors: FactorSet) -> list[PlainLine]:
    """Every line of a person's year."""
    found = []
    for reading in readings:
        for month in MONTHS:
            weight = plain_weight(reading, member.span_in(month, zone))
            if weight:
                activity = reading.activity
                choice = choose(factors, activity.kind.name, activity.place, member.vintage)
                found.append(PlainLine(month, reading, weight, choice, plain_amount(choice, activity.quantity, weight)))
    return sorted(
        found,
        key=lambda line: (line.reading.activity.kind.category, line.month, str(sorted(line.fields(0).items()))),
    )
