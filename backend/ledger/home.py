"""Homes: who lives where and when. Energy of a home is shared equally among those who live in it on a day.

A person moves in by its own act, with the code that the household shares: nobody is added to a home unasked, and nobody
enters a home whose members did not give the code away. A guardian moves its ward in.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlmodel import Session, col, select

from backend.footprint.activity import YEARS
from backend.footprint.place import place_of
from backend.footprint.selection import grid_areas
from backend.footprint.span import Span, days_span
from backend.kernel.errors import Conflict, InvalidInput, NotFound
from backend.ledger.freeze import require_unfrozen
from backend.ledger.tables import OccupancyRow, PremisesRow

CODE_BYTES = 9


class GridAreaUnfit(InvalidInput):
    """The home's electricity cannot come from there."""

    code = "home.grid_area_unfit"

    def __init__(self, grid_area: str, region: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"a home in {region} draws from {' or '.join(allowed)}, not from {grid_area[:20]!r}",
            grid_area=grid_area[:20],
            region=region,
            allowed=list(allowed),
        )


class HomeUnknown(NotFound):
    """No home has that code, or the caller does not live in it."""

    code = "home.unknown"

    def __init__(self, code: str) -> None:
        super().__init__(f"no home of yours has the code {code[:40]!r}", home=code[:40])


class AlreadyAtHome(Conflict):
    """The person already lives there in that time."""

    code = "home.already_there"

    def __init__(self, code: str) -> None:
        super().__init__("this person already lives there in that time", home=code)


class MovingDateInvalid(InvalidInput):
    """Moving out before moving in, or in a year nobody here knows."""

    code = "home.moving_date_invalid"


def _known_year(day: date) -> date:
    if day.year not in YEARS:
        raise MovingDateInvalid(f"{day} is not in the years {YEARS[0]} to {YEARS[-1]}", day=day.isoformat())
    return day


@dataclass(frozen=True)
class HomeView:
    """A home as its members see it."""

    premises_id: int
    code: str
    region: str
    grid_area: str


@dataclass(frozen=True)
class Stay:
    """One person's time in a home, whole local days, both included."""

    person_id: int
    since_on: date
    until_on: date | None


def _view(row: PremisesRow) -> HomeView:
    assert row.id is not None
    return HomeView(row.id, row.code, row.region, row.grid_area)


def found_home(
    session: Session, *, person_id: int, region: str, since_on: date, at: datetime, grid_area: str | None = None
) -> HomeView:
    """Registers a home and moves its first member in. `grid_area` is the region or its regional grid; the nearest with
    its own factors is the best choice. Raises PlaceUnknown, GridAreaUnfit, MovingDateInvalid.
    """
    place = place_of(region)
    allowed = grid_areas(region)
    area = grid_area or region
    if area not in allowed or not place.is_region:
        raise GridAreaUnfit(area, region, allowed)
    row = PremisesRow(code=secrets.token_urlsafe(CODE_BYTES), region=region, grid_area=area, registered_at=at)
    session.add(row)
    session.flush()
    home = _view(row)
    session.add(OccupancyRow(premises_id=home.premises_id, person_id=person_id, since_on=_known_year(since_on)))
    session.flush()
    return home


def home_at(session: Session, code: str) -> HomeView:
    """The home of a code; raises HomeUnknown."""
    row = session.exec(select(PremisesRow).where(col(PremisesRow.code) == code)).one_or_none()
    if row is None:
        raise HomeUnknown(code)
    return _view(row)


def home_of(session: Session, person_id: int, code: str) -> HomeView:
    """The home of a code, if the person lives or lived in it; raises HomeUnknown."""
    home = home_at(session, code)
    if not any(stay.person_id == person_id for stay in stays(session, home.premises_id)):
        raise HomeUnknown(code)
    return home


def stays(session: Session, premises_id: int) -> list[Stay]:
    """Who lives in a home, in order of registration."""
    rows = session.exec(
        select(OccupancyRow).where(col(OccupancyRow.premises_id) == premises_id).order_by(col(OccupancyRow.id))
    ).all()
    return [Stay(row.person_id, row.since_on, row.until_on) for row in rows]


def homes_of(session: Session, person_id: int) -> list[HomeView]:
    """Every home a person lives or lived in, in order of registration."""
    lived = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id) == person_id)
    rows = session.exec(select(PremisesRow).where(col(PremisesRow.id).in_(lived)).order_by(col(PremisesRow.id))).all()
    return [_view(row) for row in rows]


def move_in(session: Session, code: str, *, person_id: int, since_on: date) -> HomeView:
    """A person moves into a home. Changes everybody's share from that day on, so it is refused once a statement of the
    household for that year was submitted. Raises HomeUnknown, AlreadyAtHome, MovingDateInvalid,
    VintageFrozen.
    """
    home = home_at(session, code)
    _known_year(since_on)
    there = stays(session, home.premises_id)
    for stay in there:
        if stay.person_id == person_id and (stay.until_on is None or stay.until_on >= since_on):
            raise AlreadyAtHome(code)
    require_unfrozen(session, {stay.person_id for stay in there} | {person_id}, from_year=since_on.year)
    session.add(OccupancyRow(premises_id=home.premises_id, person_id=person_id, since_on=since_on))
    session.flush()
    return home


def move_out(session: Session, code: str, *, person_id: int, until_on: date) -> HomeView:
    """A person's last day in a home. Raises HomeUnknown, MovingDateInvalid, VintageFrozen."""
    home = home_at(session, code)
    _known_year(until_on)
    row = session.exec(
        select(OccupancyRow).where(
            col(OccupancyRow.premises_id) == home.premises_id,
            col(OccupancyRow.person_id) == person_id,
            col(OccupancyRow.until_on).is_(None),
        )
    ).one_or_none()
    if row is None:
        raise HomeUnknown(code)
    if until_on < row.since_on:
        raise MovingDateInvalid(f"out on {until_on}, in on {row.since_on}", until_on=until_on.isoformat())
    people = {stay.person_id for stay in stays(session, home.premises_id)}
    require_unfrozen(session, people, from_year=until_on.year)
    row.until_on = until_on
    session.add(row)
    session.flush()
    return home


def sharing(home_stays: Iterable[Stay], person_id: int, first: date, last: date) -> list[tuple[date, date, int]]:
    """Within [first, last], a person's days in a home as runs of (first day, last day, number of occupants)."""
    known = list(home_stays)
    changes = {first, last + timedelta(days=1)}
    for stay in known:
        changes.add(stay.since_on)
        if stay.until_on is not None:
            changes.add(stay.until_on + timedelta(days=1))
    days = sorted(day for day in changes if first <= day <= last + timedelta(days=1))
    runs: list[tuple[date, date, int]] = []
    for start, following in pairwise(days):
        there = {
            stay.person_id
            for stay in known
            if stay.since_on <= start and (stay.until_on is None or stay.until_on >= start)
        }
        if person_id in there:
            runs.append((start, following - timedelta(days=1), len(there)))
    return runs


def shares_in(home: HomeView, runs: Iterable[tuple[date, date, int]]) -> tuple[tuple[Span, int], ...]:
    """The same runs as spans of the home's local time."""
    zone = place_of(home.region).zone
    return tuple((days_span(first, last, zone), people) for first, last, people in runs)
