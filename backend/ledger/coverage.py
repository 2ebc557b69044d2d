"""What of a category was measured: every meter of every home, or every stream of travel, over the person's time.

Only evidence of grade M or D covers anything. A second meter that stops reporting uncovers its time, and so does a
stream of travel that nobody speaks of: a zero has to be stated and evidenced. A policy may ask for each kind of a
stream (`Guards.every_kind`). No framework.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from backend.footprint.activity import Activity
from backend.footprint.kind import METERED, Category, Grade, told_of
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
    least: tuple[tuple[Span, Share], ...] | None = None
    """What the upper bound takes at least (`Guards.least_shares`), whenever within the reading it was used; None: no
    more than `shares`.
    """
    shared: tuple[Span, ...] | None = None
    """When anybody shares it: its quantity falls on that time. None: on the whole of it."""


@dataclass(frozen=True)
class Home:
    """A premises while the person lives there, and the meters known in it, per category."""

    spans: tuple[Span, ...]
    meters: Mapping[Category, frozenset[str]]


def _evidenced(readings: Iterable[Reading]) -> list[Span]:
    return union(reading.activity.span for reading in readings if reading.activity.grade is not Grade.S)


def _told(readings: Sequence[Reading], what: str, *, every_kind: bool) -> list[Span]:
    """When a stream (or one of the kinds that add up to it) is evidenced by what the person has a part in: a car that
    others drive tells nothing of the person's own way.
    """
    found: list[Span] = []
    for reading in readings:
        kind = reading.activity.kind
        if what == (kind.told_as if every_kind else kind.stream):
            found += intersect(_evidenced([reading]), union(span for span, _ in reading.shares))
    return union(found)


def covered_spans(
    category: Category,
    time: Sequence[Span],
    readings: Sequence[Reading],
    homes: Sequence[Home],
    vehicles: Sequence[Home] = (),
    *,
    every_kind: bool = False,
) -> list[Span]:
    """The part of a person's time in which a category is fully evidenced.

    Energy: at every moment the person has a home, and every known meter of every such home reports; with `every_kind`
    every stream of the category too. Others: every stream of the category (with `every_kind`, every kind of those that
    add up) reports, and every vehicle the person uses, by its odometer.
    """
    own = [reading for reading in readings if reading.activity.kind.category == category]
    if category in METERED:
        return subtract(time, _open_at_home(category, time, own, homes, every_kind=every_kind))
    open_spans: list[Span] = []
    for what in sorted(told_of(category, every_kind=every_kind)):
        open_spans += subtract(time, _told(own, what, every_kind=every_kind))
    for vehicle in vehicles:
        for name in sorted(vehicle.meters.get(category, frozenset())):
            used = intersect(time, vehicle.spans)
            open_spans += subtract(used, _evidenced(reading for reading in own if reading.meter == name))
    return subtract(time, union(open_spans))


def _open_at_home(
    category: Category, time: Sequence[Span], own: Sequence[Reading], homes: Sequence[Home], *, every_kind: bool
) -> list[Span]:
    open_spans = subtract(time, union(span for home in homes for span in home.spans))
    for home in homes:
        lived = intersect(time, union(home.spans))
        meters = home.meters.get(category, frozenset())
        if not meters:
            open_spans += lived
        for meter in sorted(meters):
            open_spans += subtract(lived, _evidenced(reading for reading in own if reading.meter == meter))
        there = [reading for reading in own if reading.meter in meters]
        for stream in sorted(told_of(category)) if every_kind else ():
            open_spans += subtract(lived, _evidenced(one for one in there if one.activity.kind.stream == stream))
    return union(open_spans)


def seconds_within(spans: Sequence[Span], month: Span) -> int:
    """How much of a month some spans cover."""
    return seconds_of(intersect(spans, [month])) if month.seconds else 0
