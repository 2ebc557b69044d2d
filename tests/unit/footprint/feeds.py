"""Small Green Button feeds of our own making, for what the published sample files lack."""

from collections.abc import Iterable, Mapping

from backend.footprint.green_button import GreenButton, read_green_button

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
ELECTRICITY = {"commodity": "1", "flowDirection": "1", "accumulationBehaviour": "4", "uom": "72"}
THERMS = {"uom": "169", "powerOfTenMultiplier": "-3"}
Reading = tuple[object, object, object]
"""Start and duration in seconds, and the value, as they stand in the file."""


def reading(start: object, duration: object, value: object, quality: str = "") -> str:
    said = f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>" if quality else ""
    period = f"<timePeriod><duration>{duration}</duration><start>{start}</start></timePeriod>"
    return f"<IntervalReading>{said}{period}<value>{value}</value></IntervalReading>"


def block(readings: Iterable[Reading]) -> str:
    return f'<IntervalBlock xmlns="{ESPI}">{"".join(reading(*one) for one in readings)}</IntervalBlock>'


def entry(href: str, content: str, *related: str, up: str = "") -> str:
    links = f'<link rel="self" href="{href}"/>' + (f'<link rel="up" href="{up}"/>' if up else "")
    links += "".join(f'<link rel="related" href="{one}"/>' for one in related)
    return f"<entry><id>urn:uuid:{href}</id>{links}<content>{content}</content></entry>"


def codes(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def meter_reading(point: str, number: int, types: Mapping[str, str], *blocks: str) -> str:
    """A meter reading with a reading type and one entry for all its interval blocks."""
    base = f"{point}/MeterReading/{number}"
    return (
        entry(
            base, f'<MeterReading xmlns="{ESPI}"/>', f"{base}/IntervalBlock", f"{base}/Type", up=f"{point}/MeterReading"
        )
        + entry(f"{base}/Type", f'<ReadingType xmlns="{ESPI}">{codes(types)}</ReadingType>')
        + entry(f"{base}/IntervalBlock/1", "".join(blocks), up=f"{base}/IntervalBlock")
    )


def usage_point(point: str, service: str = "0") -> str:
    content = f'<UsagePoint xmlns="{ESPI}"><ServiceCategory><kind>{service}</kind></ServiceCategory></UsagePoint>'
    return entry(point, content, f"{point}/MeterReading")


def feed(*entries: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="{ATOM}"><id>f</id>{"".join(entries)}</feed>'


def electricity(readings: Iterable[Reading], point: str = "U/1", **types: str) -> str:
    """A feed of one electricity meter."""
    return feed(usage_point(point), meter_reading(point, 1, ELECTRICITY | types, block(readings)))


def hours(start_s: int, values: Iterable[int]) -> list[Reading]:
    return [(start_s + 3600 * at, 3600, value) for at, value in enumerate(values)]


def read(text: str) -> GreenButton:
    return read_green_button([text.encode()])
