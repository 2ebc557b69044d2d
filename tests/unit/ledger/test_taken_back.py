"""What was taken back leaves no trace in the way: meters, usage points, replacements, tracks; and what files tell."""

import secrets
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from backend.footprint.kind import Category, Grade
from backend.footprint.trip import read_gpx
from backend.ledger.books import Books
from backend.ledger.home import fresh_code, home_at, move_out
from backend.ledger.intake import Intake, csv_of, gpx_of, take_in
from backend.ledger.meter import (
    MeterOutOfService,
    MeterOverlap,
    MeterRead,
    NotThereThen,
    ReplacementInvalid,
    ReplacementUnknown,
    replace_meter,
    undo_replacement,
)
from backend.ledger.odometer import read_odometer
from backend.ledger.person import Person
from backend.ledger.record import Source, TripOverlap
from backend.ledger.tables import ActivityRow, MeterRow, UsagePointRow
from backend.ledger.undo import withdraw
from backend.ledger.vehicle import register_vehicle
from backend.storage.database import Database
from tests.unit.footprint.feeds import electricity, hours
from tests.unit.footprint.test_trip import LONDON, PARIS, at, gpx, point
from tests.unit.ledger.people import AT, Use, at_home, keep, power, some_books
from tests.unit.ledger.test_meter import upload

JAN = int(datetime(2025, 1, 1, 8, tzinfo=UTC).timestamp())
DAY_OF_HOURS = electricity(hours(JAN, [100] * 24))
TRACK = gpx(point(LONDON, at(0)) + point(PARIS, at(60)))


def take_back(session: Session, person: Person, *ids: int) -> None:
    for activity_id in ids:
        withdraw(session, person_id=person.person_id, activity_id=activity_id, at=AT)


def replaced(session: Session, books: Books, person: Person, code: str, new: str = "NEW2") -> None:
    replace_meter(
        session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY,
        old="OLD1", new=new, on=date(2025, 7, 1), at=AT,
    )  # fmt: skip


def taken_back(session: Session, books: Books, person: Person, code: str, new: str) -> None:
    undo_replacement(
        session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY, new=new
    )


def track(kind: str) -> Intake:
    return gpx_of(read_gpx([TRACK]), kind=kind, place="GB", instead=None)


def took(session: Session, books: Books, intake: Intake, person: Person) -> tuple[int, ...]:
    return take_in(session, books, intake, person=person, confirm=intake.digest(person), at=AT).ids


