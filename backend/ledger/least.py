"""What a policy's guards make of who shares what (ADR 0016): moves told late, and who lightens whose part.

No framework. A share is given as among how many: a larger number is a smaller part.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeAlias

from backend.ledger.coverage import Share
from backend.ledger.home import Stay

Run: TypeAlias = tuple[date, date, Share]
"""First day, last day, among how many."""
Roofs: TypeAlias = Mapping[int, Sequence[Stay]]
"""Every home (by its id) that matters, and who lived in it when."""


def as_told(stays: Iterable[Stay], within_days: int | None, *, bearing: int | None = None) -> list[Stay]:
    """The stays as far as they were told in time. A moving in counts from `within_days` before it was told; a moving
    out ends the part of `bearing`, a person, no earlier than that, though it lightens nobody else's after its day.
    """
    if within_days is None:
        return list(stays)
    found: list[Stay] = []
    for stay in stays:
        since_on = stay.since_on
        if stay.told_on is not None:
            since_on = max(since_on, stay.told_on - timedelta(days=within_days))
        until_on = _told_end(stay, within_days) if stay.person_id == bearing else stay.until_on
        if until_on is None or since_on <= until_on:
            found.append(replace(stay, since_on=since_on, until_on=until_on))
    return found


def ends_as_told(stays: Iterable[Stay], within_days: int | None) -> list[Stay]:
    """The stays with everybody taken to have moved out no earlier than `within_days` before it was told: an empty home
    earns its household term only from then on. A moving in counts from its own day, however late it was told.
    """
    if within_days is None:
        return list(stays)
    return [replace(stay, until_on=_told_end(stay, within_days)) for stay in stays]


def _told_end(stay: Stay, within_days: int) -> date | None:
    if stay.until_on is None or stay.end_told_on is None:
        return stay.until_on
    return max(stay.until_on, stay.end_told_on - timedelta(days=within_days))


def _is_there(stay: Stay, day: date) -> bool:
    return stay.since_on <= day and (stay.until_on is None or stay.until_on >= day)


def _homes_on(roofs: Roofs, person_id: int, day: date) -> frozenset[int]:
    return frozenset(
        home
        for home, stays in roofs.items()
        if any(one.person_id == person_id and _is_there(one, day) for one in stays)
    )


def _days_of_change(stays: Iterable[Stay]) -> set[date]:
    found: set[date] = set()
    for stay in stays:
        found.add(stay.since_on)
        if stay.until_on is not None:
            found.add(stay.until_on + timedelta(days=1))
    return found


def least_runs(
    runs: Iterable[Run],
    sharers: Collection[Stay],
    person_id: int,
    roofs: Roofs,
    *,
    drivers_from: Mapping[int, date] | None = None,
) -> list[Run]:
    """The same days with the smallest number of people that a bound may count: those who on that day live nowhere else
    than the person does, and no part smaller than an equal one among them. For a vehicle `drivers_from` says from when
    on each of its users is of age: who is not, or has no home with the person, takes none of its way from anybody.
    """
    changes = _days_of_change([*sharers, *(stay for stays in roofs.values() for stay in stays)])
    changes |= set((drivers_from or {}).values())
    found: list[Run] = []
    for first, last, among in runs:
        starts = sorted({first, *(day for day in changes if first < day <= last)})
        ends = [day - timedelta(days=1) for day in starts[1:]] + [last]
        for start, end in zip(starts, ends, strict=True):
            own = _homes_on(roofs, person_id, start)
            others = {one.person_id for one in sharers if _is_there(one, start)} - {person_id}
            counted = [other for other in others if _lightens(other, start, own, roofs, drivers_from)]
            found.append((start, end, min(among, 1 + len(counted))))
    return found


def _lightens(
    other: int, day: date, own: frozenset[int], roofs: Roofs, drivers_from: Mapping[int, date] | None
) -> bool:
    homes = _homes_on(roofs, other, day)
    if drivers_from is not None and (not homes or drivers_from.get(other, day) > day):
        return False
    return homes <= own
