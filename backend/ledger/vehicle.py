"""Vehicles: who uses which and when. A vehicle's kilometres come from its odometer and are shared among its users.

A person joins a vehicle's users by its own act, with the code that they share; nobody is added unasked. Joining and
leaving count from the latest reading on: what was driven before stays as it was shared.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from backend.footprint.kind import Kind, kind_of
from backend.kernel.errors import Conflict, InvalidInput, NotFound, RuleViolated
from backend.ledger.books import Books
from backend.ledger.freeze import require_unfrozen
from backend.ledger.home import Stay, fresh_code, known_year
from backend.ledger.plate import plate_hash
from backend.ledger.region import region_of
from backend.ledger.tables import OdometerRow, VehicleRow, VehicleUserRow


class VehicleKindUnfit(InvalidInput):
    """That kind of activity has no odometer of its own."""

    code = "vehicle.kind_unfit"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is not counted in a vehicle's kilometres", kind=kind)


class VehicleExists(Conflict):
    """That vehicle is registered already. By whom is not told."""

    code = "vehicle.exists"

    def __init__(self) -> None:
        super().__init__("this vehicle is registered already; ask its users for the code and join them")


class VehicleUnknown(NotFound):
    """No vehicle has that code, or the caller does not use it."""

    code = "vehicle.unknown"

    def __init__(self, code: str) -> None:
        super().__init__(f"no vehicle of yours has the code {code[:40]!r}", vehicle=code[:40])


class AlreadyUser(Conflict):
    """The person uses it already in that time."""

    code = "vehicle.already_user"

    def __init__(self, code: str) -> None:
        super().__init__("this person uses the vehicle already in that time", vehicle=code)


class ReadingNeeded(RuleViolated):
    """The odometer has to be read on that day first, so that what was driven stays shared as it was."""

    code = "vehicle.reading_needed"

    def __init__(self, read_on: date, latest: date | None) -> None:
        super().__init__(
            f"read the odometer on {read_on} first; the latest reading is of {latest or 'no day'}",
            read_on=read_on.isoformat(),
            latest=latest.isoformat() if latest else None,
        )


@dataclass(frozen=True)
class Vehicle:
    """A vehicle as its users see it."""

    vehicle_id: int
    code: str
    kind: str
    place: str


def is_driven(kind: Kind) -> bool:
    """Whether a kind counts a vehicle's own kilometres, not a passenger's."""
    return kind.unit == "km"


def _view(row: VehicleRow) -> Vehicle:
    assert row.id is not None
    return Vehicle(row.id, row.code, row.kind, row.place)


def register_vehicle(
    session: Session, books: Books, *, person_id: int, kind: str, place: str, plate: str, since_on: date, at: datetime
) -> Vehicle:
    """Registers a vehicle with its first user. `place` is where it is driven and charged, a region.

    Raises KindUnknown, VehicleKindUnfit, PlaceUnknown, RegionUnfit, PlateMalformed, PlateUnreadable, ControlCharacter,
    VehicleExists, MovingDateInvalid, VintageFrozen.
    """
    if not is_driven(kind_of(kind)):
        raise VehicleKindUnfit(kind)
    hashed = plate_hash(books.pepper, region_of(place).code, plate)
    if session.exec(select(VehicleRow).where(col(VehicleRow.plate_hash) == hashed)).one_or_none() is not None:
        raise VehicleExists
    known_year(since_on)
    require_unfrozen(session, {person_id}, from_year=since_on.year)
    row = VehicleRow(code=fresh_code(), plate_hash=hashed, kind=kind, place=place, registered_at=at)
    session.add(row)
    session.flush()
    vehicle = _view(row)
    session.add(VehicleUserRow(vehicle_id=vehicle.vehicle_id, person_id=person_id, since_on=since_on, entered_at=at))
    session.flush()
    return vehicle


def vehicle_at(session: Session, code: str) -> Vehicle:
    """The vehicle of a code; raises VehicleUnknown."""
    row = session.exec(select(VehicleRow).where(col(VehicleRow.code) == code)).one_or_none()
    if row is None:
        raise VehicleUnknown(code)
    return _view(row)


def vehicle_of(session: Session, person_id: int, code: str) -> Vehicle:
    """The vehicle of a code, if the person uses or used it; raises VehicleUnknown."""
    vehicle = vehicle_at(session, code)
    if not any(use.person_id == person_id for use in users(session, vehicle.vehicle_id)):
        raise VehicleUnknown(code)
    return vehicle


def users(session: Session, vehicle_id: int, *, as_of: datetime | None = None) -> list[Stay]:
    """Who uses a vehicle and when, in order of registration; or who was known to at a time."""
    rows = session.exec(
        select(VehicleUserRow).where(col(VehicleUserRow.vehicle_id) == vehicle_id).order_by(col(VehicleUserRow.id))
    ).all()
    return [Stay.of(row, as_of) for row in rows if not (as_of and row.entered_at > as_of)]


def vehicles_of(session: Session, person_id: int) -> list[Vehicle]:
    """Every vehicle a person uses or used, in order of registration."""
    used = select(VehicleUserRow.vehicle_id).where(col(VehicleUserRow.person_id) == person_id)
    rows = session.exec(select(VehicleRow).where(col(VehicleRow.id).in_(used)).order_by(col(VehicleRow.id))).all()
    return [_view(row) for row in rows]


def latest_reading(session: Session, vehicle_id: int) -> OdometerRow | None:
    """The latest reading of a vehicle's odometer."""
    return session.exec(
        select(OdometerRow)
        .where(col(OdometerRow.vehicle_id) == vehicle_id)
        .order_by(col(OdometerRow.read_on).desc())
        .limit(1)
    ).first()


