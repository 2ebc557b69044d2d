"""GPX tracks as their points, streamed and bounded. Routes and waypoints are plans and places, not travel: not read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.footprint.xml_stream import XmlNamespaceWrong, XmlTooComplex, split_name
from backend.kernel.clock import TimeMalformed, parse_iso, unix_s
from backend.kernel.errors import InvalidInput

NAMESPACES = ("http://www.topografix.com/GPX/1/1", "http://www.topografix.com/GPX/1/0")
BYTES_LIMIT = 16 * 1024 * 1024
POINTS_LIMIT = 50_000
"""Fourteen hours at one point a second."""
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,20})?")


class PointInvalid(InvalidInput):
    """A track point without a place on Earth, or with a time that is none."""

    code = "gpx.point_invalid"

    def __init__(self, field_name: str, text: str, line: int) -> None:
        super().__init__(
            f"line {line}: the point's {field_name} is {text[:40]!r}", field=field_name, value=text[:40], line=line
        )


@dataclass
class Point:
    """Degrees on WGS 84, and the time in Unix seconds if there is one. Elevation is not read."""

    latitude: float
    longitude: float
    at_s: int | None = None


@dataclass
class Track:
    """Segments of points: between two segments the receiver had no signal or was off."""

    segments: list[list[Point]] = field(default_factory=list)


class GpxReader:
    """Hears a file's elements (`xml_stream.Handler`); afterwards `tracks` are those with points."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._path: list[str] = []
        self._point: Point | None = None
        self._count = 0

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """Raises XmlNamespaceWrong, XmlTooComplex, PointInvalid."""
        namespace, name = split_name(tag)
        if not self._path and (name != "gpx" or namespace not in NAMESPACES):
            raise XmlNamespaceWrong(tag, f"gpx in {NAMESPACES[0]}", line)
        self._path.append(name if namespace in NAMESPACES else "")
        if self._path == ["gpx", "trk"]:
            self.tracks.append(Track())
        elif self._path == ["gpx", "trk", "trkseg"]:
            self.tracks[-1].segments.append([])
        elif self._path == ["gpx", "trk", "trkseg", "trkpt"]:
            self._count += 1
            if self._count > POINTS_LIMIT:
                raise XmlTooComplex("track points", POINTS_LIMIT, line)
            latitude, longitude = (_degrees(attributes, name, most, line) for name, most in (("lat", 90), ("lon", 180)))
            self._point = Point(latitude, longitude)

    def end(self, tag: str, text: str, line: int) -> None:
        """Raises PointInvalid."""
        name = split_name(tag)[1]
        if self._point is not None:
            if name == "time" and self._path[-2:] == ["trkpt", "time"]:
                self._point.at_s = _time(text, line)
            elif self._path == ["gpx", "trk", "trkseg", "trkpt"]:
                self.tracks[-1].segments[-1].append(self._point)
                self._point = None
        self._path.pop()


def _degrees(attributes: Mapping[str, str], name: str, most: int, line: int) -> float:
    text = attributes.get(name, "")
    if not _DEGREES.fullmatch(text) or abs(float(text)) > most:
        raise PointInvalid(name, text, line)
    return float(text)


def _time(text: str, line: int) -> int:
    try:
        return unix_s(parse_iso(text))
    except TimeMalformed as failure:
        raise PointInvalid("time", text, line) from failure
