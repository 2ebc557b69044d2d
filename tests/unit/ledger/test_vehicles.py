"""Vehicles and their odometers, and what was charged at home."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlmodel import Session

from backend.footprint.activity import SpanInvalid, TextTooLong
from backend.footprint.kind import Grade
from backend.ledger.books import Books
from backend.ledger.charging import ChargeNotInBill, ChargeUnexpected
from backend.ledger.closing import close, submit
from backend.ledger.draft import draft_of
from backend.ledger.ending import leave
from backend.ledger.freeze import VintageFrozen
from backend.ledger.home import HomeUnknown, sharing
from backend.ledger.odometer import (
    OdometerBackwards,
    OdometerInvalid,
    OdometerOverlap,
    OdometerReading,
    ReadingUnknown,
    read_odometer,
    readings_of,
    undo_reading,
)
from backend.ledger.person import Person
from backend.ledger.plate import PlateMalformed
from backend.ledger.record import VehicleMissing, activities_of, inspect
from backend.ledger.region import RegionUnfit
from backend.ledger.service import household_of
from backend.ledger.statement import Status
from backend.ledger.tables import ActivityRow
from backend.ledger.undo import ActivityOfVehicle, withdraw
from backend.ledger.vehicle import (
    AlreadyUser,
    ReadingNeeded,
    Vehicle,
    VehicleExists,
    VehicleKindUnfit,
    VehicleUnknown,
    join_vehicle,
    leave_vehicle,
    register_vehicle,
    users,
    vehicle_of,
    vehicles_of,
)
from backend.storage.database import Database
from tests.unit.ledger.people import AT, VERIFIER, Use, at_home, keep, member, power, some_books

NEW_YEAR = date(2025, 1, 1)


def a_car(session: Session, books: Books, person: Person, kind: str = "car_petrol", plate: str = "A 12") -> Vehicle:
    return register_vehicle(
        session,
        books,
        person_id=person.person_id,
        kind=kind,
        place=person.region,
        plate=plate,
        since_on=NEW_YEAR,
        at=AT,
    )


def read(  # noqa: PLR0917 - as one reads it aloud
    session: Session, books: Books, person: Person, car: Vehicle, day: str, km: int, **more: str
) -> OdometerReading:
    return read_odometer(
        session, books, car.code, person_id=person.person_id, read_on=date.fromisoformat(day), km=km, at=AT,
        evidence="photograph", **more,
    )  # fmt: skip


def two_in_sichuan(session: Session, books: Books) -> tuple[Person, Person, Vehicle]:
    """A couple with a home in Sichuan and one petrol car."""
    _, (one, two) = at_home(session, books, 10, 11, region="CN-SC")
    car = a_car(session, books, one)
    join_vehicle(session, car.code, person_id=two.person_id, since_on=NEW_YEAR, at=AT)
    return one, two, car


class TestVehicle:
    def test_vehicle__is_registered_once_however_its_plate_is_written(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one, two = member(session, books, 10), member(session, books, 11)
            car = a_car(session, books, one, plate="7abc-123")

            with pytest.raises(VehicleExists) as refused:
                a_car(session, books, two, plate=" 7 ABC 123")
            with pytest.raises(VehicleUnknown) as unknown:
                vehicle_of(session, two.person_id, car.code)
            with pytest.raises(VehicleKindUnfit) as bus:
                a_car(session, books, two, kind="bus", plate="B 1")
            with pytest.raises(RegionUnfit) as grid:
                register_vehicle(
                    session, books, person_id=two.person_id, kind="car_bev", place="US-CAMX", plate="B 2",
                    since_on=NEW_YEAR, at=AT,
                )  # fmt: skip
            assert grid.value.fields["fit"] == ["US-CA"]
            with pytest.raises(PlateMalformed) as plate:
                a_car(session, books, two, plate="--")
            assert vehicles_of(session, one.person_id) == [car]
        codes = [one.value.code for one in (refused, unknown, bus, plate)]
        assert codes == ["vehicle.exists", "vehicle.unknown", "vehicle.kind_unfit", "vehicle.plate_malformed"]

    def test_joining_twice_or_before_the_latest_reading__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one, two = member(session, books, 10), member(session, books, 11)
            car = a_car(session, books, one)
            read(session, books, one, car, "2025-03-01", 1_000)

            with pytest.raises(ReadingNeeded) as past:
                join_vehicle(session, car.code, person_id=two.person_id, since_on=date(2025, 2, 28), at=AT)
            join_vehicle(session, car.code, person_id=two.person_id, since_on=date(2025, 3, 1), at=AT)
            with pytest.raises(AlreadyUser) as twice:
                join_vehicle(session, car.code, person_id=two.person_id, since_on=date(2025, 4, 1), at=AT)
            assert household_of(session, one.person_id) == {one.address, two.address}
        assert [past.value.code, twice.value.code] == ["vehicle.reading_needed", "vehicle.already_user"]

    def test_leaving__takes_a_reading_on_the_day_after(self, database: Database) -> None:
        """What was driven until then stays shared: leaving first and reading later would leave it to nobody."""
        with database.write() as session:
            books = some_books()
            one = member(session, books, 10)
            car = a_car(session, books, one)
            read(session, books, one, car, "2025-03-01", 1_000)
            own = {"person_id": one.person_id, "at": AT}
            with pytest.raises(ReadingNeeded):
                leave_vehicle(session, car.code, until_on=date(2025, 6, 30), **own)  # type: ignore[arg-type]  # plain keywords
            read(session, books, one, car, "2025-07-01", 5_000)

            leave_vehicle(session, car.code, until_on=date(2025, 6, 30), **own)  # type: ignore[arg-type]  # plain keywords

            with pytest.raises(VehicleUnknown):
                leave_vehicle(session, car.code, until_on=date(2025, 6, 30), **own)  # type: ignore[arg-type]  # plain keywords

    def test_who_leaves_tanyu__uses_it_no_more(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one, two, car = two_in_sichuan(session, books)
            leave(session, two.person_id, on=date(2026, 1, 10), at=AT)
            read(session, books, one, car, "2026-01-01", 0)
            read(session, books, one, car, "2026-01-15", 100)

            using = users(session, car.vehicle_id)
            shares = sharing(using, one.person_id, date(2026, 1, 1), date(2026, 1, 14))
            assert [people for _, _, people in shares] == [2, 1]


class TestOdometer:
    def test_kilometres__between_readings_are_shared_equally_by_the_day(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one, two, car = two_in_sichuan(session, books)
            read(session, books, one, car, "2025-01-01", 45_000)
            driven = read(session, books, two, car, "2025-02-01", 45_940)
            assert driven.activity_id is not None
            inspect(session, verifier=VERIFIER, activity_ids=[driven.activity_id], at=AT)
            years = [draft_of(session, books, person.person_id, 2025).year for person in (one, two)]

            assert driven.counted_km == "940"
            assert [line.weight for year in years for line in year.lines] == [Fraction(1, 2)] * 2
            assert years[0].lines[0].amount == years[1].lines[0].amount
            assert [row.id for row in activities_of(session, one.person_id)] == [driven.activity_id]
            assert [row.km for row in readings_of(session, car)] == [45_000, 45_940]

    def test_reading_of_the_same_or_an_earlier_day_or_fewer_km__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one = member(session, books, 10)
            car = a_car(session, books, one)
            read(session, books, one, car, "2025-02-01", 1_000)

            with pytest.raises(OdometerOverlap) as overlap:
                read(session, books, one, car, "2025-02-01", 1_100)
            with pytest.raises(OdometerOverlap):
                read(session, books, one, car, "2025-01-15", 1_100)
            with pytest.raises(OdometerBackwards) as backwards:
                read(session, books, one, car, "2025-03-01", 999)
            with pytest.raises(OdometerInvalid) as future:
                read(session, books, one, car, "2026-01-16", 1_100)
            with pytest.raises(SpanInvalid):
                read_odometer(
                    session, books, car.code, person_id=one.person_id, read_on=date(2026, 2, 3), km=1_100,
                    at=datetime(2026, 3, 1, tzinfo=UTC),
                )  # fmt: skip
            with pytest.raises(TextTooLong):
                read_odometer(
                    session, books, car.code, person_id=one.person_id, read_on=date(2025, 3, 1), km=1_100, at=AT,
                    evidence="x" * 201,
                )  # fmt: skip
        codes = [one.value.code for one in (overlap, backwards, future)]
        assert codes == ["odometer.overlap", "odometer.backwards", "odometer.invalid"]

    def test_registered_car_that_is_not_read__leaves_travel_unmeasured(self, database: Database) -> None:
        """A stated zero does not speak for a car that one has."""
        with database.write() as session:
            books = some_books()
            one, _, car = two_in_sichuan(session, books)
            for kind, unit in (("car_petrol", "km"), ("bus", "passenger_km"), ("flight_domestic", "passenger_km")):
                keep(session, books, one, Use(kind, "0", unit, "2025-01-01", "2025-12-31", "CN-SC", None, Grade.D))

            def travel() -> set[Status]:
                months = draft_of(session, books, one.person_id, 2025).year.months
                return {month.status for month in months if month.category == "travel"}

            assert travel() == {Status.UNMEASURED}
            read(session, books, one, car, "2025-01-01", 45_000)
            driven = read(session, books, one, car, "2026-01-01", 45_000)
            assert driven.activity_id is not None
            assert travel() == {Status.UNMEASURED}, "self-declared"
            inspect(session, verifier=VERIFIER, activity_ids=[driven.activity_id], at=AT)
            assert Status.UNMEASURED not in travel()

    def test_electric_car_in_sichuan__counts_by_a_proxy_and_its_year_closes(self, database: Database) -> None:
        """Sichuan's grid counts CO2 only, travel's budget CO2e: what a foreign kWh per km makes of it never earns."""
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10, region="CN-SC")
            car = a_car(session, books, person, "car_bev")
            read(session, books, person, car, "2025-01-01", 1_000)
            driven = read(session, books, person, car, "2026-01-01", 2_000).activity_id
            assert driven is not None
            inspect(session, verifier=VERIFIER, activity_ids=[driven], at=AT)
            for kind, unit in (("bus", "passenger_km"), ("flight_domestic", "passenger_km")):
                keep(session, books, person, Use(kind, "0", unit, "2025-01-01", "2025-12-31", "CN-SC"))

            year = draft_of(session, books, person.person_id, 2025).year
            closed = close(session, books, person_id=person.person_id, vintage=2025, at=AT)

            travel = [month for month in year.months if month.category == "travel"]
            assert {month.status for month in travel} == {Status.PROXIED}
            assert sum(month.reported_gco2e for month in travel) >= 32_176  # 1000 km x 0.22918 kWh x 0.1404 kg
            assert closed.credit_gco2e == 0

    def test_kilometres_of_no_vehicle__count_and_are_never_evidence(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one = member(session, books, 10)
            trip = Use("car_petrol", "50", "km", "2025-01-01", "2025-01-31", "US-CA", None, Grade.S)
            none = Use("car_petrol", "0", "km", "2025-02-01", "2025-02-28", "US-CA", None, Grade.S)
            driven, stayed = keep(session, books, one, trip), keep(session, books, one, none)

            with pytest.raises(VehicleMissing) as refused:
                inspect(session, verifier=VERIFIER, activity_ids=[driven], at=AT)
            assert inspect(session, verifier=VERIFIER, activity_ids=[stayed], at=AT) == 1
        assert refused.value.code == "activity.vehicle_missing"

    def test_latest_reading__can_be_taken_back_by_who_entered_it(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            one, two, car = two_in_sichuan(session, books)
            read(session, books, one, car, "2025-01-01", 45_000)
            driven = read(session, books, one, car, "2025-02-01", 54_940)
            assert driven.activity_id is not None

            with pytest.raises(ReadingUnknown) as other:
                undo_reading(session, car.code, person_id=two.person_id, at=AT)
            with pytest.raises(ActivityOfVehicle) as half:
                withdraw(session, person_id=one.person_id, activity_id=driven.activity_id, at=AT)
            undo_reading(session, car.code, person_id=one.person_id, at=AT)
            read(session, books, one, car, "2025-02-01", 45_940)
            assert [row.counted_km for row in readings_of(session, car)] == [None, "940"]

            close(session, books, person_id=two.person_id, vintage=2025, at=AT)
            submit(session, books, person_id=two.person_id, vintage=2025, at=AT)
            with pytest.raises(VintageFrozen):
                undo_reading(session, car.code, person_id=one.person_id, at=AT)
            with pytest.raises(VintageFrozen):
                read(session, books, one, car, "2025-03-01", 46_000)
        assert [other.value.code, half.value.code] == ["odometer.reading_unknown", "activity.of_vehicle"]


class TestCharging:
    def test_charge_at_home__is_left_out_once_and_by_the_factor_s_upper_bound(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            car = a_car(session, books, one, "car_bev")
            read(session, books, one, car, "2025-01-01", 0)
            driven = read(session, books, one, car, "2025-02-01", 1_000, charged_home=code, charged_kwh="100")

            assert driven.counted_km is not None
            at_home_km = 1_000 - int(driven.counted_km)
            assert 250 < at_home_km < 437, "0.229 kWh/km and up: 100 kWh drive 436 km at the very most"
            assert driven.activity_id is not None
            with pytest.raises(ChargeNotInBill) as unbilled:
                inspect(session, verifier=VERIFIER, activity_ids=[driven.activity_id], at=AT)
            keep(session, books, one, power(1, "99.9"), code)
            with pytest.raises(ChargeNotInBill):
                inspect(session, verifier=VERIFIER, activity_ids=[driven.activity_id], at=AT)
            keep(session, books, one, power(1, "0.1", meter="M2"), code)
            assert inspect(session, verifier=VERIFIER, activity_ids=[driven.activity_id], at=AT) == 1
        assert unbilled.value.code == "odometer.charge_not_in_bill"

    def test_two_cars__cannot_both_be_in_one_bill(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            keep(session, books, one, power(1, "150"), code)
            kept: list[int] = []
            for plate in ("A 1", "A 2"):
                car = a_car(session, books, one, "car_bev", plate)
                read(session, books, one, car, "2025-01-01", 0)
                driven = read(session, books, one, car, "2025-02-01", 500, charged_home=code, charged_kwh="100")
                kept += [driven.activity_id or 0]

            with pytest.raises(ChargeNotInBill):
                inspect(session, verifier=VERIFIER, activity_ids=kept, at=AT)

    def test_more_charge_than_way__is_no_negative_way(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            car = a_car(session, books, one, "car_bev")
            read(session, books, one, car, "2025-01-01", 0)
            driven = read(session, books, one, car, "2025-02-01", 10, charged_home=code, charged_kwh="100")

            assert driven.counted_km == "0"
            assert Decimal(session.get_one(ActivityRow, driven.activity_id).quantity) == 0

    def test_charge_without_a_home_or_of_a_petrol_car__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            car = a_car(session, books, one)
            read(session, books, one, car, "2025-01-01", 0)

            with pytest.raises(ChargeUnexpected) as refused:
                read(session, books, one, car, "2025-02-01", 10, charged_home=code, charged_kwh="1")
            with pytest.raises(ChargeUnexpected):
                read(session, books, one, car, "2025-02-01", 10, charged_kwh="1")
            with pytest.raises(HomeUnknown):
                read(session, books, one, car, "2025-02-01", 10, charged_home="nowhere", charged_kwh="1")
        assert refused.value.code == "odometer.charge_unexpected"
