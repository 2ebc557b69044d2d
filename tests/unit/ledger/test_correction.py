"""Errors found after attestation: too much is owed and later vintages pay it, too little is told and never minted."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from backend.ledger.closing import StatementStale, close, submit
from backend.ledger.content import findings_of
from backend.ledger.correction import (
    AMOUNT_MAX_GCO2E,
    CorrectionAmountInvalid,
    CorrectionKind,
    CorrectionUnknown,
    correct,
    corrections_of,
    lift,
    memos_before,
)
from backend.ledger.deficit import open_deficits, settle_deficit
from backend.ledger.document import verify
from backend.ledger.service import Statement, mark_attested
from backend.storage.database import Database
from tests.unit.ledger.britons import a_briton, british, closed, used
from tests.unit.ledger.britons import attested as britons_attested
from tests.unit.ledger.people import AT, at_home, keep, power, some_books

LATER = AT + timedelta(days=9)
BOOKS = some_books()


def attested(session: Session, kwh: str) -> Statement:
    """A year attested; 60 kWh a month leave a credit, 400 a deficit."""
    home, (person,) = at_home(session, BOOKS, 11)
    for month in range(1, 13):
        keep(session, BOOKS, person, power(month, kwh), home)
    close(session, BOOKS, person_id=person.person_id, vintage=2025, at=AT)
    submitted = submit(session, BOOKS, person_id=person.person_id, vintage=2025, at=AT)
    return mark_attested(session, submitted.digest, at=AT)


def corrected(
    session: Session, statement: Statement, kind: CorrectionKind, amount_gco2e: int, source: str = "a"
) -> None:
    correct(
        session,
        statement.digest,
        kind=kind,
        amount_gco2e=amount_gco2e,
        reason="a second meter",
        source=source,
        at=LATER,
    )


def owed(session: Session, statement: Statement) -> int:
    return sum(one.outstanding_gco2e for one in open_deficits(session, statement.person_id))


def test_debt__once_a_source__is_owed_beside_what_was_owed(database: Database) -> None:
    with database.write() as session:
        statement = attested(session, "400")
        before = owed(session, statement)
        corrected(session, statement, CorrectionKind.DEBT, 5_000)
        corrected(session, statement, CorrectionKind.DEBT, 5_000)
        assert owed(session, statement) == before + 5_000
        corrected(session, statement, CorrectionKind.DEBT, 700, "b")
        assert owed(session, statement) == before + 5_700
        assert len({one.reference for one in corrections_of(session, statement.person_id)}) == 2


@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX_GCO2E + 1])
def test_correction__by_no_possible_amount__is_refused(database: Database, amount: int) -> None:
    with database.write() as session:
        statement = attested(session, "60")
        with pytest.raises(CorrectionAmountInvalid) as caught:
            corrected(session, statement, CorrectionKind.DEBT, amount)
    assert caught.value.code == "correction.amount_invalid"


def test_lift__of_a_debt__takes_it_away_and_what_was_owed_before_stays(database: Database) -> None:
    with database.write() as session:
        statement = attested(session, "400")
        before = owed(session, statement)
        corrected(session, statement, CorrectionKind.DEBT, 5_000)
        lift(session, "a", at=LATER)
        lift(session, "a", at=LATER)
        assert owed(session, statement) == before
        with pytest.raises(CorrectionUnknown):
            lift(session, "b", at=LATER)


def test_lift__of_a_debt_partly_paid__tells_what_was_paid_as_a_memo(database: Database) -> None:
    with database.write() as session:
        statement = attested(session, "60")
        corrected(session, statement, CorrectionKind.DEBT, 5_000)
        (debt,) = open_deficits(session, statement.person_id)
        settle_deficit(
            session, debt.reference, amount_gco2e=2_000, region=debt.region, vintage=2025, source="tx:1", at=LATER
        )
        lift(session, "a", at=LATER)
        assert owed(session, statement) == 0
        memos = [one for one in corrections_of(session, statement.person_id) if one.kind is CorrectionKind.MEMO]
        assert [memo.amount_gco2e for memo in memos] == [2_000]


def test_memo__is_told_by_the_next_vintage_handed_in_and_changes_no_amount(database: Database) -> None:
    books = some_books(british(2024), british(2025))
    with database.write() as session:
        person, home = a_briton(session, books)
        for vintage in (2024, 2025):
            used(session, books, person, home, vintage=vintage, kwh="200")
        earlier = britons_attested(session, books, person, 2024)
        before = closed(session, books, person, 2025)
        corrected(session, earlier, CorrectionKind.MEMO, 4_000)
        with pytest.raises(StatementStale):
            submit(session, books, person_id=person.person_id, vintage=2025, at=LATER)
        after = closed(session, books, person, 2025)
        told = verify(after.document).values
        assert told["memo.0000"] == {"vintage": 2024, "amountGco2e": "4000", "reason": "a second meter"}
        assert findings_of(told) == []
        same = ("budget_gco2e", "footprint_gco2e", "credit_gco2e", "deficit_gco2e")
        assert [getattr(before, name) for name in same] == [getattr(after, name) for name in same]
        submit(session, books, person_id=person.person_id, vintage=2025, at=LATER + timedelta(days=1))
        assert memos_before(session, person.person_id, 2026) == [], "told once"
        assert len(memos_before(session, person.person_id, 2025)) == 1


def test_debt__is_netted_from_what_the_next_vintage_would_mint(database: Database) -> None:
    books = some_books(british(2024), british(2025))
    with database.write() as session:
        person, home = a_briton(session, books)
        for vintage in (2024, 2025):
            used(session, books, person, home, vintage=vintage, kwh="200")
        earlier = britons_attested(session, books, person, 2024)
        without = closed(session, books, person, 2025)
        corrected(session, earlier, CorrectionKind.DEBT, 15_000)
        paying = closed(session, books, person, 2025)
        assert paying.netted_gco2e == 15_000
        assert paying.credit_gco2e < without.credit_gco2e
        assert owed(session, earlier) == 0
