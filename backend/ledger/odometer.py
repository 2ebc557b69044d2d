"""Odometer readings: what a vehicle drove between two of them, to be shared among its users.

Readings only go on: a later day and no fewer kilometres than the last. So no interval overlaps another, whoever reads.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from backend.footprint.activity import EVIDENCE_LIMIT, TextTooLong, check_span
from backend.footprint.kind import Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.quantity import plain, quantity_in
from backend.footprint.span import days_span
from backend.kernel.clock import from_unix_s
from backend.kernel.errors import Conflict, InvalidInput, NotFound
from backend.kernel.text import require_plain
from backend.ledger.books import Books
from backend.ledger.charging import ChargeUnexpected, km_charged
from backend.ledger.freeze import require_unfrozen
from backend.ledger.home import home_of, known_year
from backend.ledger.record import Source, require_factors
from backend.ledger.tables import ActivityRow, OdometerRow
from backend.ledger.vehicle import Vehicle, latest_reading, users, vehicle_of

KM_LIMIT = 10_000_000


class OdometerOverlap(Conflict):
    """A reading of that day or a later one is there."""

    code = "odometer.overlap"

    def __init__(self, read_on: date, latest: date) -> None:
        super().__init__(
            f"the latest reading is of {latest}; the next is of a later day than {read_on}",
            read_on=read_on.isoformat(),
            latest=latest.isoformat(),
        )


class OdometerBackwards(InvalidInput):
    """Fewer kilometres than at the reading before."""

    code = "odometer.backwards"

    def __init__(self, km: int, latest_km: int) -> None:
        super().__init__(f"{km} km is less than the {latest_km} km read before", km=km, latest_km=latest_km)


class OdometerInvalid(InvalidInput):
    """No number of kilometres, or a day to come."""

    code = "odometer.invalid"


class ReadingUnknown(NotFound):
    """No reading of the caller's to take back: only the latest one, by who entered it."""

    code = "odometer.reading_unknown"

    def __init__(self, code: str) -> None:
        super().__init__("the latest reading of this vehicle is not yours, or there is none", vehicle=code[:40])


class ReadingRelied(Conflict):
    """Somebody came or went by this reading: without it, what was driven before would be shared anew."""

    code = "odometer.reading_relied"

    def __init__(self, read_on: date) -> None:
        super().__init__(
            f"the reading of {read_on} stays: somebody began or ceased to use the vehicle by it",
            read_on=read_on.isoformat(),
        )


@dataclass(frozen=True)
class OdometerReading:
    """A reading as users see it. `activity_id` holds what was driven since the one before; None for the first."""

    read_on: date
    km: int
    counted_km: str | None
    """Of what was driven since the reading before, what counts: less what was charged at home."""
    activity_id: int | None


def readings_of(session: Session, vehicle: Vehicle) -> list[OdometerReading]:
    """Every reading of a vehicle, the first first."""
    rows = session.exec(
        select(OdometerRow).where(col(OdometerRow.vehicle_id) == vehicle.vehicle_id).order_by(col(OdometerRow.read_on))
    ).all()
    return [_view(session, row) for row in rows]


def _view(session: Session, row: OdometerRow) -> OdometerReading:
    driven = None if row.activity_id is None else session.get(ActivityRow, row.activity_id)
    return OdometerReading(row.read_on, row.km, None if driven is None else driven.quantity, row.activity_id)


