"""Half-open spans of time [start, end) in whole Unix seconds, and sets of them. No framework."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Span(NamedTuple):
    """[start_s, end_s), never empty when it means something. A tuple, because a year has thousands to put in order."""

    start_s: int
    end_s: int

    @property
    def seconds(self) -> int:
        """Its length; 0 if it is empty."""
        return max(0, self.end_s - self.start_s)

    def meet(self, other: "Span") -> "Span":
        """What both cover; possibly empty."""
        if other.start_s <= self.start_s and self.end_s <= other.end_s:
            return self
        return Span(max(self.start_s, other.start_s), min(self.end_s, other.end_s))


Spans = Sequence[Span]
"""Disjoint spans in ascending order, none empty."""


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as disjoint spans in ascending order."""
    merged: list[Span] = []
    open_s = end_s = 0
    for start_s, stop_s in sorted(set(spans), key=itemgetter(0)):
        if start_s >= stop_s:
            continue
        if start_s > end_s or open_s == end_s:
            if open_s < end_s:
                merged.append(Span(open_s, end_s))
            open_s, end_s = start_s, stop_s
        elif stop_s > end_s:
            end_s = stop_s
    if open_s < end_s:
        merged.append(Span(open_s, end_s))
    return merged


def intersect(left: Spans, right: Spans) -> list[Span]:
    """What both sets cover."""
    return union(meeting for one in left for other in right if (meeting := one.meet(other)).seconds)


def subtract(left: Spans, right: Spans) -> list[Span]:
    """What `left` covers and `right` does not."""
    rest: list[Span] = []
    for span in left:
        at = span.start_s
        for hole in right:
            cut = hole.meet(Span(at, span.end_s))
            if cut.seconds:
                rest.append(Span(at, cut.start_s))
                at = cut.end_s
        rest.append(Span(at, span.end_s))
    return [span for span in rest if span.seconds]


def seconds_of(spans: Iterable[Span]) -> int:
    """Total length of disjoint spans."""
    return sum(span.seconds for span in spans)


def span_between(start: datetime, end: datetime) -> Span:
    """Whole seconds from one instant to another; the end is not included."""
    return Span(int(start.timestamp()), int(end.timestamp()))


def days_span(first: date, last: date, zone: ZoneInfo) -> Span:
    """Local days, both included: from the first's midnight to the midnight after the last, wherever the clocks jump."""
    start = datetime.combine(first, time.min, zone)
    end = datetime.combine(last + timedelta(days=1), time.min, zone)
    return span_between(start.astimezone(UTC), end.astimezone(UTC))


def month_span(year: int, month: int, zone: ZoneInfo) -> Span:
    """A local calendar month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return days_span(date(year, month, 1), following - timedelta(days=1), zone)


def local_days(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last local day of a span that is not empty."""
    return local_date(span.start_s, zone), local_date(span.end_s - 1, zone)


def local_date(second: int, zone: ZoneInfo) -> date:
    """The local date of a Unix second."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone).date()
