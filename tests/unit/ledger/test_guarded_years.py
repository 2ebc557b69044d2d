"""The guards of ADR 0016 in the ledger itself: what was told when, by whom, and what of it counts."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from backend.footprint.kind import Category, Grade
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.document import verify
from backend.ledger.draft import Draft, draft_of
from backend.ledger.earning import earning_notices
from backend.ledger.home import found_home, home_at, move_in, move_out
from backend.ledger.meter import MeterUnknown, replace_meter
from backend.ledger.odometer import ReadingRelied, read_odometer, undo_reading
from backend.ledger.person import Person, join
from backend.ledger.residence import move
from backend.ledger.service import mark_attested
from backend.ledger.statement import Withheld
from backend.ledger.tables import MeterRow
from backend.ledger.vehicle import join_vehicle, register_vehicle
from backend.storage.database import Database
from tests.property.cheat_world import policy_of
from tests.unit.ledger.people import Use, at_home, keep, member, power, some_books

NEW_YEAR = date(2025, 1, 1)
THEN = datetime(2025, 1, 2, 12, tzinfo=UTC)
OVER = datetime(2027, 1, 15, 12, tzinfo=UTC)


def guarded(*, vintages: tuple[int, ...] = (2025, 2026), region: str = "GB") -> Books:
    return some_books(*(policy_of(region, vintage, ["electricity"]) for vintage in vintages))


def a_home(session: Session, person: Person, since_on: date = NEW_YEAR, at: datetime = THEN) -> str:
    return found_home(session, person_id=person.person_id, region="GB", since_on=since_on, at=at).code


def used(session: Session, books: Books, person: Person, home: str, *, first: str, last: str) -> None:
    """A bill of 500 kWh of the home's one meter."""
    use = Use("grid_electricity", "500", "kWh", first, last, "GB", home, Grade.M)
    keep(session, books, person, use, home, at=OVER)


def attested(session: Session, books: Books, person: Person, vintage: int) -> Draft:
    own = {"person_id": person.person_id, "vintage": vintage, "at": OVER}
    draft = draft_of(session, books, person.person_id, vintage)
    close(session, books, **own)  # type: ignore[arg-type]  # plain keywords
    digest = submit(session, books, **own).digest  # type: ignore[arg-type]  # plain keywords
    mark_attested(session, digest, at=OVER, salts=books.salts)
    return draft


class TestHeld:
    def year_with_a_gap(self, session: Session, books: Books, joined_on: date) -> tuple[Draft, Draft]:
        """Who has no bill of 2025, and every one of 2026."""
        person = member(session, books, 10, "GB", joined_on)
        home = a_home(session, person)
        used(session, books, person, home, first="2026-01-01", last="2026-12-31")
        return attested(session, books, person, 2025), draft_of(session, books, person.person_id, 2026)

    def told(self, draft: Draft) -> list[str]:
        """What the person reads of why the year earns nothing, by name."""
        found = earning_notices(draft.year, OVER.date())
        assert all(str(draft.policy.vintage) in one.en and str(draft.policy.vintage) in one.zh for one in found)
        return [one.name for one in found]

    def test_year_with_a_gap__holds_the_next(self, database: Database) -> None:
        with database.write() as session:
            first, second = self.year_with_a_gap(session, guarded(), date(2024, 6, 1))

        assert first.year.withheld is Withheld.GAP
        assert (second.year.withheld, second.plan.credit_gco2e) == (Withheld.HELD, 0)
        assert self.told(first) == ["gap"]
        assert self.told(second) == ["held"]

    def test_year_of_joining__holds_nothing(self, database: Database) -> None:
        """Whoever joins on 1 January instead has no such year either."""
        with database.write() as session:
            first, second = self.year_with_a_gap(session, guarded(), date(2025, 11, 29))

        assert first.year.withheld is Withheld.CUT
        assert second.year.withheld is None
        assert self.told(first) == ["part_year"]
        assert self.told(second) == []
        assert second.plan.netted_gco2e == first.year.deficit_gco2e > 0

    def test_statement__says_its_gap_and_why_it_mints_nothing(self, database: Database) -> None:
        with database.write() as session:
            books = guarded()
            person = member(session, books, 10, "GB", date(2024, 6, 1))
            used(session, books, person, a_home(session, person), first="2025-01-01", last="2025-12-30")
            statement = close(session, books, person_id=person.person_id, vintage=2025, at=OVER)

        values = verify(statement.document).values
        assert (values["gapSeconds"], values["withheldBecause"]) == (86_400, "gap")


