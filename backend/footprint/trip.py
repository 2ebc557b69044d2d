"""Trips out of GPX tracks: how far, when, and by the mode that the traveller chose. Self-declared, always.

Distance is geodesic on WGS 84 (Karney 2013, geographiclib), from point to point, across the gaps between segments too:
a tunnel was travelled as well. Flights count great-circle kilometres, so theirs is from the first point to the last.
Elevation is left out. This is the one place with binary floats, since trigonometry has no decimals; each leg is rounded
up to the millimetre and the trip up to the metre.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from geographiclib.geodesic import Geodesic

from backend.footprint.activity import Activity, activity_of, check_span
from backend.footprint.gpx import BYTES_LIMIT, GpxReader, Point, Track
from backend.footprint.kind import Category, Kind, kind_of
from backend.footprint.quantity import plain
from backend.footprint.span import Span
from backend.footprint.xml_stream import XmlStream
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.errors import InvalidInput

MM_PER_M = 1000
FASTEST_MM_PER_S = 350_000
"""Faster than any airliner over ground (1,260 km/h)."""
JITTER_MM = 1_000_000
"""A leg up to a kilometre may be a receiver finding itself again; it counts and is not judged by its speed."""
AIR = "air"
TRIPS_LIMIT = 200


class TrackEmpty(InvalidInput):
    """No track with two points."""

    code = "gpx.no_track"

    def __init__(self) -> None:
        super().__init__("the file has no track with at least two points; routes and waypoints are not travel")


class ModeUnfit(InvalidInput):
    """Not a kind of travel."""

    code = "gpx.mode_unfit"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is not travelled; give a kind of travel, such as bus or car_petrol", kind=kind)


class TimeMissing(InvalidInput):
    """Points without time, and no times given instead."""

    code = "gpx.no_time"

    def __init__(self, track: int) -> None:
        super().__init__(f"track {track} has no times; give the trip's first and last day or time", track=track)


class TimeBackwards(InvalidInput):
    """A point earlier than the one before it."""

    code = "gpx.time_backwards"

    def __init__(self, track: int, at_s: int) -> None:
        super().__init__(f"track {track} goes back in time at {iso(from_unix_s(at_s))}", track=track)


class SpeedImpossible(InvalidInput):
    """A leg that nobody travels in that time."""

    code = "gpx.speed_impossible"

    def __init__(self, track: int, at_s: int) -> None:
        super().__init__(f"track {track} moves faster than any aircraft at {iso(from_unix_s(at_s))}", track=track)


class TooManyTrips(InvalidInput):
    """More tracks than are taken at once."""

    code = "gpx.too_many_trips"

    def __init__(self) -> None:
        super().__init__(f"the file has more than {TRIPS_LIMIT} tracks", limit=TRIPS_LIMIT)


@dataclass(frozen=True)
class Gpx:
    """A file as read: its tracks with two points or more, and the SHA-256 of its bytes."""

    tracks: tuple[Track, ...]
    sha256: bytes


@dataclass(frozen=True)
class Trip:
    """One track travelled."""

    activity: Activity
    gaps: int
    """How often the receiver was off between segments; those gaps are in the distance as straight lines."""


class GpxFileReader:
    """Reads a file in pieces: `feed` its bytes, then `close`."""

    def __init__(self) -> None:
        self._tracks = GpxReader()
        self._stream = XmlStream(self._tracks, bytes_limit=BYTES_LIMIT)

    def feed(self, data: bytes) -> None:
        """Reads on. Raises what `XmlStream.feed` and the points' rules raise."""
        self._stream.feed(data)

    def close(self) -> Gpx:
        """The file, whole. Raises XmlMalformed, TrackEmpty, TooManyTrips."""
        self._stream.close()
        tracks = tuple(track for track in self._tracks.tracks if sum(map(len, track.segments)) > 1)
        if not tracks:
            raise TrackEmpty
        if len(tracks) > TRIPS_LIMIT:
            raise TooManyTrips
        return Gpx(tracks, self._stream.sha256)


def read_gpx(pieces: Iterable[bytes]) -> Gpx:
    """A file from its bytes in pieces. Raises what `GpxFileReader` raises."""
    reader = GpxFileReader()
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


def leg_mm(one: Point, other: Point) -> int:
    """Geodesic millimetres between two points, rounded up."""
    found = Geodesic.WGS84.Inverse(one.latitude, one.longitude, other.latitude, other.longitude, Geodesic.DISTANCE)
    return int((Decimal(found["s12"]) * MM_PER_M).to_integral_value(ROUND_CEILING))


def _legs(track: Track) -> Iterator[tuple[Point, Point]]:
    return pairwise(point for segment in track.segments for point in segment)


def distance_mm(track: Track, kind: Kind, number: int) -> int:
    """How far a track went, by its kind's rule. Raises TimeBackwards, SpeedImpossible."""
    total_mm = 0
    for one, other in _legs(track):
        length_mm = leg_mm(one, other)
        total_mm += length_mm
        if one.at_s is None or other.at_s is None:
            continue
        if other.at_s < one.at_s:
            raise TimeBackwards(number, other.at_s)
        if length_mm > JITTER_MM and length_mm > FASTEST_MM_PER_S * (other.at_s - one.at_s):
            raise SpeedImpossible(number, other.at_s)
    if kind.stream != AIR:
        return total_mm
    points = [point for segment in track.segments for point in segment]
    return leg_mm(points[0], points[-1])


def _span(track: Track, number: int, instead: Span | None) -> Span:
    times = [point.at_s for segment in track.segments for point in segment if point.at_s is not None]
    if len(times) > 1 and times[-1] > times[0]:
        return check_span(Span(times[0], times[-1]))
    if instead is None:
        raise TimeMissing(number)
    return instead


def trips_of(file: Gpx, *, kind: str, place: str, evidence: str, instead: Span | None = None) -> list[Trip]:
    """Every track as a self-declared trip by one kind of travel. `instead`: the time of tracks that have none.

    Raises ModeUnfit, KindUnknown, PlaceUnknown, TimeMissing, TimeBackwards, SpeedImpossible, SpanInvalid.
    """
    mode = kind_of(kind)
    if mode.category is not Category.TRAVEL:
        raise ModeUnfit(kind)
    found = []
    for number, track in enumerate(file.tracks, 1):
        metres = -(-distance_mm(track, mode, number) // MM_PER_M)
        quantity = plain(Decimal(metres).scaleb(-3))
        activity = activity_of(
            kind=kind,
            quantity=quantity,
            unit=mode.unit,
            span=_span(track, number, instead),
            place=place,
            evidence=evidence,
        )
        found.append(Trip(activity, _gaps(track.segments)))
    return found


def _gaps(segments: Sequence[Sequence[Point]]) -> int:
    return max(0, sum(1 for segment in segments if segment) - 1)
