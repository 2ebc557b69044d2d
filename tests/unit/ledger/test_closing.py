"""Closing and submitting, the cap, and what verification and the chain do next."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.ledger.closing import CapExceeded, EarlierOpen, StatementStale, VintageOpen, close, submit
from backend.ledger.content import findings_of
from backend.ledger.document import verify
from backend.ledger.policy import PolicyUnknown
from backend.ledger.service import (
    StatementUnknown,
    mark_attested,
    mark_claimed,
    mark_returned,
    statement_at,
    statement_of,
    statements_in,
    statements_of,
    unmark_claimed,
)
from backend.ledger.state import State, StatementStateWrong
from backend.storage.database import Database
from tests.unit.ledger.anchoring import mark_anchored, unmark_anchored
from tests.unit.ledger.britons import a_briton, attested, british, closed, used
from tests.unit.ledger.people import AT, at_home, keep, power, some_books


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
            with database.read() as session:
                books = some_books()
                code, (person,) = at_home(session, books, 10)
                keep(session, books, person, power(1, "100"), code)
                digests.append(closed(session, books, person, 2025).digest)

        assert digests[0] == digests[1]

    def test_order_of_entry__does_not_change_the_statement(self, database: Database) -> None:
        digests = []
        for months in (range(1, 13), range(12, 0, -1)):
            with database.read() as session:
                books = some_books()
                code, (person,) = at_home(session, books, 10)
                for month in months:
                    keep(session, books, person, power(month, str(90 + month)), code)
                digests.append(closed(session, books, person, 2025).digest)

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
