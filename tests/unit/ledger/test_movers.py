"""A mover's year: one statement, in the class of the region of 31 December, and no gain by choosing a region."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from backend.footprint.kind import Grade
from backend.ledger.books import Books
from backend.ledger.closing import close
from backend.ledger.document import verify
from backend.ledger.draft import draft_of
from backend.ledger.home import found_home, move_out
from backend.ledger.person import Person
from backend.ledger.policy import PolicySet, PolicyUnknown
from backend.ledger.residence import Residence, move
from backend.ledger.seat import runs_in, seat_of
from backend.ledger.statement import Status
from backend.storage.database import Database
from tests.unit.ledger.britons import british
from tests.unit.ledger.people import AT, Use, at_home, keep, member, power, some_books
from tests.unit.ledger.years import CALIFORNIA, SICHUAN

BRITISH = british(2025)
POLICIES = PolicySet.of([CALIFORNIA, SICHUAN, BRITISH])
WHOLE = {"vintage": 2025, "joined_on": date(2024, 1, 1), "left_on": None, "born_on": None}
SUMMER = datetime(2025, 7, 1, 19, tzinfo=UTC)


def to_california(session: Session, books: Books) -> tuple[Person, str, str]:
    """A Briton who moves to California on 1 July 2025; the codes of both homes."""
    person = member(session, books, 10, "GB")
    own = person.person_id
    first = found_home(session, person_id=own, region="GB", since_on=date(2025, 1, 1), at=AT)
    move_out(session, first.code, person_id=own, until_on=date(2025, 6, 30), at=SUMMER)
    move(session, own, region="US-CA", since_on=date(2025, 7, 1), at=SUMMER)
    second = found_home(
        session, person_id=own, region="US-CA", grid_area="US-CAMX", since_on=date(2025, 7, 1), at=SUMMER
    )
    return person, first.code, second.code


class TestSeat:
    def test_year_in_one_region__is_whole_and_of_it(self) -> None:
        policy, member_of, runs = seat_of(POLICIES, [Residence(date(2024, 1, 1), "GB")], **WHOLE)  # type: ignore[arg-type]  # plain keywords

        assert (policy, member_of.elsewhere) == (BRITISH, ())
        assert runs == ((date(2025, 1, 1), date(2025, 12, 31), "GB"),)

    def test_move_on_new_year_s_eve__decides_the_class_and_nothing_else(self) -> None:
        known = [Residence(date(2024, 1, 1), "CN-SC"), Residence(date(2025, 12, 31), "US-CA")]

        policy, member_of, _ = seat_of(POLICIES, known, **WHOLE)  # type: ignore[arg-type]  # plain keywords

        assert policy is CALIFORNIA
        (before,) = member_of.elsewhere
        assert (before.first, before.last, before.policy) == (date(2025, 1, 1), date(2025, 12, 30), SICHUAN)

    def test_ungoverned_region__begins_or_ends_the_year(self) -> None:
        only = PolicySet.of([CALIFORNIA])
        came = [Residence(date(2024, 1, 1), "GB"), Residence(date(2025, 4, 1), "US-CA")]
        went = [Residence(date(2024, 1, 1), "US-CA"), Residence(date(2025, 10, 1), "GB")]

        (_, after, _), (_, before, _) = (seat_of(only, known, **WHOLE) for known in (came, went))  # type: ignore[arg-type]  # plain keywords

        assert (after.first, after.last) == (date(2025, 4, 1), date(2025, 12, 31))
        assert (before.first, before.last) == (date(2025, 1, 1), date(2025, 9, 30))
        with pytest.raises(PolicyUnknown):
            seat_of(only, [Residence(date(2024, 1, 1), "GB")], **WHOLE)  # type: ignore[arg-type]  # plain keywords

    def test_runs__cover_every_day_once(self) -> None:
        known = [
            Residence(date(2024, 1, 1), "GB"),
            Residence(date(2025, 3, 1), "US-CA"),
            Residence(date(2025, 5, 1), "GB"),
        ]

        runs = runs_in(known, date(2025, 2, 1), date(2025, 6, 30))

        assert runs == [
            (date(2025, 2, 1), date(2025, 2, 28), "GB"),
            (date(2025, 3, 1), date(2025, 4, 30), "US-CA"),
            (date(2025, 5, 1), date(2025, 6, 30), "GB"),
        ]


class TestStatement:
    def test_mover__has_one_statement_with_the_smaller_budget_of_the_days_before(self, database: Database) -> None:
        books = some_books(CALIFORNIA, BRITISH)
        with database.write() as session:
            person, _, second = to_california(session, books)
            for month in range(7, 13):
                keep(session, books, person, power(month, "50"), second)
            statement = close(session, books, person_id=person.person_id, vintage=2025, at=AT)

        assert statement.region == "US-CA"
        # 181 days at the British 100 kg, 184 at the Californian 459 kg
        assert statement.budget_gco2e == (181 * 100_000 + 184 * 459_000) // 365
        months = verify(statement.document).values
        january = months["month.electricity.2025-01"]
        assert isinstance(january, dict)
        assert january["status"] == "unmeasured"
        assert int(str(january["footprintGco2e"])) == -(-1_020_000 * 31 // 365), "the higher default of the two"

    def test_both_homes__together_measure_the_year(self, database: Database) -> None:
        books = some_books(CALIFORNIA, BRITISH)
        with database.write() as session:
            person, first, second = to_california(session, books)
            before = Use("grid_electricity", "200", "kWh", "2025-01-01", "2025-06-30", "GB", "GB meter", Grade.M)
            keep(session, books, person, before, first)
            for month in range(7, 13):
                keep(session, books, person, power(month, "50"), second)
            year = draft_of(session, books, person.person_id, 2025).year

        assert {month.status for month in year.months} == {Status.MEASURED}
        filled = {month.month: month.footprint_gco2e - month.reported_gco2e for month in year.months}
        assert {month: grams for month, grams in filled.items() if grams} == {6: 932}, "8 hours between the two clocks"

    def test_home_in_another_region__does_not_measure_where_the_person_says_it_lives(self, database: Database) -> None:
        """A region is a choice of budget; only a home there shows that one lives there."""
        books = some_books(CALIFORNIA, BRITISH)
        with database.write() as session:
            person = member(session, books, 10, "US-CA")
            home = found_home(session, person_id=person.person_id, region="GB", since_on=date(2025, 1, 1), at=AT)
            low = Use("grid_electricity", "100", "kWh", "2025-01-01", "2025-12-31", "GB", "GB meter", Grade.M)
            keep(session, books, person, low, home.code)
            year = draft_of(session, books, person.person_id, 2025).year

        assert {month.status for month in year.months} == {Status.UNMEASURED}
        assert year.surplus_gco2e == 0

    def test_lines_of_another_basis_abroad__cost_and_never_earn(self, database: Database) -> None:
        """Sichuan counts CO2, Britain CO2e: what was used in Britain stays in, and earns nothing under Sichuan."""
        sichuan = replace(SICHUAN, categories=tuple(one for one in SICHUAN.categories if one.category == "electricity"))
        books = some_books(sichuan, BRITISH)
        with database.write() as session:
            person = member(session, books, 10, "GB")
            own = person.person_id
            home = found_home(session, person_id=own, region="GB", since_on=date(2025, 1, 1), at=AT)
            low = Use("grid_electricity", "100", "kWh", "2025-01-01", "2025-06-30", "GB", "GB meter", Grade.M)
            keep(session, books, person, low, home.code)
            move_out(session, home.code, person_id=own, until_on=date(2025, 6, 30), at=SUMMER)
            move(session, own, region="CN-SC", since_on=date(2025, 7, 1), at=SUMMER)
            year = draft_of(session, books, own, 2025).year

        first_half = [month for month in year.months if month.month <= 6]
        assert {month.status for month in first_half} == {Status.PROXIED}
        assert all(month.footprint_gco2e and month.bound_gco2e >= month.budget_gco2e for month in first_half)

    def test_person_who_stays__is_computed_as_before(self, database: Database) -> None:
        books = some_books()
        with database.write() as session:
            code, (person,) = at_home(session, books, 10)
            for month in range(1, 13):
                keep(session, books, person, power(month, "100"), code)
            year = draft_of(session, books, person.person_id, 2025).year

        assert year.budget_gco2e == 459_000
        assert {month.status for month in year.months} == {Status.MEASURED}
