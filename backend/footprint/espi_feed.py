"""A Green Button feed (Atom with NAESB ESPI) as its entries: links, codes and readings, nothing yet interpreted.

One resource an entry, or several interval blocks in one (a containerised feed), in any order. Readings are kept as
three columns of integers, so that a year of quarter hours takes under a megabyte.
"""

import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from backend.footprint.espi_code import FORECAST
from backend.footprint.xml_stream import XmlNamespaceWrong, XmlTooComplex, split_name
from backend.kernel.errors import InvalidInput

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
RESOURCES = frozenset({"UsagePoint", "MeterReading", "ReadingType", "IntervalBlock"})
BYTES_LIMIT = 32 * 1024 * 1024
READINGS_LIMIT = 250_000
"""Two years of five-minute readings."""
ENTRIES_LIMIT = 20_000
LINKS_LIMIT = 2_000
TEXT_LIMIT = 500

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}(\.0*)?")
_SECONDS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,12})?")


class ReadingMalformed(InvalidInput):
    """A reading whose start, duration or value is absent or no number."""

    code = "green_button.reading_malformed"

    def __init__(self, field_name: str, text: str, line: int) -> None:
        super().__init__(
            f"line {line}: the reading's {field_name} is {text[:40]!r}, expected a whole number",
            field=field_name,
            value=text[:40],
            line=line,
        )


@dataclass
class Readings:
    """Columns of equal length: Unix seconds of start and end (whole, fractions cut off), and the value as written."""

    starts_s: "array[int]" = field(default_factory=lambda: array("q"))
    ends_s: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[int]" = field(default_factory=lambda: array("q"))
    forecasts: int = 0
    """Readings left out because their quality says that nothing was measured."""


@dataclass
class Entry:
    """One Atom entry. `codes` are the resource's own codes by element name."""

    id: str = ""
    href: str = ""
    up: str = ""
    related: list[str] = field(default_factory=list)
    resource: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    readings: Readings = field(default_factory=Readings)


def _shown(text: str) -> str:
    """A text that may stand in an answer or on a terminal."""
    return "".join(letter for letter in text[:TEXT_LIMIT] if letter.isprintable())


class FeedReader:
    """Hears a feed's elements (`xml_stream.Handler`); afterwards `entries` are those with a resource that is read."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._path: list[str] = []
        self._entry: Entry | None = None
        self._reading: dict[str, str] = {}
        self._count = 0

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """Raises XmlNamespaceWrong, XmlTooComplex."""
        namespace, name = split_name(tag)
        if not self._path and tag not in {f"{{{ATOM}}}feed", f"{{{ATOM}}}entry"}:
            raise XmlNamespaceWrong(tag, f"a feed or entry in {ATOM}", line)
        if name in RESOURCES and namespace != ESPI:
            raise XmlNamespaceWrong(tag, f"{name} in {ESPI}", line)
        self._path.append(name)
        if namespace == ATOM and name == "entry":
            self._entry = Entry()
        elif self._entry is None:
            return
        elif namespace == ATOM and name == "link":
            self._link(self._entry, attributes, line)
        elif name in RESOURCES:
            self._entry.resource = name
        elif name == "IntervalReading":
            self._reading = {}

    def _link(self, entry: Entry, attributes: Mapping[str, str], line: int) -> None:
        href, rel = _shown(attributes.get("href", "")), attributes.get("rel", "")
        if rel == "self":
            entry.href = href
        elif rel == "up":
            entry.up = href
        elif rel == "related":
            entry.related.append(href)
            if len(entry.related) > LINKS_LIMIT:
                raise XmlTooComplex("links in one entry", LINKS_LIMIT, line)

    def end(self, tag: str, text: str, line: int) -> None:
        """Raises ReadingMalformed, XmlTooComplex."""
        namespace, name = split_name(tag)
        self._path.pop()
        entry = self._entry
        if entry is None:
            return
        if namespace == ATOM:
            if name == "id" and self._path[-1:] == ["entry"]:
                entry.id = _shown(text)
            elif name == "entry":
                self._keep(entry, line)
        elif namespace == ESPI:
            self._espi(entry, name, text, line)

    def _keep(self, entry: Entry, line: int) -> None:
        if entry.resource:
            self.entries.append(entry)
        if len(self.entries) > ENTRIES_LIMIT:
            raise XmlTooComplex("entries", ENTRIES_LIMIT, line)
        self._entry = None

    def _espi(self, entry: Entry, name: str, text: str, line: int) -> None:
        parents = self._path
        if parents[-1:] == ["ReadingType"] or parents[-2:] == ["UsagePoint", "ServiceCategory"]:
            entry.codes[name] = _shown(text)
        elif parents[-2:] == ["IntervalReading", "timePeriod"] or parents[-1:] == ["IntervalReading"]:
            self._reading[name] = text
        elif parents[-2:] == ["IntervalReading", "ReadingQuality"] and name == "quality" and text in FORECAST:
            self._reading["forecast"] = text
        if name == "IntervalReading":
            self._read(entry.readings, line)

    def _read(self, readings: Readings, line: int) -> None:
        self._count += 1
        if self._count > READINGS_LIMIT:
            raise XmlTooComplex("readings", READINGS_LIMIT, line)
        start, duration = (self._seconds(name, line) for name in ("start", "duration"))
        value = self._reading.get("value", "")
        if not _WHOLE.fullmatch(value):
            raise ReadingMalformed("value", value, line)
        start_s, end_s = (int(at.to_integral_value(ROUND_FLOOR)) for at in (start, start + duration))
        if end_s <= start_s:
            raise ReadingMalformed("duration", self._reading["duration"], line)
        if "forecast" in self._reading:
            readings.forecasts += 1
            return
        readings.starts_s.append(start_s)
        readings.ends_s.append(end_s)
        readings.values.append(int(value.partition(".")[0]))

    def _seconds(self, name: str, line: int) -> Decimal:
        text = self._reading.get(name, "")
        if not _SECONDS.fullmatch(text):
            raise ReadingMalformed(name, text, line)
        return Decimal(text)