class TestMoves:
    def test_move_told_late__is_a_gap_for_who_moved__and_lightens_nobody(self, database: Database) -> None:
        books = guarded()
        told = {}
        for number, at in ((10, datetime(2025, 4, 2, tzinfo=UTC)), (20, datetime(2025, 12, 20, tzinfo=UTC))):
            with database.write() as session:
                one = member(session, books, number, "GB", NEW_YEAR)
                two = member(session, books, number + 1, "GB", NEW_YEAR)
                first, second = a_home(session, one), a_home(session, two)
                move_out(session, second, person_id=two.person_id, until_on=date(2025, 3, 31), at=at)
                move_in(session, first, person_id=two.person_id, since_on=date(2025, 4, 1), at=at)
                for person, home in ((one, first), (two, second)):
                    used(session, books, person, home, first="2025-01-01", last="2025-03-31")
                    used(session, books, person, home, first="2025-04-01", last="2025-12-31")
                told[number] = [draft_of(session, books, person.person_id, 2025).year for person in (one, two)]

        (stayed, moved), (stayed_late, moved_late) = told[10], told[20]
        assert (stayed.withheld, moved.withheld) == (None, None)
        assert (stayed_late.withheld, moved_late.withheld) == (None, Withheld.GAP)
        assert stayed_late.bound_gco2e > stayed.bound_gco2e
        assert moved_late.footprint_gco2e > moved.footprint_gco2e

    def test_hours_between_two_clocks__are_no_gap(self, database: Database) -> None:
        """A Briton who moves to California loses eight hours in which nobody is at home."""
        policies = [policy_of(region, 2025, ["electricity"]) for region in ("GB", "US-CA")]
        books = some_books(*policies)
        at = datetime(2025, 7, 1, 19, tzinfo=UTC)
        with database.write() as session:
            person = member(session, books, 10, "GB", NEW_YEAR)
            home = a_home(session, person)
            move_out(session, home, person_id=person.person_id, until_on=date(2025, 6, 30), at=at)
            move(session, person.person_id, region="US-CA", since_on=date(2025, 7, 1), at=at)
            there = found_home(
                session, person_id=person.person_id, region="US-CA", grid_area="US-CAMX", since_on=date(2025, 7, 1),
                at=at,
            )  # fmt: skip
            used(session, books, person, home, first="2025-01-01", last="2025-06-30")
            for month in range(7, 13):
                keep(session, books, person, power(month, "50", Grade.M), there.code)
            year = draft_of(session, books, person.person_id, 2025).year

        assert (year.gap_s, year.withheld) == (0, None)

    def test_document_over_a_birth__falls_on_the_time_lived(self, database: Database) -> None:
        """A bill of the year in the name of a child born in July left half of it to nobody."""
        books = some_books(policy_of("GB", 2025, ["travel"]))
        with database.write() as session:
            parent = member(session, books, 10, "GB", NEW_YEAR)
            child = join(
                session, books, address="0x" + "11" * 20, region="GB", identity="a child", joined_on=date(2025, 7, 1),
                born_on=date(2025, 7, 1), guardian=parent.address, at=THEN,
            )  # fmt: skip
            use = Use("bus", "1000", "passenger_km", "2025-01-01", "2025-12-31", "GB")
            keep(session, books, child, use)
            year = draft_of(session, books, child.person_id, 2025).year

        assert abs(sum(line.amount.gco2e for line in year.lines) - 108_460) <= 12


class TestReadings:
    def a_car(self, session: Session) -> tuple[Books, Person, Person, str]:
        books = guarded()
        one, two = member(session, books, 10, "GB", NEW_YEAR), member(session, books, 11, "GB", NEW_YEAR)
        car = register_vehicle(
            session, books, person_id=one.person_id, kind="car_petrol", place="GB", plate="AB 1", since_on=NEW_YEAR,
            at=THEN,
        )  # fmt: skip
        for day, km in ((NEW_YEAR, 0), (date(2025, 7, 1), 9_000)):
            read_odometer(session, books, car.code, person_id=one.person_id, read_on=day, km=km, at=OVER)
        return books, one, two, car.code

    def test_reading_by_which_somebody_came__cannot_be_taken_back(self, database: Database) -> None:
        """Half of what was driven before would become the newcomer's."""
        with database.write() as session:
            _, one, two, car = self.a_car(session)
            join_vehicle(session, car, person_id=two.person_id, since_on=date(2025, 7, 1), at=OVER)

            with pytest.raises(ReadingRelied) as refused:
                undo_reading(session, car, person_id=one.person_id, at=OVER)
        assert refused.value.code == "odometer.reading_relied"

    def test_reading_on_which_nobody_relies__can(self, database: Database) -> None:
        with database.write() as session:
            books, one, _, car = self.a_car(session)
            undo_reading(session, car, person_id=one.person_id, at=OVER)
            read_odometer(session, books, car, person_id=one.person_id, read_on=date(2025, 6, 1), km=8_000, at=OVER)


class TestReplacedByTheWrongNumber:
    def test_number_typed_wrong__is_put_right_while_nothing_was_read_under_it(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100", meter="OLD1"), code)

            def replaced(new: str) -> None:
                replace_meter(
                    session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY,
                    old="OLD1", new=new, on=date(2025, 2, 1), at=OVER,
                )  # fmt: skip

            replaced("NEW7")
            replaced("NEW1")
            keep(session, books, person, power(2, "100", meter="NEW1"), code)

            assert len(session.query(MeterRow).all()) == 2
            with pytest.raises(MeterUnknown):
                replaced("NEW7")
