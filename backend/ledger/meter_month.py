"""How much of each local month a file's meter readings cover; pure. A month is measured where its policy says so, at
95 % under those that ship.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.footprint.activity import Activity
from backend.footprint.place import place_of
from backend.footprint.span import Span, local_date, month_span, union
from backend.ledger.coverage import seconds_within


@dataclass(frozen=True)
class MeterMonth:
    """One meter in one of its place's local months. `covered_s` of `whole_s` seconds have a reading."""

    meter: str
    kind: str
    month: str
    covered_s: int
    whole_s: int


def meter_months(activities: Iterable[Activity]) -> list[MeterMonth]:
    """Every month that the metered of these activities touch, by meter and in order of time."""
    spans: dict[tuple[str, str, str], list[Span]] = {}
    for activity in activities:
        if activity.meter is not None:
            spans.setdefault((activity.meter, activity.kind.name, activity.place), []).append(activity.span)
    found: list[MeterMonth] = []
    for (meter, kind, place), own in sorted(spans.items()):
        zone, covered = place_of(place).zone, union(own)
        at, end = covered[0].start_s, covered[-1].end_s
        while at < end:
            day = local_date(at, zone)
            month = month_span(day.year, day.month, zone)
            within = seconds_within(covered, month)
            if within:
                found.append(MeterMonth(meter, kind, f"{day.year}-{day.month:02d}", within, month.seconds))
            at = month.end_s
    return found
