"""A person's lines of a year: each activity's part in each local month, by its share of people and of time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from backend.footprint.activity import Activity
from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category
from backend.footprint.line import Amount, Rate, rate_of
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import Span, days_span, intersect, seconds_of
from backend.kernel.digest import Json
from backend.ledger.accrual import Membership
from backend.ledger.coverage import Reading, Share


class Line(NamedTuple):
    """One activity in one month for one person, in grams rounded up. A tuple, because a year has thousands."""

    month: int
    reading: Reading
    part: tuple[int, int]
    """Numerator and denominator of the part of the activity's quantity that is this person's in this month."""
    rate: Rate
    gco2e: int
    least_part: tuple[int, int]
    """What the upper bound counts of it: the part, or more if the person's part may be larger (`Reading.least`)."""
    least_gco2e: int

    @property
    def category(self) -> Category:
        """The category of its activity."""
        return self.reading.activity.kind.category

    @property
    def weight(self) -> Fraction:
        """The part in lowest terms."""
        return Fraction(*self.part)

    @property
    def least_weight(self) -> Fraction:
        """The least part in lowest terms."""
        return Fraction(*self.least_part)

    @property
    def choice(self) -> Choice:
        """The factors it was multiplied with."""
        return self.rate.choice

    @property
    def amount(self) -> Amount:
        """Its grams and how they may err."""
        return Amount(self.gco2e, self.rate.spreads(self.gco2e))

    @property
    def least(self) -> Amount:
        """The grams of its least part and how they may err."""
        return Amount(self.least_gco2e, self.rate.spreads(self.least_gco2e))

    @property
    def earns(self) -> bool:
        """Whether its factors are near enough, and their sources known well enough, to earn."""
        return self.rate.choice.earns

    def fields(self, vintage: int) -> dict[str, Json]:
        """The line as a statement shows it."""
        activity = self.reading.activity
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
            "factors": _names(self.choice),
            "rung": str(self.choice.rung),
            "halfWidthBps": [one.half_width_bps for one in self.choice.selections],
            "gco2e": str(self.gco2e),
        }
        if self.least_gco2e != self.gco2e:
            fields["leastPart"] = f"{self.least_weight.numerator}/{self.least_weight.denominator}"
            fields["leastGco2e"] = str(self.least_gco2e)
        return fields


def _names(choice: Choice) -> list[Json]:
    return [_named(one.factor) for one in choice.selections]


def _named(factor: Factor) -> str:
    flag = "" if factor.earns else f" ({factor.status})"
    return f"{factor.id} r{factor.revision}{flag}"


Part: TypeAlias = tuple[int, int, int]
"""A month, and the numerator and denominator of what is the person's of a reading in it."""


class Months:
    """A person's months as spans, in order, those without a day left out."""

    def __init__(self, member: Membership, zone: ZoneInfo) -> None:
        spans = member.spans(zone)
        self.vintage = member.vintage
        self.numbers = list(spans)
        self.starts_s = [span.start_s for span in spans.values()]
        self.ends_s = [span.end_s for span in spans.values()]
        self._spans = list(spans.values())
        self._vintage = days_span(date(member.vintage, 1, 1), date(member.vintage, 12, 31), zone)

    def parts(self, reading: Reading) -> Sequence[Part]:
        """What of a reading is the person's in each month, where that is anything."""
        whole = reading.activity.span
        seconds = _seconds(reading)
        first = max(0, bisect_right(self.starts_s, whole.start_s) - 1)
        last = bisect_left(self.starts_s, whole.end_s)
        found: list[Part] = []
        for month, span in zip(self.numbers[first:last], self._spans[first:last], strict=True):
            weight = Fraction(_shared_s(reading.shares, whole.meet(span)), seconds)
            if weight:
                found.append((month, weight.numerator, weight.denominator))
        return found

    def least_scale(self, reading: Reading, parts: Sequence[Part]) -> Fraction:
        """By how much the person's part may exceed what its shares say: all that was used in the vintage may have been
        used when its share was the largest.
        """
        if reading.least is None or not parts:
            return AS_SAID
        whole = reading.activity.span
        largest = max(
            Fraction(people.denominator, people.numerator) for span, people in reading.least if whole.meet(span).seconds
        )
        said = sum((Fraction(numerator, denominator) for _, numerator, denominator in parts), Fraction(0))
        return max(AS_SAID, Fraction(largest * Fraction(whole.meet(self._vintage).seconds, whole.seconds), said))


AS_SAID = Fraction(1)


def _shared_s(shares: Iterable[tuple[Span, Share]], within: Span) -> Fraction:
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


class _Rates:
    """Rates of a vintage, each chosen once."""

    def __init__(self, factors: FactorSet, vintage: int) -> None:
        self._factors, self._vintage = factors, vintage
        self._known: dict[tuple[str, str], tuple[Rate, str]] = {}

    def of(self, activity: Activity) -> tuple[Rate, str]:
        """The rate of an activity, and the text of its factors."""
        key = (activity.kind.name, activity.place)
        known = self._known.get(key)
        if known is None:
            rate = rate_of(choose(self._factors, *key, self._vintage))
            known = self._known[key] = (rate, str(_names(rate.choice)))
        return known


def lines_of(readings: Iterable[Reading], member: Membership, zone: ZoneInfo, factors: FactorSet) -> list[Line]:
    """Every line of a person's year, in an order that depends on what they say and not on when they were entered.

    Raises FactorUnknown for an activity without any factor.
    """
    months, rates = Months(member, zone), _Rates(factors, member.vintage)
    found: dict[tuple[Category, int, str], list[Line]] = {}
    for reading in readings:
        parts = months.parts(reading)
        if not parts:
            continue
        rate, names = rates.of(reading.activity)
        scale = months.least_scale(reading, parts)
        for month, numerator, denominator in parts:
            part = least_part = (numerator, denominator)
            gco2e = least_gco2e = rate.grams_up(reading.activity.ratio, numerator, denominator)
            if scale is not AS_SAID:
                least_part = (numerator * scale.numerator, denominator * scale.denominator)
                least_gco2e = rate.grams_up(reading.activity.ratio, *least_part)
            line = Line(month, reading, part, rate, gco2e, least_part, least_gco2e)
            found.setdefault((reading.activity.kind.category, month, names), []).append(line)
    return [line for key in sorted(found) for line in _in_order(found[key])]


def _in_order(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines of a category, month and factors in the order of the text of all their fields, sorted by name. After the
    factors come the start and the grams; only lines that are alike in these as well are written out.
    """
    alike: dict[str, list[Line]] = {}
    for line in lines:
        alike.setdefault(f"{line.reading.activity.span.start_s}'{line.gco2e}'", []).append(line)
    for key in sorted(alike):
        same = alike[key]
        yield from same if len(same) == 1 else sorted(same, key=lambda line: str(sorted(line.fields(0).items())))