class TestFiles:
    @pytest.mark.parametrize("only_new", [False, True])
    def test_feed_taken_back__can_be_brought_again_and_by_another_home(
        self, database: Database, only_new: bool
    ) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            other_code, (two,) = at_home(session, books, 11)
            for home, person in ((code, one), (other_code, two)):
                ids = upload(session, books, person, home, DAY_OF_HOURS, only_new=only_new)
                assert len(session.exec(select(UsagePointRow)).all()) == len(session.exec(select(MeterRow)).all()) == 1
                take_back(session, person, *ids)

            assert not session.exec(select(UsagePointRow)).all()
            assert not session.exec(select(MeterRow)).all()

    def test_part_taken_back__leaves_the_rest_counted_once(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            first = upload(session, books, person, code, DAY_OF_HOURS)
            second = upload(session, books, person, code, electricity(hours(JAN + 86_400, [100] * 24)))
            take_back(session, person, *first)

            with pytest.raises(MeterOverlap):
                upload(session, books, person, code, electricity(hours(JAN, [100] * 48)))
            again = upload(session, books, person, code, electricity(hours(JAN, [100] * 48)), only_new=True)

            rows = [session.get_one(ActivityRow, kept) for kept in (*again, *second)]
            assert min((row.start_at, row.end_at) for row in rows)[1] == rows[-1].start_at

    def test_track_taken_back__can_be_travelled_again(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)
            ids = took(session, books, track("rail"), person)
            with pytest.raises(TripOverlap):
                took(session, books, track("rail"), person)
            take_back(session, person, *ids)

            assert took(session, books, track("bus"), person)


class TestReplacements:
    def test_reading_taken_back__does_not_keep_the_old_meter(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100", Grade.S, "OLD1"), code)
            later = keep(session, books, person, power(8, "100", Grade.S, "OLD1"), code)
            with pytest.raises(ReplacementInvalid):
                replaced(session, books, person, code)
            take_back(session, person, later)

            replaced(session, books, person, code)

    def test_new_meter_forgotten__the_old_one_has_its_place_again(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            first = keep(session, books, person, power(1, "100", Grade.S, "OLD1"), code)
            replaced(session, books, person, code, "MISTYPED")
            kept = keep(session, books, person, power(8, "100", Grade.S, "MISTYPED"), code)
            take_back(session, person, first)
            assert (
                len(session.exec(select(MeterRow)).all()) == 2
            )  # the first is of the line, though nothing speaks of it
            take_back(session, person, kept)

            (meter,) = session.exec(select(MeterRow)).all()
            assert meter.until_at is None
            replaced(session, books, person, code)
            keep(session, books, person, power(8, "100", Grade.S, "NEW2"), code)

    def test_mistyped_replacement__is_taken_back_and_the_old_meter_goes_on(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100", Grade.S, "OLD1"), code)
            replaced(session, books, person, code, "MISTYPED")
            with pytest.raises(MeterOutOfService):
                keep(session, books, person, power(8, "100", Grade.S, "OLD1"), code)

            taken_back(session, books, person, code, "mis-typed")

            (meter,) = session.exec(select(MeterRow)).all()
            assert meter.until_at is None
            keep(session, books, person, power(8, "100", Grade.S, "OLD1"), code)

    def test_replacement_that_stands_or_never_was__is_not_taken_back(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            keep(session, books, one, power(1, "100", Grade.S, "OLD1"), code)
            move_out(session, code, person_id=two.person_id, until_on=date(2025, 6, 30), at=AT)
            replaced(session, books, one, code)

            with pytest.raises(NotThereThen) as stranger:
                taken_back(session, books, two, code, "NEW2")
            with pytest.raises(ReplacementUnknown):
                taken_back(session, books, one, code, "OLD1")
            with pytest.raises(ReplacementUnknown) as unknown:
                taken_back(session, books, one, code, "NEVER")
            first = keep(session, books, one, power(8, "100", Grade.S, "NEW2"), code)
            with pytest.raises(MeterRead) as read:
                taken_back(session, books, one, code, "NEW2")
            codes = [one.value.code for one in (stranger, unknown, read)]
            assert codes == ["meter.not_there_then", "meter.replacement_unknown", "meter.read"]

            session.get_one(ActivityRow, first).grade = Grade.M
            take_back(session, one, first)
            with pytest.raises(MeterRead):
                taken_back(session, books, one, code, "NEW2")

    def test_meter_a_utility_signed_for__stays_open_until_it_reports(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            take_back(session, person, keep(session, books, person, power(1, "100", Grade.M), code))

            assert len(session.exec(select(MeterRow)).all()) == 1

    def test_former_tenant__ends_no_meter_of_those_who_came_after(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            keep(session, books, one, power(1, "100", Grade.S, "OLD1"), code)
            move_out(session, code, person_id=two.person_id, until_on=date(2025, 6, 30), at=AT)

            with pytest.raises(NotThereThen):
                replaced(session, books, two, code)
            replaced(session, books, one, code)


class TestDriving:
    def test_track_by_car__is_told_to_be_no_evidence_before_it_is_kept(self) -> None:
        assert track("rail").left_out == ()
        (told,) = track("car_petrol").left_out
        assert told.en == "1 of 1: kilometres driven count, and never as evidence: a vehicle's odometer is read instead"
        assert told.zh == "1 项中有 1 项是行驶里程：计入排放，但不能作为凭据，凭据是车辆里程表的读数。"

    def test_csv__tells_of_kilometres_and_not_of_a_stated_zero(self) -> None:
        head = "category,kind,quantity,unit,from,to,place,meter,evidence\n"
        zero, driven = (f"travel,car_petrol,{km},km,2025-01-01,2025-01-31,US-CA,,\n" for km in ("0", "12"))

        assert csv_of(head + zero, None).left_out == ()
        assert csv_of(head + zero + driven, None).left_out[0].en.startswith("1 of 2: ")

    def test_what_a_vehicle_drove__says_that_it_came_from_its_odometer(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)
            since = date(2025, 1, 1)
            vehicle = register_vehicle(
                session, books, person_id=person.person_id, kind="car_petrol", place="US-CA", plate="7ABC123",
                since_on=since, at=AT,
            )  # fmt: skip
            for day, km in ((since, 100), (date(2025, 2, 1), 300)):
                read_odometer(session, books, vehicle.code, person_id=person.person_id, read_on=day, km=km, at=AT)
            kept = keep(session, books, person, Use("rail", "10", "passenger_km", "2025-01-01", "2025-01-02", "GB"))

            sources = [row.source for row in session.exec(select(ActivityRow).order_by("id")).all()]
        assert kept
        assert sources == [Source.ODOMETER, Source.MANUAL]


def test_code_of_a_home_or_vehicle__is_never_taken_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["-0abcdefghij", "--bcdefghijk", "a-0bcdefghij"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _bytes: next(codes))

    assert fresh_code() == "a-0bcdefghij"
