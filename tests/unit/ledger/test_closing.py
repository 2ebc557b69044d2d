"""Closing and submitting, netting and carrying over vintages, the cap, and what verification and the chain do next."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from backend.footprint.kind import Grade
from backend.kernel.mass import share_ceil
from backend.ledger.books import Books
from backend.ledger.closing import CapExceeded, EarlierOpen, StatementStale, VintageOpen, close, submit
from backend.ledger.content import findings_of
from backend.ledger.debt import DeficitCreditUnfit, deficit_reference
from backend.ledger.deficit import (
    DeficitUnknown,
    SettlementAmountInvalid,
    all_open_deficits,
    deficit_at,
    open_deficits,
    settle_deficit,
    unsettle_deficit,
)
from backend.ledger.document import verify
from backend.ledger.home import found_home
from backend.ledger.netting import largest_mint
from backend.ledger.person import Person
from backend.ledger.policy import Policy, PolicyUnknown, parse_policy
from backend.ledger.service import (
    Statement,
    StatementUnknown,
    mark_anchored,
    mark_attested,
    mark_claimed,
    mark_returned,
    statement_at,
    statement_of,
    statements_in,
    statements_of,
    unmark_anchored,
    unmark_claimed,
)
from backend.ledger.state import State, StatementStateWrong
from backend.storage.database import Database
from tests.unit.ledger.people import AT, Use, at_home, keep, member, power, some_books
from tests.unit.ledger.test_policy import TEXT


def british(vintage: int, **rules: int) -> Policy:
    """A policy for home electricity in Britain: 100 kg a year, no haircut and no buffer unless given."""
    text = TEXT.replace('id = "test"', f'id = "gb-{vintage}"').replace("vintage = 2025", f"vintage = {vintage}")
    for name, value in ({"haircut_d_bps": 0, "buffer_bps": 0} | rules).items():
        line = next(row for row in text.splitlines() if row.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse_policy(text)


def a_briton(session: Session, books: Books, number: int = 10) -> tuple[Person, str]:
    person = member(session, books, number, "GB", date(2024, 1, 1))
    home = found_home(session, person_id=person.person_id, region="GB", since_on=date(2024, 1, 1), at=AT)
    return person, home.code


def used(session: Session, books: Books, person: Person, home: str, *, vintage: int, kwh: str) -> None:
    meter = f"meter of {person.person_id}"
    reading = Use("grid_electricity", kwh, "kWh", f"{vintage}-01-01", f"{vintage}-12-31", "GB", meter, Grade.M)
    keep(session, books, person, reading, home)


def closed(session: Session, books: Books, person: Person, vintage: int) -> Statement:
    return close(session, books, person_id=person.person_id, vintage=vintage, at=AT)


def attested(session: Session, books: Books, person: Person, vintage: int) -> Statement:
    closed(session, books, person, vintage)
    submitted = submit(session, books, person_id=person.person_id, vintage=vintage, at=AT)
    return mark_attested(session, submitted.digest, at=AT, salts=books.salts)


class TestClose:
    def test_year_not_over_where_the_person_lives__is_refused(self, database: Database) -> None:
        still_2025_in_california = datetime(2026, 1, 1, 7, 59, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)

            with pytest.raises(VintageOpen) as refused:
                close(session, books, person_id=person.person_id, vintage=2025, at=still_2025_in_california)
            over = datetime(2026, 1, 1, 8, tzinfo=UTC)
            assert close(session, books, person_id=person.person_id, vintage=2025, at=over).state is State.CLOSED
        assert refused.value.code == "statement.vintage_open"

    def test_year_without_a_policy__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)

            with pytest.raises(PolicyUnknown):
                closed(session, books, person, 2024)

    def test_document__holds_the_statement_and_its_sums_agree(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            for month in range(1, 13):
                keep(session, books, person, power(month, "100"), code)
            statement = closed(session, books, person, 2025)

        document = verify(statement.document)
        assert document.digest == statement.digest
        assert document.values["creditGco2e"] == str(statement.credit_gco2e)
        assert document.values["class"] == "US-CA/2025/SIM"
        assert findings_of(document.values) == []
        assert findings_of(document.values | {"budgetGco2e": "1"})
        assert findings_of({}) != []

    def test_closing_anew_before_submission__replaces_the_version(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            first = closed(session, books, person, 2025)
            keep(session, books, person, power(1, "100"), code)
            second = closed(session, books, person, 2025)

            assert (first.version, second.version) == (1, 2)
            assert second.footprint_gco2e < first.footprint_gco2e
            assert [one.digest for one in statements_of(session, person.person_id)] == [second.digest]

    def test_same_inputs_and_salts__give_the_same_digest(self, database: Database) -> None:
        digests = []
        for _ in range(2):
            with Session(database.writer) as session:
                books = some_books()
                code, (person,) = at_home(session, books, 10)
                keep(session, books, person, power(1, "100"), code)
                digests.append(closed(session, books, person, 2025).digest)
                session.rollback()

        assert digests[0] == digests[1]

    def test_order_of_entry__does_not_change_the_statement(self, database: Database) -> None:
        digests = []
        for months in (range(1, 13), range(12, 0, -1)):
            with Session(database.writer) as session:
                books = some_books()
                code, (person,) = at_home(session, books, 10)
                for month in months:
                    keep(session, books, person, power(month, str(90 + month)), code)
                digests.append(closed(session, books, person, 2025).digest)
                session.rollback()

        assert digests[0] == digests[1]

    def test_region_cap__is_never_exceeded(self, database: Database) -> None:
        books = some_books(british(2025, region_cap_kg=199))
        with database.write() as session:
            (one, _), (two, _) = a_briton(session, books, 10), a_briton(session, books, 11)
            closed(session, books, one, 2025)
            closed(session, books, one, 2025)

            with pytest.raises(CapExceeded) as refused:
                closed(session, books, two, 2025)
            assert statement_of(session, two.person_id, 2025) is None
        assert refused.value.code == "policy.cap_exceeded"

    def test_earlier_vintage__must_be_attested_first(self, database: Database) -> None:
        books = some_books(british(2024), british(2025))
        with database.write() as session:
            person, _ = a_briton(session, books)
            with pytest.raises(EarlierOpen) as refused:
                closed(session, books, person, 2025)
            closed(session, books, person, 2024)
            with pytest.raises(EarlierOpen):
                closed(session, books, person, 2025)
            submitted = submit(session, books, person_id=person.person_id, vintage=2024, at=AT)
            mark_attested(session, submitted.digest, at=AT)

            assert closed(session, books, person, 2025).state is State.CLOSED
        assert refused.value.code == "statement.earlier_open"


class TestSubmit:
    def test_not_closed__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)

            with pytest.raises(StatementUnknown) as refused:
                submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
        assert refused.value.code == "statement.unknown"

    def test_something_added_since_closing__is_stale(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            closed(session, books, person, 2025)
            keep(session, books, person, power(1, "100"), code)

            with pytest.raises(StatementStale) as refused:
                submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            changed = refused.value.fields["changed"]
            assert isinstance(changed, list)
            assert "footprintGco2e" in changed
        assert refused.value.code == "statement.stale"

    def test_submitted__cannot_be_closed_anew_nor_submitted_twice(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)
            closed(session, books, person, 2025)
            submit(session, books, person_id=person.person_id, vintage=2025, at=AT)

            with pytest.raises(StatementStateWrong):
                closed(session, books, person, 2025)
            with pytest.raises(StatementStateWrong) as refused:
                submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
        assert refused.value.code == "statement.state_wrong"

    def test_returned__is_closed_anew_as_a_new_version_and_the_old_one_kept(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            closed(session, books, person, 2025)
            submitted = submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            returned = mark_returned(session, submitted.digest, reason="January is missing", at=AT)
            keep(session, books, person, power(1, "100"), code)
            again = closed(session, books, person, 2025)

            assert (returned.state, returned.reason) == (State.RETURNED, "January is missing")
            assert (again.version, again.state) == (2, State.CLOSED)
            assert statement_at(session, submitted.digest).state is State.RETURNED


class TestNetting:
    """Vintage 2024 owes; vintage 2025 pays before it mints."""

    BOOKS = (british(2024), british(2025))

    def test_surplus__pays_what_an_earlier_vintage_owes_before_it_mints(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")  # 124.2 kg of 100
            used(session, books, person, home, vintage=2025, kwh="200")
            owing = attested(session, books, person, 2024)
            mark_anchored(session, owing.digest)
            paying = attested(session, books, person, 2025)

            assert owing.deficit_gco2e > 0
            assert paying.netted_gco2e == owing.deficit_gco2e
            assert paying.credit_gco2e == largest_mint(paying.surplus_gco2e - owing.deficit_gco2e, 10_000, 0)
            assert open_deficits(session, person.person_id) == []
            assert statement_at(session, owing.digest).state is State.SETTLED

    def test_small_surplus__pays_a_part_and_mints_nothing(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="1000")
            used(session, books, person, home, vintage=2025, kwh="350")
            owing = attested(session, books, person, 2024)
            paying = attested(session, books, person, 2025)
            (left,) = open_deficits(session, person.person_id)

            assert paying.netted_gco2e == paying.surplus_gco2e > 0
            assert paying.credit_gco2e == 0
            assert left.outstanding_gco2e == owing.deficit_gco2e - paying.surplus_gco2e

    def test_returned_statement__frees_what_it_would_have_paid(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")
            used(session, books, person, home, vintage=2025, kwh="200")
            owing = attested(session, books, person, 2024)
            closed(session, books, person, 2025)
            planned = open_deficits(session, person.person_id)
            submitted = submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            mark_returned(session, submitted.digest, reason="look again", at=AT)

            assert planned == []
            assert [one.outstanding_gco2e for one in open_deficits(session, person.person_id)] == [owing.deficit_gco2e]

    def test_closing_anew__nets_the_same_again_and_not_twice(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="600")
            used(session, books, person, home, vintage=2025, kwh="200")
            attested(session, books, person, 2024)

            netted = [closed(session, books, person, 2025).netted_gco2e for _ in range(3)]

            assert netted[0] == netted[1] == netted[2] > 0

    def test_rest_below_the_step__is_carried_into_the_next_vintage(self, database: Database) -> None:
        books = some_books(*self.BOOKS)
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="200")
            used(session, books, person, home, vintage=2025, kwh="200")
            first, second = attested(session, books, person, 2024), attested(session, books, person, 2025)

            carried = first.surplus_gco2e - first.credit_gco2e
            assert 0 < carried < 10_000
            assert first.credit_gco2e % 10_000 == 0
            assert verify(second.document).values["carriedInGco2e"] == str(carried)
            assert second.credit_gco2e == (second.surplus_gco2e + carried) // 10_000 * 10_000

    @pytest.mark.parametrize("available", [0, 9_999, 10_000, 10_499, 10_500, 20_999, 21_000, 123_456])
    def test_mint_and_its_buffer_share__fit_together(self, available: int) -> None:
        credit = largest_mint(available, 10_000, 500)

        assert credit % 10_000 == 0
        assert credit + share_ceil(credit, 500) <= available
        assert credit + 10_000 + share_ceil(credit + 10_000, 500) > available


class TestDeficits:
    def a_debt(self, session: Session, books: Books) -> Statement:
        person, home = a_briton(session, books)
        used(session, books, person, home, vintage=2025, kwh="1000")
        statement = attested(session, books, person, 2025)
        return mark_anchored(session, statement.digest)

    def test_debt__is_known_by_a_salted_reference_only(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            assert statement.state is State.DEFICIT
            assert debt.amount_gco2e == debt.outstanding_gco2e == statement.deficit_gco2e
            assert debt.reference != deficit_reference(statement.digest, b"")
            assert deficit_at(session, debt.reference) == debt

    def test_settling__in_part_then_whole__follows_the_chain_both_ways(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            def settle(amount: int, source: str, vintage: int = 2025) -> int:
                return settle_deficit(
                    session, debt.reference, amount_gco2e=amount, region="GB", vintage=vintage, source=source, at=AT
                )

            assert settle(1_000, "tx1:0") == 1_000
            assert settle(1_000, "tx1:0") == 0
            assert statement_at(session, statement.digest).state is State.PARTLY_SETTLED
            assert settle(10**9, "tx2:0", vintage=2023) == debt.amount_gco2e - 1_000
            assert statement_at(session, statement.digest).state is State.SETTLED
            assert settle(5, "tx3:0") == 0
            assert unsettle_deficit(session, "tx2:0") == debt.amount_gco2e - 1_000
            assert statement_at(session, statement.digest).state is State.PARTLY_SETTLED
            assert unsettle_deficit(session, "tx1:0") == 1_000
            assert unsettle_deficit(session, "tx1:0") == 0
            assert statement_at(session, statement.digest).state is State.DEFICIT

    @pytest.mark.parametrize(("region", "vintage"), [("GB", 2026), ("US-CA", 2025)])
    def test_credits_of_a_later_vintage_or_another_region__do_not_settle(
        self, database: Database, region: str, vintage: int
    ) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            self.a_debt(session, books)
            (debt,) = all_open_deficits(session)

            with pytest.raises(DeficitCreditUnfit) as refused:
                settle_deficit(
                    session, debt.reference, amount_gco2e=1, region=region, vintage=vintage, source="t", at=AT
                )
            assert all_open_deficits(session) == [debt]
        assert refused.value.code == "deficit.credit_unfit"

    def test_unknown_reference_or_no_amount__is_refused(self, database: Database) -> None:
        with database.write() as session:
            with pytest.raises(DeficitUnknown) as unknown:
                settle_deficit(session, b"r" * 32, amount_gco2e=1, region="GB", vintage=2025, source="t", at=AT)
            with pytest.raises(SettlementAmountInvalid) as nothing:
                settle_deficit(session, b"r" * 32, amount_gco2e=0, region="GB", vintage=2025, source="t", at=AT)
        assert unknown.value.code == "deficit.unknown"
        assert nothing.value.code == "deficit.amount_invalid"

    def test_reorg_of_the_anchoring__keeps_what_was_settled(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            statement = self.a_debt(session, books)
            (debt,) = all_open_deficits(session)
            settle_deficit(session, debt.reference, amount_gco2e=1_000, region="GB", vintage=2025, source="t", at=AT)

            assert unmark_anchored(session, statement.digest).state is State.ATTESTED
            assert mark_anchored(session, statement.digest).state is State.PARTLY_SETTLED


class TestVerification:
    def test_submitted_and_attested__are_listed_for_those_who_need_them(self, database: Database) -> None:
        books = some_books(british(2025), replace(british(2024), id="gb-2024"))
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2024, kwh="200")
            closed(session, books, person, 2024)
            submitted = submit(session, books, person_id=person.person_id, vintage=2024, at=AT)

            assert [one.digest for one in statements_in(session, State.SUBMITTED)] == [submitted.digest]
            assert statements_in(session, State.SUBMITTED, class_id=submitted.class_id + 1) == []
            mark_attested(session, submitted.digest, at=AT)
            (one,) = statements_in(session, State.ATTESTED, class_id=submitted.class_id)
            assert one.account == person.address
            assert one.nullifier == books.personhood.nullifier(books.personhood.commitment("person 10"), 2024)
            assert one.policy_digest == books.policies.policy("gb-2024").digest
            assert one.factors_digest == books.factors_for(2024).digest

    def test_credit__is_issued_claimed_and_both_taken_back_by_a_reorg(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2025, kwh="200")
            digest = attested(session, books, person, 2025).digest

            states = [
                mark_anchored(session, digest).state,
                mark_claimed(session, digest).state,
                unmark_claimed(session, digest).state,
                unmark_anchored(session, digest).state,
            ]

            assert states == [State.ISSUED, State.CLAIMED, State.ISSUED, State.ATTESTED]

    def test_neither_credit_nor_debt__is_neutral(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person, home = a_briton(session, books)
            used(session, books, person, home, vintage=2025, kwh="470")
            statement = attested(session, books, person, 2025)

            assert mark_anchored(session, statement.digest).state is State.NEUTRAL

    def test_returning_or_attesting_what_is_not_submitted__is_refused(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person, _ = a_briton(session, books)
            statement = closed(session, books, person, 2025)

            with pytest.raises(StatementStateWrong):
                mark_attested(session, statement.digest, at=AT)
            with pytest.raises(StatementStateWrong):
                mark_returned(session, statement.digest, reason="no", at=AT)
            with pytest.raises(StatementUnknown):
                statement_at(session, b"x" * 32)
