"""An activity: what was used or travelled, where, when, and how well that is known. No framework."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from backend.footprint.kind import METERED, Grade, Kind, KindOnlyCompared, kind_of
from backend.footprint.meter_number import meter_key
from backend.footprint.place import place_of
from backend.footprint.quantity import quantity_of
from backend.footprint.span import Span, days_span, span_between
from backend.kernel.clock import parse_iso, unix_s
from backend.kernel.errors import InvalidInput
from backend.kernel.text import require_plain

LONGEST_S = 366 * 86400
YEARS = range(2000, 3000)
EVIDENCE_LIMIT = 200
METER_LIMIT = 64


class SpanInvalid(InvalidInput):
    """The time is empty, backwards, or longer than a year."""

    code = "activity.span_invalid"


class DayMalformed(InvalidInput):
    """Neither a date nor a time with an offset."""

    code = "activity.day_malformed"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:40]!r} is neither a date such as 2025-01-31 nor a time such as 2025-01-31T12:00:00Z",
            value=text[:40],
        )


class MeterMissing(InvalidInput):
    """A home's energy and water come through a meter or a supplier's account: without its number the same bill could
    count twice.
    """

    code = "activity.meter_missing"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} needs the number of its meter, or of the supplier's account", kind=kind)


class MeterUnexpected(InvalidInput):
    """A meter where there is none."""

    code = "activity.meter_unexpected"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} has no meter; leave it out", kind=kind)


class TextTooLong(InvalidInput):
    """A meter number or a reference to evidence longer than is kept."""

    code = "activity.text_too_long"

    def __init__(self, field: str, limit: int) -> None:
        super().__init__(f"{field} is longer than {limit} characters", field=field, limit=limit)


@dataclass(frozen=True)
class Activity:
    """What was used or travelled. `quantity` is in the kind's unit and spread evenly over the span."""

    kind: Kind
    quantity: Decimal
    span: Span
    place: str
    grade: Grade
    evidence: str
    given: str
    """Quantity and unit as given."""
    meter: str | None
    """The meter's number; known to the ledger only as a peppered hash."""
    ratio: tuple[int, int] = field(init=False, repr=False, compare=False)
    """The quantity as numerator and denominator: what its grams are computed with."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", self.quantity.as_integer_ratio())


def span_of(start: str, end: str, place: str) -> Span:
    """Two local dates (both included) or two times with offsets (the end not included), as one span.

    Raises DayMalformed, SpanInvalid, PlaceUnknown.
    """
    zone = place_of(place).zone
    first, last = _day_or_instant(start), _day_or_instant(end)
    if first.year not in YEARS or last.year not in YEARS:
        raise SpanInvalid(f"the years {YEARS[0]} to {YEARS[-1]} are known here", start=start, end=end)
    if isinstance(first, datetime) and isinstance(last, datetime):
        return check_span(span_between(first, last))
    if isinstance(first, datetime) or isinstance(last, datetime):
        raise SpanInvalid("give two dates or two times, not one of each", start=start, end=end)
    if last < first:
        raise SpanInvalid("the activity ends before it begins", start=start, end=end)
    return check_span(days_span(first, last, zone))


def span_until(start: str, until: datetime, place: str) -> Span:
    """From a local date's midnight, or a time with offset, up to a time: a day that is not over.

    Raises DayMalformed, SpanInvalid, PlaceUnknown.
    """
    first = _day_or_instant(start)
    if first.year not in YEARS:
        raise SpanInvalid(f"the years {YEARS[0]} to {YEARS[-1]} are known here", start=start)
    begins_s = unix_s(first) if isinstance(first, datetime) else days_span(first, first, place_of(place).zone).start_s
    return check_span(Span(begins_s, unix_s(until)))


def check_span(span: Span) -> Span:
    """The span itself; raises SpanInvalid if it is empty, backwards, or longer than a year."""
    if span.seconds <= 0:
        raise SpanInvalid("the activity ends before it begins", start_s=span.start_s, end_s=span.end_s)
    if span.seconds > LONGEST_S:
        raise SpanInvalid("the activity is longer than a year; give a reading a year at least", seconds=span.seconds)
    return span


def _day_or_instant(text: str) -> date | datetime:
    if len(text) > 10:
        return parse_iso(text)
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DayMalformed(text)


def activity_of(
    *,
    kind: str,
    quantity: str,
    unit: str,
    span: Span,
    place: str,
    grade: Grade = Grade.S,
    evidence: str = "",
    meter: str | None = None,
) -> Activity:
    """An activity from what was given.

    Raises KindUnknown, KindOnlyCompared, PlaceUnknown, ControlCharacter, TextTooLong, MeterMissing, MeterUnexpected,
    MeterUnreadable, MeterMangled, and what `quantity_in` and `check_span` raise.
    """
    found = kind_of(kind)
    if found.instead is not None:
        raise KindOnlyCompared(kind, found.instead)
    place_of(place)
    number = (meter or "").strip()
    for name, text, limit in (("meter", number, METER_LIMIT), ("evidence", evidence, EVIDENCE_LIMIT)):
        require_plain(name, text)
        if len(text) > limit:
            raise TextTooLong(name, limit)
    if found.category in METERED and not meter_key(number):
        raise MeterMissing(kind)
    if found.category not in METERED and number:
        raise MeterUnexpected(kind)
    return Activity(
        kind=found,
        quantity=quantity_of(quantity, unit, found),
        span=check_span(span),
        place=place,
        grade=grade,
        evidence=evidence,
        given=f"{quantity.removeprefix('-')} {unit}",
        meter=number or None,
    )