def read_odometer(
    session: Session,
    books: Books,
    code: str,
    *,
    person_id: int,
    read_on: date,
    km: int,
    at: datetime,
    evidence: str = "",
    charged_home: str | None = None,
    charged_kwh: str = "0",
) -> OdometerReading:
    """Keeps a reading as it stood when a local day began, and what was driven since the one before. `charged_home` is
    the code of the home whose bill holds `charged_kwh` that the vehicle drew since then: that way is not counted again.

    Raises VehicleUnknown, OdometerInvalid, OdometerOverlap, OdometerBackwards, ChargeUnexpected, HomeUnknown,
    MovingDateInvalid, FactorUnknown, VintageFrozen, SpanInvalid, TextTooLong, ControlCharacter, and what `quantity_in`
    raises.
    """
    vehicle = vehicle_of(session, person_id, code)
    require_plain("evidence", evidence)
    if len(evidence) > EVIDENCE_LIMIT:
        raise TextTooLong("evidence", EVIDENCE_LIMIT)
    today = at.astimezone(place_of(vehicle.place).zone).date()
    if not 0 <= km <= KM_LIMIT or known_year(read_on) > today:
        raise OdometerInvalid(f"{km} km on {read_on}: give 0 to {KM_LIMIT} km, as read by today", km=km)
    latest = latest_reading(session, vehicle.vehicle_id)
    charged = quantity_in(charged_kwh, "kWh", "kWh")
    if charged and charged_home is None:
        raise ChargeUnexpected("name the home that it was charged at")
    premises_id = None if charged_home is None else home_of(session, person_id, charged_home).premises_id
    if latest is not None and read_on <= latest.read_on:
        raise OdometerOverlap(read_on, latest.read_on)
    if latest is not None and km < latest.km:
        raise OdometerBackwards(km, latest.km)
    driven = None
    if latest is not None:
        driven = _drive(session, books, vehicle, latest, person_id, read_on, km, charged, evidence, at)
    row = OdometerRow(
        vehicle_id=vehicle.vehicle_id,
        person_id=person_id,
        read_on=read_on,
        km=km,
        activity_id=driven,
        charged_premises_id=premises_id,
        charged_kwh=plain(charged),
        entered_at=at,
    )
    session.add(row)
    session.flush()
    return _view(session, row)


def _drive(  # noqa: PLR0917 - what read_odometer has found out
    session: Session,
    books: Books,
    vehicle: Vehicle,
    latest: OdometerRow,
    person_id: int,
    read_on: date,
    km: int,
    charged: Decimal,
    evidence: str,
    at: datetime,
) -> int:
    kind = kind_of(vehicle.kind)
    last_day = read_on - timedelta(days=1)
    span = check_span(days_span(latest.read_on, last_day, place_of(vehicle.place).zone))
    require_factors(books, kind.name, vehicle.place, latest.read_on.year, last_day.year)
    people = {use.person_id for use in users(session, vehicle.vehicle_id)}
    require_unfrozen(session, people, from_year=latest.read_on.year, to_year=last_day.year)
    driven = km - latest.km
    if charged:
        choices = [
            require_factors(books, kind.name, vehicle.place, year, year)
            for year in range(latest.read_on.year, last_day.year + 1)
        ]
        driven -= min(driven, *(km_charged(choice, charged) for choice in choices))
    row = ActivityRow(
        person_id=person_id,
        vehicle_id=vehicle.vehicle_id,
        source=Source.ODOMETER,
        category=kind.category,
        kind=kind.name,
        quantity=plain(Decimal(driven)),
        unit=kind.unit,
        given=f"{latest.km} km to {km} km" + (f", {plain(charged)} kWh at home" if charged else ""),
        start_at=from_unix_s(span.start_s),
        end_at=from_unix_s(span.end_s),
        place=vehicle.place,
        grade=Grade.S,
        evidence=evidence,
        entered_at=at,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def undo_reading(session: Session, code: str, *, person_id: int, at: datetime) -> None:
    """Takes back the latest reading and what was driven up to it, before the year is submitted.

    Raises VehicleUnknown, ReadingUnknown, ReadingRelied, VintageFrozen.
    """
    vehicle = vehicle_of(session, person_id, code)
    latest = latest_reading(session, vehicle.vehicle_id)
    if latest is None or latest.person_id != person_id:
        raise ReadingUnknown(code)
    if latest.activity_id is not None:
        using = users(session, vehicle.vehicle_id)
        left_by = latest.read_on - timedelta(days=1)
        if any(use.since_on >= latest.read_on or use.until_on == left_by for use in using):
            raise ReadingRelied(latest.read_on)
        driven = session.get_one(ActivityRow, latest.activity_id)
        people = {use.person_id for use in using}
        zone = place_of(vehicle.place).zone
        first = driven.start_at.astimezone(zone).year
        require_unfrozen(session, people, from_year=first, to_year=latest.read_on.year)
        driven.withdrawn_at = at
        session.add(driven)
    session.delete(latest)
    session.flush()
