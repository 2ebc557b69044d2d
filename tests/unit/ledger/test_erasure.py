"""Erasing a person: what is in the way, what goes and remains, and that nobody else's figures change."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from backend.access.tables import SessionRow
from backend.chain.keys import dev_signer
from backend.footprint.kind import Grade
from backend.ledger.access_log import Role, accesses_of, note
from backend.ledger.address import not_selling, owner_of
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.deadline import close_overdue
from backend.ledger.draft import draft_of
from backend.ledger.erasure import (
    ErasureInTheWay,
    destroy_keys,
    erase,
    finish_erasures,
)
from backend.ledger.home import home_at, stays
from backend.ledger.key_names import home_key_name, person_key_name, vehicle_key_name
from backend.ledger.odometer import read_odometer, readings_of
from backend.ledger.of_age import drivers_from
from backend.ledger.person import AccountErased, GuardianMissing, Person, PersonhoodUsed, join, person_at, persons
from backend.ledger.record import ActivityUnknown, activities_of, inspect
from backend.ledger.rotation import rotate
from backend.ledger.service import (
    household_of,
)
from backend.ledger.statement import Year
from backend.ledger.tables import ActivityRow, PersonRow, ResidenceRow, StatementRow
from backend.ledger.undo import withdraw
from backend.ledger.vehicle import join_vehicle, register_vehicle
from backend.storage.database import Database
from backend.storage.keys import KeyDestroyed, KeyMissing, KeyStore
from tests.unit.ledger.erasing import erased, signed
from tests.unit.ledger.people import AT, LAST_DAYS, VERIFIER, Use, at_home, keep, member, power, some_books

ALICE, BOB = 10, 11
BUS = Use("bus", "12.5", "passenger_km", "2025-03-01", "2025-03-01", "US-CA")


def a_year(session: Session, books: Books, person: Person, home: str, kwh: str = "200") -> None:
    for month in range(1, len(LAST_DAYS) + 1):
        keep(session, books, person, power(month, kwh), home)


def a_shared_year(database: Database, books: Books) -> tuple[str, Person, Person]:
    """Alice and Bob share a home whose bills Alice entered; Alice took a bus."""
    with database.write() as session:
        code, (alice, bob) = at_home(session, books, ALICE, BOB)
        a_year(session, books, alice, code)
        keep(session, books, alice, BUS)
    return code, alice, bob


def year(database: Database, books: Books, person: Person) -> Year:
    with database.read() as session:
        return draft_of(session, books, person.person_id, 2025).year


def submitted(database: Database, books: Books, person: Person) -> bytes:
    with database.write() as session:
        close(session, books, person_id=person.person_id, vintage=2025, at=AT)
        return submit(session, books, person_id=person.person_id, vintage=2025, at=AT).digest


class TestOthers:
    def test_shared_home__one_is_erased__the_other_year_is_the_same_to_the_gram(self, database: Database) -> None:
        books = some_books()
        code, alice, bob = a_shared_year(database, books)
        before = year(database, books, bob)
        erased(database, books, alice, ALICE)
        after = year(database, books, bob)
        assert before.footprint_gco2e > 0
        assert (after.footprint_gco2e, after.bound_gco2e, after.months) == (
            before.footprint_gco2e,
            before.bound_gco2e,
            before.months,
        )
        with database.read() as session:
            shown = activities_of(session, bob.person_id)
            assert {(row.quantity, row.evidence) for row in shown} == {("200", "")}
            ended = [stay.until_on for stay in stays(session, home_at(session, code).premises_id)]
        assert ended == [date(2026, 1, 15), None]

    def test_closed_statement__of_who_stays__can_still_be_submitted(self, database: Database) -> None:
        books = some_books()
        _, alice, bob = a_shared_year(database, books)
        with database.write() as session:
            closed = close(session, books, person_id=bob.person_id, vintage=2025, at=AT)
        erased(database, books, alice, ALICE)
        with database.write() as session:
            assert submit(session, books, person_id=bob.person_id, vintage=2025, at=AT).digest == closed.digest

    def test_bill_of_who_was_erased__can_be_entered_anew_by_who_stays(self, database: Database) -> None:
        books = some_books()
        with database.write() as session:
            code, (alice, bob) = at_home(session, books, ALICE, BOB)
            stranger = member(session, books, 12)
            kept = keep(session, books, alice, power(1, "100", Grade.S), code)
            with pytest.raises(ActivityUnknown):
                withdraw(session, person_id=bob.person_id, activity_id=kept, at=AT)
        erased(database, books, alice, ALICE)
        with database.write() as session:
            with pytest.raises(ActivityUnknown):
                withdraw(session, person_id=stranger.person_id, activity_id=kept, at=AT)
            withdraw(session, person_id=bob.person_id, activity_id=kept, at=AT)
            again = keep(session, books, bob, power(1, "100", Grade.S), code)
            assert inspect(session, verifier=VERIFIER, activity_ids=[again], at=AT) == 1

    def test_household__of_who_stays__still_counts_who_was_erased(self, database: Database) -> None:
        books = some_books()
        _, alice, bob = a_shared_year(database, books)
        erased(database, books, alice, ALICE)
        with database.read() as session:
            assert alice.address in household_of(session, bob.person_id)


class TestKeys:
    def test_home__the_last_of_those_who_lived_there_is_erased__its_key_is_destroyed(self, database: Database) -> None:
        books = some_books()
        code, alice, bob = a_shared_year(database, books)
        assert database.keys is not None
        erased(database, books, alice, ALICE)
        assert not database.keys.is_destroyed(home_key_name(code))
        erased(database, books, bob, BOB)
        assert database.keys.is_destroyed(home_key_name(code))
        with database.read() as session:
            bills = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id).is_not(None))).all()
            assert len(bills) == 12
            with pytest.raises(KeyDestroyed):
                assert bills[0].quantity

    def test_vehicle__shared__keeps_its_key_for_who_stays(self, database: Database) -> None:
        books = some_books()
        assert database.keys is not None
        with database.write() as session:
            alice, bob = member(session, books, ALICE), member(session, books, BOB)
            car = register_vehicle(
                session, books, person_id=alice.person_id, kind="car_petrol", place="US-CA", plate="ABC 123",
                since_on=date(2025, 1, 1), at=AT,
            )  # fmt: skip
            join_vehicle(session, car.code, person_id=bob.person_id, since_on=date(2025, 1, 1), at=AT)
            for day, km in ((date(2025, 1, 1), 1_000), (date(2025, 6, 1), 5_000)):
                read_odometer(session, books, car.code, person_id=alice.person_id, read_on=day, km=km, at=AT)
        erased(database, books, alice, ALICE)
        with database.read() as session:
            assert [one.km for one in readings_of(session, car)] == [1_000, 5_000]
        erased(database, books, bob, BOB)
        assert database.keys.is_destroyed(vehicle_key_name(car.code))


class TestWhatGoes:
    def test_rows__of_the_person__are_a_tombstone(self, database: Database) -> None:
        books = some_books()
        _, alice, _ = a_shared_year(database, books)
        with database.write() as session:
            note(session, person_id=alice.person_id, role=Role.VERIFIER, reader=VERIFIER, what="w", why="y", at=AT)
            session.add(
                SessionRow(token_digest=b"t" * 32, address=alice.address, created_at=AT, expires_at=AT + timedelta(1))
            )
            close(session, books, person_id=alice.person_id, vintage=2025, at=AT)
        erased(database, books, alice, ALICE)
        with database.write() as session:
            row = session.get_one(PersonRow, alice.person_id)
            assert (row.erased_at, row.left_because, row.born_on, row.guardian) == (AT, "erased", None, None)
            own = session.exec(
                select(ActivityRow).where(
                    col(ActivityRow.person_id) == alice.person_id, col(ActivityRow.premises_id).is_(None)
                )
            ).all()
            assert own == []
            assert session.exec(select(SessionRow)).all() == []
            assert session.exec(select(ResidenceRow).where(ResidenceRow.person_id == alice.person_id)).all() == []
            statement = session.exec(select(StatementRow)).one()
            assert (statement.document, statement.footprint_gco2e, statement.current) == ("", 0, False)
            note(session, person_id=alice.person_id, role=Role.VERIFIER, reader=VERIFIER, what="w", why="y", at=AT)
            assert accesses_of(session, alice.person_id) == [], "of an erased person there is nothing to read"

    def test_account__after_its_erasure__is_gone_and_not_for_anybody_again(self, database: Database) -> None:
        books = some_books()
        _, alice, bob = a_shared_year(database, books)
        erased(database, books, alice, ALICE)
        with database.write() as session:
            with pytest.raises(AccountErased) as caught:
                person_at(session, alice.address)
            assert caught.value.code == "account.erased"
            assert [one.address for one in persons(session)] == [bob.address]
            with pytest.raises(PersonhoodUsed):
                join(session, books, address=dev_signer(13).address, region="US-CA", identity=f"person {ALICE}",
                     joined_on=date(2026, 1, 15), at=AT)  # fmt: skip
            with pytest.raises(AccountErased):
                rotate(session, account=alice.address, new_address=dev_signer(13).address, chain_id=1, signed_at=AT,
                       signature=b"", new_signature=b"", at=AT)  # fmt: skip
            with pytest.raises(GuardianMissing):
                join(session, books, address=dev_signer(14).address, region="US-CA", identity="child",
                     joined_on=date(2026, 1, 15), at=AT, born_on=date(2020, 1, 1), guardian=alice.address)  # fmt: skip
            assert owner_of(session, alice.address) is not None
            assert not not_selling(session, [alice.address]), "what an adult holds is its own"

    def test_deadline__after_the_erasure__closes_nothing_of_it_and_the_others(self, database: Database) -> None:
        books = some_books()
        _, alice, bob = a_shared_year(database, books)
        erased(database, books, alice, ALICE)
        done = close_overdue(database, books, AT + timedelta(days=200))
        assert (done.submitted, done.failed) == (((bob.person_id, 2025),), ())


class TestWards:
    def family(self, database: Database, books: Books) -> tuple[Person, Person]:
        with database.write() as session:
            parent = member(session, books, ALICE)
            child = join(
                session, books, address=dev_signer(12).address, region="US-CA", identity="child",
                joined_on=date(2025, 1, 1), at=AT, born_on=date(2020, 1, 1), guardian=parent.address,
            )  # fmt: skip
        return parent, child

    def test_guardian__with_a_ward__erases_the_ward_first(self, database: Database) -> None:
        books = some_books()
        parent, child = self.family(database, books)
        with pytest.raises(ErasureInTheWay) as caught:
            erased(database, books, parent, ALICE)
        assert child.address in str(caught.value)
        erased(database, books, child, ALICE)
        erased(database, books, parent, ALICE)

    def test_ward__erased__does_not_free_its_credits_for_sale(self, database: Database) -> None:
        books = some_books()
        _, child = self.family(database, books)
        erased(database, books, child, ALICE)
        with database.read() as session:
            assert not_selling(session, [child.address]) == {child.address}


class TestAgain:
    def test_backup__brought_back__is_erased_again_and_could_not_be_read(self, database: Database) -> None:
        books = some_books()
        code, alice, bob = a_shared_year(database, books)
        assert database.keys is not None
        with database.read() as session:
            row = session.get_one(PersonRow, alice.person_id)
            name = person_key_name(row.commitment)
        database.keys.destroy(name)  # as if the database were of before the erasure
        with database.read() as session:
            trips = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id).is_(None))).all()
            with pytest.raises(KeyDestroyed):
                assert trips[0].kind
        assert finish_erasures(database, books, AT) == [alice.person_id]
        assert finish_erasures(database, books, AT) == []
        with database.read() as session:
            assert [one.address for one in persons(session)] == [bob.address]
            assert not database.keys.is_destroyed(home_key_name(code))

    def test_backup__of_a_driver_with_a_birth_date__counts_it_as_a_minor_while_anybody_drives(
        self, database: Database
    ) -> None:
        books = some_books()
        with database.write() as session:
            alice = member(session, books, ALICE)
            bob = join(session, books, address=dev_signer(BOB).address, region="US-CA", identity="bob",
                       joined_on=date(2025, 1, 1), at=AT, born_on=date(1990, 1, 1))  # fmt: skip
            cars = [
                register_vehicle(session, books, person_id=one.person_id, kind="car_petrol", place="US-CA",
                                 plate=f"ABC {one.person_id}", since_on=date(2025, 1, 1), at=AT)
                for one in (alice, bob)
            ]  # fmt: skip
            join_vehicle(session, cars[0].code, person_id=bob.person_id, since_on=date(2025, 1, 1), at=AT)
            commitment = session.get_one(PersonRow, bob.person_id).commitment
        assert database.keys is not None
        for name in (person_key_name(commitment), vehicle_key_name(cars[1].code)):
            database.keys.destroy(name)  # as if the database were of before the erasure
        assert finish_erasures(database, books, AT) == [bob.person_id]
        with database.read() as session:
            after = AT.date() + timedelta(days=1)
            assert [drivers_from(session, car.vehicle_id) for car in cars] == [{bob.person_id: after}, {}]

    def test_crash__between_rows_and_key__is_finished_at_the_next_start(self, database: Database) -> None:
        books = some_books()
        _, alice, _ = a_shared_year(database, books)
        with database.write() as session:
            erase(session, books, alice, signed(alice, dev_signer(ALICE)), at=AT)
            name = person_key_name(session.get_one(PersonRow, alice.person_id).commitment)
        assert database.keys is not None
        assert not database.keys.is_destroyed(name)
        assert finish_erasures(database, books, AT) == []
        assert database.keys.is_destroyed(name)
        destroy_keys(database, alice.person_id)


@pytest.mark.parametrize("master", ["another", "none"])
def test_start__with_another_key_store__is_refused(database: Database, tmp_path: Path, master: str) -> None:
    a_shared_year(database, some_books())
    other = KeyStore(tmp_path / "other")
    if master == "another":
        other.key_or_new(b"n" * 32)
    wrong = Database(database.url, other)
    with pytest.raises(KeyMissing):
        finish_erasures(wrong, some_books(), AT)
    wrong.close()


def test_note__in_a_transaction_that_is_not_committed__is_refused(database: Database) -> None:
    with database.write() as session:
        person = member(session, some_books(), ALICE)
    with database.read() as session, pytest.raises(AssertionError, match="committed"):
        note(session, person_id=person.person_id, role=Role.OPERATOR, reader=None, what="w", why="y", at=AT)
