"""Recording activities, each refused if it could count twice or could not be counted at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Session, col, select

from backend.footprint.activity import Activity
from backend.footprint.csv_intake import BadRow, CsvRefused, parse_activities
from backend.footprint.kind import METERED, Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.quantity import plain
from backend.footprint.selection import Choice, choose
from backend.footprint.span import local_days, span_between
from backend.kernel.clock import from_unix_s, iso, unix_s
from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolated, TanyuError
from backend.ledger.books import Books
from backend.ledger.charging import require_billed
from backend.ledger.freeze import require_unfrozen
from backend.ledger.home import HomeView, home_of, homes_of, stays
from backend.ledger.meter import claim_meter
from backend.ledger.service import household_of
from backend.ledger.tables import ActivityRow
from backend.ledger.vehicle import is_driven, users, vehicles_of


class Source(StrEnum):
    """How an activity came in."""

    MANUAL = "manual"
    CSV = "csv"
    GREEN_BUTTON = "green_button"
    GPX = "gpx"
    ODOMETER = "odometer"


class ActivityInFuture(InvalidInput):
    """It ends later than now: only what happened can be recorded."""

    code = "activity.in_future"

    def __init__(self, end_s: int, now: datetime) -> None:
        end, until = iso(from_unix_s(end_s)), iso(from_unix_s(unix_s(now)))
        super().__init__(
            f"it ends at {end}, after now: give from and to as times, the end no later than {until}, or enter a whole "
            "day when it is over",
            end=end,
            now=until,
        )


class HomeMissing(InvalidInput):
    """Energy and water belong to a home; name it."""

    code = "activity.home_missing"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} belongs to a home; give the home's code", kind=kind)


class PlaceMismatch(InvalidInput):
    """The activity's place is not the home's."""

    code = "activity.place_mismatch"

    def __init__(self, place: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"the home draws from {allowed[0]}; the activity says {place}", place=place, allowed=list(allowed)
        )


class TripOverlap(Conflict):
    """A recorded track of the same person at the same time: nobody travels twice at once."""

    code = "trip.overlap"

    def __init__(self) -> None:
        super().__init__("a track of yours for some of this time is already recorded")


class ActivityUnknown(NotFound):
    """No such activity."""

    code = "activity.unknown"

    def __init__(self, activity_id: int) -> None:
        super().__init__(f"no activity {activity_id}", activity_id=activity_id)


class EvidenceOwn(Forbidden):
    """A verifier may not inspect the evidence of its own household."""

    code = "activity.evidence_own"

    def __init__(self, verifier: str) -> None:
        super().__init__("a verifier does not inspect its own or its household's evidence", verifier=verifier)


class VehicleMissing(RuleViolated):
    """A vehicle's kilometres count as evidenced only by its odometer, or where there were none."""

    code = "activity.vehicle_missing"

    def __init__(self, activity_id: int) -> None:
        super().__init__(
            f"activity {activity_id} names kilometres of no registered vehicle; they count, and never as evidence",
            activity_id=activity_id,
        )


class EvidenceMissing(RuleViolated):
    """There is no document to inspect."""

    code = "activity.evidence_missing"

    def __init__(self, activity_id: int) -> None:
        super().__init__(f"activity {activity_id} names no document", activity_id=activity_id)


