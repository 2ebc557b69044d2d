"""What of a category was measured: every meter of every home, or every stream of travel, over the person's time.

Only evidence of grade M or D covers anything. A second meter that stops reporting uncovers its time, and so does a
stream of travel that nobody speaks of: a zero has to be stated and evidenced. No framework.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from backend.footprint.activity import Activity
from backend.footprint.kind import METERED, Category, Grade, streams_of
from backend.footprint.span import Span, intersect, seconds_of, subtract, union

Share: TypeAlias = int | Fraction
"""Among how many something is shared equally; or, by a signed split, one over the person's part."""


@dataclass(frozen=True)
class Reading:
    """An activity that a person has a part in. `meter` names its meter (by hash) for energy, its vehicle for
    odometers. `shares` says when the person shares it, among how many.
    """

    activity: Activity
    meter: str
    shares: tuple[tuple[Span, Share], ...]


@dataclass(frozen=True)
class Home:
    """A premises while the person lives there, and the meters known in it, per category."""

    spans: tuple[Span, ...]
    meters: Mapping[Category, frozenset[str]]


def _evidenced(readings: Iterable[Reading], name: str, *, by_meter: bool) -> list[Span]:
    return union(
        reading.activity.span
        for reading in readings
        if reading.activity.grade is not Grade.S
        and name == (reading.meter if by_meter else reading.activity.kind.stream)
    )


def covered_spans(
    category: Category,
    time: Sequence[Span],
    readings: Sequence[Reading],
    homes: Sequence[Home],
    vehicles: Sequence[Home] = (),
) -> list[Span]:
    """The part of a person's time in which a category is fully evidenced.

    Energy: at every moment the person has a home, and every known meter of every such home reports. Others: every
    stream of the category reports, and every vehicle the person uses, by its odometer.
    """
    own = [reading for reading in readings if reading.activity.kind.category == category]
    if category not in METERED:
        open_spans: list[Span] = []
        for stream in sorted(streams_of(category)):
            open_spans += subtract(time, _evidenced(own, stream, by_meter=False))
        for vehicle in vehicles:
            for name in sorted(vehicle.meters.get(category, frozenset())):
                open_spans += subtract(intersect(time, vehicle.spans), _evidenced(own, name, by_meter=True))
        return subtract(time, union(open_spans))
    open_spans = subtract(time, union(span for home in homes for span in home.spans))
    for home in homes:
        lived = intersect(time, home.spans)
        meters = home.meters.get(category, frozenset())
        if not meters:
            open_spans += lived
        for meter in sorted(meters):
            open_spans += subtract(lived, _evidenced(own, meter, by_meter=True))
    return subtract(time, union(open_spans))


def seconds_within(spans: Sequence[Span], month: Span) -> int:
    """How much of a month some spans cover."""
    return seconds_of(intersect(spans, [month])) if month.seconds else 0
