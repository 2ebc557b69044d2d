"""Recording: nothing counts twice, nothing is kept that cannot be counted, and only a verifier raises a grade."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from backend.chain.keys import dev_signer
from backend.footprint.csv_intake import COLUMNS, CsvRefused
from backend.footprint.kind import Grade
from backend.footprint.selection import FactorUnknown
from backend.ledger.closing import close, submit
from backend.ledger.freeze import VintageFrozen
from backend.ledger.home import HomeUnknown, move_in, move_out
from backend.ledger.meter import MeterElsewhere, MeterOverlap
from backend.ledger.record import (
    ActivityInFuture,
    ActivityUnknown,
    EvidenceMissing,
    EvidenceOwn,
    HomeMissing,
    PlaceMismatch,
    activities_of,
    import_csv,
    inspect,
)
from backend.ledger.tables import ActivityRow
from backend.storage.database import Database
from tests.unit.footprint.bad_rows import rows_told
from tests.unit.ledger.people import AT, VERIFIER, Use, at_home, keep, member, power, some_books

HEADER = ",".join(COLUMNS)


def bus(first: str, last: str, place: str = "US-CA", evidence: str = "ticket") -> str:
    return f"travel,bus,10,passenger_km,{first},{last},{place},,{evidence}"


class TestMeters:
    def test_overlapping_interval_of_a_meter__is_refused_however_it_is_binned(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100"), code)

            for first, last in (
                ("2025-01-01", "2025-01-31"),
                ("2025-01-31", "2025-02-10"),
                ("2025-01-10", "2025-01-11"),
            ):
                again = Use("grid_electricity", "1", "kWh", first, last, "US-CAMX", "m1")
                with pytest.raises(MeterOverlap) as refused:
                    keep(session, books, person, again, code)
                assert refused.value.code == "meter.overlap"
            assert keep(session, books, person, power(2, "100"), code)

    def test_housemate_s_copy_of_the_same_bill__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            keep(session, books, one, power(1, "100"), code)

            with pytest.raises(MeterOverlap):
                keep(session, books, two, power(1, "100"), code)

    def test_same_meter_under_another_registration_of_the_home__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            other_code, (two,) = at_home(session, books, 11)
            keep(session, books, one, power(1, "100"), code)

            with pytest.raises(MeterElsewhere) as refused:
                keep(session, books, two, power(2, "100"), other_code)
        assert refused.value.code == "meter.elsewhere"


class TestRefusals:
    def test_future__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10)
            with pytest.raises(ActivityInFuture) as refused:
                keep(session, books, person, Use("bus", "1", "passenger_km", "2026-01-15", "2026-01-15", "US-CA"))
        assert refused.value.code == "activity.in_future"

    def test_energy_without_a_home__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10)
            with pytest.raises(HomeMissing) as refused:
                keep(session, books, person, power(1, "100"))
        assert refused.value.code == "activity.home_missing"

    def test_energy_for_someone_else_s_home__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, _ = at_home(session, books, 10)
            stranger = member(session, books, 11)
            with pytest.raises(HomeUnknown):
                keep(session, books, stranger, power(1, "100"), code)

    def test_place_that_is_not_the_home_s__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            with pytest.raises(PlaceMismatch) as refused:
                keep(
                    session,
                    books,
                    person,
                    Use("grid_electricity", "1", "kWh", "2025-01-01", "2025-01-31", "CN-SC", "M1"),
                    code,
                )
        assert refused.value.code == "activity.place_mismatch"

    def test_home_s_region_for_its_grid_area__is_taken_as_the_grid_area(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(
                session,
                books,
                person,
                Use("grid_electricity", "1", "kWh", "2025-01-01", "2025-01-31", "US-CA", "M1"),
                code,
            )

            assert activities_of(session, person.person_id)[0].place == "US-CAMX"

    def test_no_factor__is_refused_at_entry(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            gas = Use("natural_gas", "10", "m3", "2025-01-01", "2025-01-31", "US-CAMX", "G1")
            with pytest.raises(FactorUnknown) as refused:
                keep(session, books, person, gas, code)
        assert refused.value.code == "footprint.factor_unknown"


class TestCsv:
    def test_any_bad_row__keeps_nothing(self, database: Database) -> None:
        books = some_books()
        with database.write() as session:
            person = member(session, books, 10)
        text = "\n".join(
            [
                HEADER,
                bus("2025-01-01", "2025-01-01"),
                bus("2026-12-01", "2026-12-01"),
                bus("2025-02-01", "2025-02-01", "CN-SC"),
            ]
        )

        with pytest.raises(CsvRefused) as refused, database.write() as session:
            import_csv(session, books, person_id=person.person_id, text=text, home=None, at=AT)

        assert [row.place for row in rows_told(refused.value)] == [("3", "from/to", "activity.in_future")]
        with database.read() as session:
            assert session.exec(select(ActivityRow)).all() == []

    def test_a_bill_twice_in_one_file__is_refused_by_line(self, database: Database) -> None:
        books = some_books()
        with database.write() as session:
            code, (person,) = at_home(session, books, 10)
        row = "electricity,grid_electricity,1,kWh,2025-01-01,2025-01-31,US-CAMX,M1,bill"

        with pytest.raises(CsvRefused) as refused, database.write() as session:
            import_csv(session, books, person_id=person.person_id, text="\n".join([HEADER, row, row]), home=code, at=AT)

        assert [row.place for row in rows_told(refused.value)] == [("3", "meter", "meter.overlap")]


class TestInspection:
    def test_inspected_document__raises_the_grade_once(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10)
            ids = import_csv(
                session,
                books,
                person_id=person.person_id,
                text=f"{HEADER}\n{bus('2025-01-01', '2025-01-01')}",
                home=None,
                at=AT,
            )

            assert [row.grade for row in activities_of(session, person.person_id)] == [Grade.S]
            assert inspect(session, verifier=VERIFIER, activity_ids=ids, at=AT) == 1
            assert inspect(session, verifier=VERIFIER, activity_ids=ids, at=AT) == 0
            assert [(row.grade, row.inspected_by) for row in activities_of(session, person.person_id)] == [
                ("D", VERIFIER)
            ]

    def test_own_or_household_evidence__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            kept = keep(session, books, one, power(1, "100", Grade.S), code)

            for verifier in (one.address, two.address):
                with pytest.raises(EvidenceOwn) as refused:
                    inspect(session, verifier=verifier, activity_ids=[kept], at=AT)
                assert refused.value.code == "activity.evidence_own"

    def test_no_document__nothing_to_inspect(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10)
            (kept,) = import_csv(
                session,
                books,
                person_id=person.person_id,
                text=f"{HEADER}\n{bus('2025-01-01', '2025-01-01', evidence='')}",
                home=None,
                at=AT,
            )

            with pytest.raises(EvidenceMissing) as refused:
                inspect(session, verifier=VERIFIER, activity_ids=[kept], at=AT)
            with pytest.raises(ActivityUnknown) as unknown:
                inspect(session, verifier=VERIFIER, activity_ids=[kept + 1], at=AT)
        assert refused.value.code == "activity.evidence_missing"
        assert unknown.value.code == "activity.unknown"


class TestFrozen:
    def test_submitted_year__stands_still_for_the_whole_household(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            kept = keep(session, books, one, power(1, "100", Grade.S), code)
            trip = keep(
                session, books, two, Use("bus", "1", "passenger_km", "2025-05-01", "2025-05-01", "US-CA", grade=Grade.S)
            )
            newcomer = member(session, books, 12)
            close(session, books, person_id=one.person_id, vintage=2025, at=AT)
            submit(session, books, person_id=one.person_id, vintage=2025, at=AT)

            with pytest.raises(VintageFrozen) as refused:
                keep(session, books, two, power(2, "100"), code)
            with pytest.raises(VintageFrozen):
                inspect(session, verifier=dev_signer(4).address, activity_ids=[kept], at=AT)
            with pytest.raises(VintageFrozen):
                move_in(session, code, person_id=newcomer.person_id, since_on=date(2025, 7, 1))
            with pytest.raises(VintageFrozen):
                move_out(session, code, person_id=two.person_id, until_on=AT.date() - timedelta(days=100))
            assert inspect(session, verifier=VERIFIER, activity_ids=[trip], at=AT) == 1
            assert keep(session, books, two, Use("bus", "1", "passenger_km", "2025-06-01", "2025-06-01", "US-CA"))
        assert refused.value.code == "activity.vintage_frozen"

    def test_next_year__is_open_still(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            close(session, books, person_id=one.person_id, vintage=2025, at=AT)
            submit(session, books, person_id=one.person_id, vintage=2025, at=AT)

            assert keep(
                session,
                books,
                one,
                Use("grid_electricity", "1", "kWh", "2026-01-01", "2026-01-10", "US-CAMX", "M1"),
                code,
            )