def record(
    session: Session,
    books: Books,
    *,
    person_id: int,
    activity: Activity,
    home: str | None,
    at: datetime,
    source: Source = Source.MANUAL,
    point_key: str | None = None,
) -> int:
    """Keeps one activity; returns its id. `home` is the code of the home that energy belongs to, `point_key` the usage
    point of the feed it was read from.

    Raises ActivityInFuture, FactorUnknown, HomeMissing, HomeUnknown, PlaceMismatch, MeterElsewhere, PointElsewhere,
    MeterOutOfService, MeterOverlap, TripOverlap, VintageFrozen.
    """
    if activity.span.end_s > unix_s(at):
        raise ActivityInFuture(activity.span.end_s, at)
    first, last = local_days(activity.span, place_of(activity.place).zone)
    require_factors(books, activity.kind.name, activity.place, first.year, last.year)
    place, premises, hashed, point = activity.place, None, None, None
    people = {person_id}
    if activity.kind.category in METERED:
        if home is None:
            raise HomeMissing(activity.kind.name)
        found = home_of(session, person_id, home)
        place, premises = _place_at(found, activity), found.premises_id
        people |= {stay.person_id for stay in stays(session, found.premises_id)}
        hashed, point = claim_meter(session, books, found, activity, point_key)
    elif source is Source.GPX:
        _require_no_track(session, person_id, activity)
    require_unfrozen(session, people, from_year=first.year, to_year=last.year)
    row = ActivityRow(
        person_id=person_id,
        premises_id=premises,
        meter_hash=hashed,
        point_hash=point,
        source=source,
        category=activity.kind.category,
        kind=activity.kind.name,
        quantity=plain(activity.quantity),
        unit=activity.kind.unit,
        given=activity.given,
        start_at=from_unix_s(activity.span.start_s),
        end_at=from_unix_s(activity.span.end_s),
        place=place,
        grade=activity.grade,
        evidence=activity.evidence,
        entered_at=at,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def require_factors(books: Books, kind: str, place: str, first_year: int, last_year: int) -> Choice:
    """The last year's factor; raises FactorUnknown if a vintage that the activity is in has none."""
    for year in range(first_year, last_year):
        if books.policies.find_vintage(year):
            choose(books.factors_for(year), kind, place, year)
    return choose(books.factors_for(last_year), kind, place, last_year)


def _place_at(home: HomeView, activity: Activity) -> str:
    allowed = list(dict.fromkeys((home.grid_area, home.region)))
    if activity.place not in allowed:
        raise PlaceMismatch(activity.place, allowed)
    return home.grid_area


def _require_no_track(session: Session, person_id: int, activity: Activity) -> None:
    """A track has its true times, so the same journey recorded twice overlaps. What is stated by day may share it."""
    overlap = session.exec(
        select(ActivityRow)
        .where(
            col(ActivityRow.person_id) == person_id,
            col(ActivityRow.source) == Source.GPX,
            col(ActivityRow.withdrawn_at).is_(None),
            col(ActivityRow.start_at) < from_unix_s(activity.span.end_s),
            col(ActivityRow.end_at) > from_unix_s(activity.span.start_s),
        )
        .limit(1)
    ).first()
    if overlap is not None:
        raise TripOverlap


@dataclass(frozen=True)
class Item:
    """One activity of a file. `home`: code of the home that it belongs to; `line` is of a CSV; `point_key` the usage
    point of a feed.
    """

    activity: Activity
    home: str | None
    line: int | None = None
    point_key: str | None = None


def csv_items(text: str, home: str | None) -> list[Item]:
    """A CSV's rows. Raises what `parse_activities` raises."""
    return [
        Item(activity, home if activity.kind.category in METERED else None, line)
        for line, activity in parse_activities(text)
    ]


def record_each(
    session: Session, books: Books, items: Iterable[Item], *, person_id: int, at: datetime, source: Source
) -> list[int]:
    """Keeps every item; after an exception the caller rolls back what was kept before it.

    Raises CsvRefused naming each bad row by line and column; for items without a line, what `record` raises.
    """
    kept: list[int] = []
    bad: list[BadRow] = []
    for item in items:
        try:
            kept.append(
                record(
                    session,
                    books,
                    person_id=person_id,
                    activity=item.activity,
                    home=item.home,
                    at=at,
                    source=source,
                    point_key=item.point_key,
                )
            )
        except TanyuError as failure:
            if item.line is None:
                raise
            bad.append(BadRow(item.line, failure))
    if bad:
        raise CsvRefused(bad)
    return kept


def import_csv(
    session: Session, books: Books, *, person_id: int, text: str, home: str | None, at: datetime
) -> list[int]:
    """Keeps every row of a CSV, or none: call it in a transaction of its own, which the exception rolls back. Who has
    somebody to ask first calls `intake.take_in`.

    Raises CsvRefused naming each bad row by line and column, and what `parse_activities` raises.
    """
    return record_each(session, books, csv_items(text, home), person_id=person_id, at=at, source=Source.CSV)


def inspect(session: Session, *, verifier: str, activity_ids: Iterable[int], at: datetime) -> int:
    """Raises self-declared activities to grade D: an accredited verifier has seen the document behind each. Returns how
    many changed. Whether the address is accredited is the caller's to check; that it is not of the household is checked
    here. Raises ActivityUnknown, EvidenceOwn, EvidenceMissing, VehicleMissing, ChargeNotInBill, VintageFrozen.
    """
    changed = 0
    for activity_id in activity_ids:
        row = session.get(ActivityRow, activity_id)
        if row is None or row.withdrawn_at is not None:
            raise ActivityUnknown(activity_id)
        if verifier in household_of(session, row.person_id):
            raise EvidenceOwn(verifier)
        if not row.evidence:
            raise EvidenceMissing(activity_id)
        if is_driven(kind_of(row.kind)) and row.vehicle_id is None and Decimal(row.quantity):
            raise VehicleMissing(activity_id)
        require_billed(session, activity_id)
        people = {row.person_id}
        if row.vehicle_id is not None:
            people |= {use.person_id for use in users(session, row.vehicle_id)}
        if row.premises_id is not None:
            people |= {stay.person_id for stay in stays(session, row.premises_id)}
        first, last = local_days(span_between(row.start_at, row.end_at), place_of(row.place).zone)
        require_unfrozen(session, people, from_year=first.year, to_year=last.year)
        if row.grade == Grade.S:
            row.grade, row.inspected_by, row.inspected_at = Grade.D, verifier, at
            session.add(row)
            changed += 1
    session.flush()
    return changed


def activities_of(session: Session, person_id: int, *, after: int = 0, limit: int = 10_000) -> list[ActivityRow]:
    """What a person entered or was entered for homes and vehicles it shares, in order of entry, after a row's id."""
    homes = [home.premises_id for home in homes_of(session, person_id)]
    driven = [vehicle.vehicle_id for vehicle in vehicles_of(session, person_id)]
    return list(
        session.exec(
            select(ActivityRow)
            .where(
                (col(ActivityRow.person_id) == person_id)
                | col(ActivityRow.premises_id).in_(homes)
                | col(ActivityRow.vehicle_id).in_(driven),
                col(ActivityRow.id) > after,
                col(ActivityRow.withdrawn_at).is_(None),
            )
            .order_by(col(ActivityRow.id))
            .limit(limit)
        ).all()
    )