def join_vehicle(session: Session, code: str, *, person_id: int, since_on: date, at: datetime) -> Vehicle:
    """A person joins a vehicle's users, not before the latest reading. Raises VehicleUnknown, AlreadyUser,
    ReadingNeeded, MovingDateInvalid, VintageFrozen.
    """
    vehicle = vehicle_at(session, code)
    known_year(since_on)
    using = users(session, vehicle.vehicle_id)
    if any(one.person_id == person_id and (one.until_on is None or one.until_on >= since_on) for one in using):
        raise AlreadyUser(code)
    latest = latest_reading(session, vehicle.vehicle_id)
    if latest is not None and since_on < latest.read_on:
        raise ReadingNeeded(since_on, latest.read_on)
    require_unfrozen(session, {one.person_id for one in using} | {person_id}, from_year=since_on.year)
    session.add(VehicleUserRow(vehicle_id=vehicle.vehicle_id, person_id=person_id, since_on=since_on, entered_at=at))
    session.flush()
    return vehicle


def leave_vehicle(session: Session, code: str, *, person_id: int, until_on: date, at: datetime) -> Vehicle:
    """A person's last day with a vehicle. The odometer is read on the day after: so all that was driven until then is
    shared, and nothing before is shared anew. Raises VehicleUnknown, MovingDateInvalid, ReadingNeeded, VintageFrozen.
    """
    vehicle = vehicle_at(session, code)
    known_year(until_on)
    row = session.exec(
        select(VehicleUserRow).where(
            col(VehicleUserRow.vehicle_id) == vehicle.vehicle_id,
            col(VehicleUserRow.person_id) == person_id,
            col(VehicleUserRow.until_on).is_(None),
        )
    ).one_or_none()
    if row is None:
        raise VehicleUnknown(code)
    following = until_on + timedelta(days=1)
    latest = latest_reading(session, vehicle.vehicle_id)
    if until_on < row.since_on or latest is None or latest.read_on != following:
        raise ReadingNeeded(following, latest.read_on if latest else None)
    using = {one.person_id for one in users(session, vehicle.vehicle_id)}
    require_unfrozen(session, using, from_year=until_on.year)
    row.until_on, row.ended_at = until_on, at
    session.add(row)
    session.flush()
    return vehicle
