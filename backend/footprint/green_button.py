"""Green Button files as activities by meter and local month: streamed, bounded, nothing guessed.

Readings that follow each other within one local month of the meter's place become one activity; a reading that crosses
a month's end stays one, and closing divides it by seconds; a gap ends an activity, so that it covers nothing. What is
read is as in the file to the last watt-hour.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from backend.footprint.activity import Activity, activity_of
from backend.footprint.espi_feed import BYTES_LIMIT, FeedReader
from backend.footprint.kind import Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.quantity import plain
from backend.footprint.span import Span, local_date, month_span
from backend.footprint.usage_point import Interval, LeftOut, UsagePoint, points_of
from backend.footprint.xml_stream import XmlStream
from backend.kernel.errors import InvalidInput

ACTIVITIES_LIMIT = 5_000


class PointUnnamed(InvalidInput):
    """A usage point whose meter's number was not given. The feed does not carry it, and without it the same bill could
    count twice. `points` lists those that the file has.
    """

    code = "green_button.meter_unnamed"

    def __init__(self, name: str, points: Sequence[UsagePoint]) -> None:
        told = [f"{point.name} ({point.category})" for point in points]
        super().__init__(
            f"give the number printed on the meter of {name}: NUMBER, or {name}=NUMBER if the file has several points",
            point=name,
            points=told,
        )


class PointUnknown(InvalidInput):
    """A meter's number was given for a usage point that the file does not have."""

    code = "green_button.point_unknown"

    def __init__(self, name: str, points: Sequence[UsagePoint]) -> None:
        super().__init__(
            f"the file has no usage point {name[:120]!r}",
            point=name[:120],
            points=[point.name for point in points],
        )


class PointTwice(InvalidInput):
    """Two numbers for one usage point: which of them is the meter's is not said."""

    code = "green_button.point_twice"

    def __init__(self, name: str) -> None:
        super().__init__(f"give one meter number for the usage point {name}, not two", point=name)


class TooManyGaps(InvalidInput):
    """So many gaps that the readings fall apart into more activities than are taken at once."""

    code = "green_button.too_many_gaps"

    def __init__(self) -> None:
        super().__init__(
            f"the readings have so many gaps that they make more than {ACTIVITIES_LIMIT} activities",
            limit=ACTIVITIES_LIMIT,
        )


@dataclass(frozen=True)
class GreenButton:
    """A file as read: its usage points, what was left out in words, and the SHA-256 of its bytes."""

    points: tuple[UsagePoint, ...]
    left_out: tuple[LeftOut, ...]
    sha256: bytes


class GreenButtonReader:
    """Reads a file in pieces: `feed` its bytes, then `close`."""

    def __init__(self) -> None:
        self._feed = FeedReader()
        self._stream = XmlStream(self._feed, bytes_limit=BYTES_LIMIT)

    def feed(self, data: bytes) -> None:
        """Reads on. Raises what `XmlStream.feed` and the feed's rules raise."""
        self._stream.feed(data)

    def close(self) -> GreenButton:
        """The file, whole. Raises XmlMalformed and what `points_of` raises."""
        self._stream.close()
        points, left_out = points_of(self._feed.entries)
        return GreenButton(tuple(points), tuple(left_out), self._stream.sha256)


def read_green_button(pieces: Iterable[bytes]) -> GreenButton:
    """A file from its bytes in pieces. Raises what `GreenButtonReader` raises."""
    reader = GreenButtonReader()
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


def meters_of(file: GreenButton, given: Sequence[str]) -> Mapping[str, str]:
    """Usage point's name -> meter number, from texts `NUMBER` (the file has one point, or one of each category and all
    share it) or `POINT=NUMBER`. Raises PointUnknown, PointTwice, PointUnnamed.
    """
    names = {point.name for point in file.points}
    numbers: dict[str, str] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        if not equals and len(file.points) == 1:
            name = file.points[0].name
        elif name not in names:
            raise PointUnknown(name or text, file.points)
        if name in numbers:
            raise PointTwice(name)
        numbers[name] = number
    for point in file.points:
        if not numbers.get(point.name, "").strip():
            raise PointUnnamed(point.name, file.points)
    return numbers


def _runs(intervals: Iterable[Interval], zone: ZoneInfo) -> Iterator[list[Interval]]:
    """Intervals that follow each other within one local month; one that crosses a month's end is alone."""
    run: list[Interval] = []
    month = Span(0, 0)
    for one in intervals:
        if not month.start_s <= one.start_s < month.end_s:
            day = local_date(one.start_s, zone)
            month = month_span(day.year, day.month, zone)
        crosses = one.end_s > month.end_s
        follows = run and run[-1].end_s == one.start_s and month.start_s <= run[0].start_s and not crosses
        if run and not follows:
            yield run
            run = []
        run.append(one)
        if crosses:
            yield run
            run = []
    if run:
        yield run


def without(intervals: Sequence[Interval], recorded: Sequence[Span]) -> list[Interval]:
    """The intervals that touch nothing of what is recorded: disjoint spans in ascending order."""
    starts = [span.start_s for span in recorded]

    def is_free(one: Interval) -> bool:
        before = bisect_left(starts, one.end_s)
        return not before or recorded[before - 1].end_s <= one.start_s

    return [one for one in intervals if is_free(one)]


def activities_of_point(
    point: UsagePoint, *, place: str, meter: str, evidence: str, grade: Grade = Grade.S, recorded: Sequence[Span] = ()
) -> list[Activity]:
    """A usage point's activities in order of time, without the readings that touch what is `recorded` already.

    Raises TooManyGaps, QuantityTooLarge, SpanInvalid (a reading longer than a year), PlaceUnknown, MeterMissing,
    TextTooLong, ControlCharacter.
    """
    zone = place_of(place).zone
    found: list[Activity] = []
    for run in _runs(without(point.intervals, recorded), zone):
        if len(found) >= ACTIVITIES_LIMIT:
            raise TooManyGaps
        value = sum(one.value for one in run)
        activity = activity_of(
            kind=point.unit.kind,
            quantity=plain(point.quantity(value)),
            unit=kind_of(point.unit.kind).unit,
            span=Span(run[0].start_s, run[-1].end_s),
            place=place,
            grade=grade,
            evidence=evidence,
            meter=meter,
        )
        found.append(replace(activity, given=point.given(value)))
    return found
