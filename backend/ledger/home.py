"""Homes: who lives where and when. Energy of a home is shared equally among those who live in it on a day.

A person moves in by its own act, with the code that the household shares: nobody is added to a home unasked, and nobody
enters a home whose members did not give the code away. A guardian moves its ward in.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from sqlmodel import Session, col, select

from backend.footprint.activity import YEARS
from backend.footprint.place import place_of
from backend.footprint.selection import grid_areas
from backend.footprint.span import Span, days_span
from backend.kernel.errors import Conflict, InvalidInput, NotFound
from backend.kernel.mass import BPS
from backend.ledger.coverage import Share
from backend.ledger.freeze import require_unfrozen
from backend.ledger.region import region_of
from backend.ledger.tables import OccupancyRow, PremisesRow, VehicleUserRow

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


class GridAreaMissing(InvalidInput):
    """The region has a choice of where a home's electricity comes from, and none was made."""

    code = "home.grid_area_missing"

    def __init__(self, region: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"name the grid area of a home in {region}: {allowed[-1]}, which has factors of its own, or "
            f"{' or '.join(allowed[:-1])}, for which wider ones stand in",
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


def known_year(day: date) -> date:
    """The day itself; raises MovingDateInvalid for a year nobody here knows."""
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
    told_on: date | None = field(default=None, compare=False)
    """When the moving in was recorded, by UTC; None before this was kept."""
    end_told_on: date | None = field(default=None, compare=False)

    @classmethod
    def of(cls, row: OccupancyRow | VehicleUserRow, as_of: datetime | None) -> "Stay":
        """A row, or what was known of it at a time."""
        is_ended = not (as_of and row.ended_at and row.ended_at > as_of)
        return cls(
            person_id=row.person_id,
            since_on=row.since_on,
            until_on=row.until_on if is_ended else None,
            told_on=row.entered_at.date() if row.entered_at else None,
            end_told_on=row.ended_at.date() if row.ended_at and is_ended else None,
        )


@dataclass(frozen=True)
class Split:
    """Parts in basis points by person, from a day on, that all of them signed."""

    since_on: date
    parts_bps: Mapping[int, int]


def _view(row: PremisesRow) -> HomeView:
    assert row.id is not None
    return HomeView(row.id, row.code, row.region, row.grid_area)


def fresh_code() -> str:
    """A code that nobody guesses. It begins with no dash, so that no command takes it for an option."""
    while (code := secrets.token_urlsafe(CODE_BYTES)).startswith("-"):
        pass
    return code


def found_home(
    session: Session, *, person_id: int, region: str, since_on: date, at: datetime, grid_area: str | None = None
) -> HomeView:
    """Registers a home and moves its first member in. `grid_area` is the region or its regional grid; the nearest with
    its own factors is the best choice. It is for good, so it is not guessed where there is a choice. Raises
    PlaceUnknown, RegionUnfit, GridAreaMissing, GridAreaUnfit, MovingDateInvalid.
    """
    allowed = grid_areas(region_of(region).code)
    if grid_area is None and len(allowed) > 1:
        raise GridAreaMissing(region, allowed)
    area = grid_area or region
    if area not in allowed:
        raise GridAreaUnfit(area, region, allowed)
    row = PremisesRow(code=fresh_code(), region=region, grid_area=area, registered_at=at)
    session.add(row)
    session.flush()
    home = _view(row)
    session.add(
        OccupancyRow(premises_id=home.premises_id, person_id=person_id, since_on=known_year(since_on), entered_at=at)
    )
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


def stays(session: Session, premises_id: int, *, as_of: datetime | None = None) -> list[Stay]:
    """Who lives in a home, in order of registration; or who was known to at a time."""
    rows = session.exec(
        select(OccupancyRow).where(col(OccupancyRow.premises_id) == premises_id).order_by(col(OccupancyRow.id))
    ).all()
    return [Stay.of(row, as_of) for row in rows if not (as_of and row.entered_at and row.entered_at > as_of)]


def homes_of(session: Session, person_id: int) -> list[HomeView]:
    """Every home a person lives or lived in, in order of registration."""
    lived = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id) == person_id)
    rows = session.exec(select(PremisesRow).where(col(PremisesRow.id).in_(lived)).order_by(col(PremisesRow.id))).all()
    return [_view(row) for row in rows]


def move_in(session: Session, code: str, *, person_id: int, since_on: date, at: datetime | None = None) -> HomeView:
    """A person moves into a home. Changes everybody's share from that day on, so it is refused once a statement of the
    household for that year was submitted. `at` is when it is recorded.

    Raises HomeUnknown, AlreadyAtHome, MovingDateInvalid, VintageFrozen.
    """
    home = home_at(session, code)
    known_year(since_on)
    there = stays(session, home.premises_id)
    for stay in there:
        if stay.person_id == person_id and (stay.until_on is None or stay.until_on >= since_on):
            raise AlreadyAtHome(code)
    require_unfrozen(session, {stay.person_id for stay in there} | {person_id}, from_year=since_on.year)
    session.add(OccupancyRow(premises_id=home.premises_id, person_id=person_id, since_on=since_on, entered_at=at))
    session.flush()
    return home


def move_out(session: Session, code: str, *, person_id: int, until_on: date, at: datetime | None = None) -> HomeView:
    """A person's last day in a home. Raises HomeUnknown, MovingDateInvalid, VintageFrozen."""
    home = home_at(session, code)
    known_year(until_on)
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
    row.until_on, row.ended_at = until_on, at
    session.add(row)
    session.flush()
    return home


def sharing(
    home_stays: Iterable[Stay], person_id: int, first: date, last: date, splits: Sequence[Split] = ()
) -> list[tuple[date, date, Share]]:
    """Within [first, last], a person's days in a home (or with a vehicle) as runs of (first day, last day, number of
    occupants). A split that all of exactly those occupants signed stands instead of equal shares.
    """
    known = list(home_stays)
    agreed = sorted(splits, key=lambda split: split.since_on)
    changes = {first, last + timedelta(days=1), *(split.since_on for split in agreed)}
    for stay in known:
        changes.add(stay.since_on)
        if stay.until_on is not None:
            changes.add(stay.until_on + timedelta(days=1))
    days = sorted(day for day in changes if first <= day <= last + timedelta(days=1))
    runs: list[tuple[date, date, Share]] = []
    for start, following in pairwise(days):
        there = {
            stay.person_id
            for stay in known
            if stay.since_on <= start and (stay.until_on is None or stay.until_on >= start)
        }
        if person_id in there:
            runs.append((start, following - timedelta(days=1), _share(person_id, there, start, agreed)))
    return runs


def _share(person_id: int, there: set[int], day: date, agreed: Sequence[Split]) -> Share:
    """Among how many on a day: the latest split counts, if it is of exactly those who are there."""
    latest = [split for split in agreed if split.since_on <= day][-1:]
    for split in latest:
        if set(split.parts_bps) == there:
            return Fraction(BPS, split.parts_bps[person_id])
    return len(there)


def shares_in(region: str, runs: Iterable[tuple[date, date, Share]]) -> tuple[tuple[Span, Share], ...]:
    """The same runs as spans of a region's local time."""
    zone = place_of(region).zone
    return tuple((days_span(first, last, zone), people) for first, last, people in runs)
