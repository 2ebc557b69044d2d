"""Re-audits and appeals: another verifier, once, with what follows for the person and the supply."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from backend.chain.keys import Signer
from backend.issuance.appealing import (
    AppealExists,
    AppealGroundless,
    AppealLate,
    AppealUnknown,
    appeals_of,
    decide_appeal,
    make_appeal,
)
from backend.issuance.assignment import Work
from backend.issuance.reauditing import Outcome, OutcomeAmountUnfit, decide_reaudit
from backend.issuance.returning import return_statement
from backend.issuance.reversal import cancel_reversed, reversals
from backend.issuance.task import VerifierNotAssigned, queue_of, task_of
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.words import WordsMissing
from backend.ledger.closing import AppealPending, close, submit
from backend.ledger.correction import CorrectionKind, corrections_of
from backend.ledger.deadline import overdue_of
from backend.ledger.deficit import open_deficits
from backend.ledger.service import Statement, statement_of
from backend.ledger.state import State, StatementStateWrong
from backend.link.tables import Intent
from backend.storage.sealing import KeysUnset
from tests.unit.issuance.drawing import all_drawn
from tests.unit.issuance.world import AT, CLASS_ID, LAVISH, THRIFTY, VERIFIERS, VINTAGE, World

LATER = AT + timedelta(days=3)
WITHIN = shipped_rules().appeal_within


def whose(world: World, work: Work, statement: Statement) -> Signer:
    """Whose open work it is: exactly one verifier's."""
    found = []
    for verifier in VERIFIERS:
        with world.database.read() as session:
            tasks = queue_of(session, verifier.address, LATER, limit=50)
        if any((task.work, task.statement.digest) == (work, statement.digest) for task in tasks):
            found.append(verifier)
    assert len(found) == 1, found
    return found[0]


def reaudited(world: World, statement: Statement, outcome: Outcome, amount: int = 0, by: Signer | None = None) -> None:
    verifier = by or whose(world, Work.REAUDIT, statement)
    with world.database.write() as session:
        decide_reaudit(
            session, statement.digest, verifier.address, outcome, amount_gco2e=amount, reasons="the bills", at=LATER
        )


def owed(world: World, statement: Statement) -> int:
    with world.database.read() as session:
        return sum(one.outstanding_gco2e for one in open_deficits(session, statement.person_id))


def appealed(world: World, statement: Statement, at: timedelta = timedelta(days=4)) -> int:
    with world.database.write() as session:
        row = make_appeal(
            session, person_id=statement.person_id, vintage=VINTAGE, words="the July bill is there", at=AT + at
        )
        assert row.id is not None
        return row.id


def decided(world: World, appeal_id: int, by: Signer, *, granted: bool) -> None:
    with world.database.write() as session:
        decide_appeal(session, world.books, appeal_id, by.address, granted=granted, reasons="it is", at=LATER)


@pytest.fixture
def drawn(world: World) -> list[Statement]:
    found = world.three_attested()
    all_drawn(world)
    return found


def test_reaudit__of_a_drawn_statement__is_another_verifiers_and_is_said_once(
    world: World, drawn: list[Statement]
) -> None:
    for statement in drawn:
        assert whose(world, Work.REAUDIT, statement) != world.attested_by(statement)
    with pytest.raises(VerifierNotAssigned) as caught:
        reaudited(world, drawn[0], Outcome.UPHELD, by=world.attested_by(drawn[0]))
    assert caught.value.code == "verifier.not_assigned"
    auditor = whose(world, Work.REAUDIT, drawn[0])
    with pytest.raises(OutcomeAmountUnfit):
        reaudited(world, drawn[0], Outcome.UPHELD, 5)
    reaudited(world, drawn[0], Outcome.UPHELD)
    assert owed(world, drawn[0]) == 0
    with pytest.raises(VerifierNotAssigned):
        reaudited(world, drawn[0], Outcome.OVERSTATED, 5, by=auditor)


def test_reaudit__overstated__is_owed_and_reversed_up_to_what_minted(world: World, drawn: list[Statement]) -> None:
    earning, _, owing = drawn
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    reaudited(world, earning, Outcome.OVERSTATED, earning.credit_gco2e + 7)
    reaudited(world, owing, Outcome.OVERSTATED, 1_000)

    assert owed(world, earning) == earning.credit_gco2e + 7
    assert owed(world, owing) == owing.deficit_gco2e + 1_000
    with world.database.read() as session:
        assert reversals(session) == [], "nothing has minted"
    world.mint_event(batch, world.again(earning))
    with world.database.read() as session:
        (found,) = reversals(session)
    assert (found.class_id, found.amount_gco2e, found.recorded) == (CLASS_ID, earning.credit_gco2e, False)


def test_reversal__recorded_by_the_registrar__is_cancelled_from_the_buffer_once(
    world: World, drawn: list[Statement]
) -> None:
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, world.again(drawn[0]))
    reaudited(world, drawn[0], Outcome.OVERSTATED, 1_000)
    with world.database.read() as session:
        (due,) = reversals(session)
    assert cancel_reversed(world.database, world.contracts, LATER).sent == 0
    world.event("CarbonCredit", "ReversalRecorded", classId=CLASS_ID, amount=due.amount_gco2e, ref=due.reference)
    assert cancel_reversed(world.database, world.contracts, LATER).sent == 1
    assert cancel_reversed(world.database, world.contracts, LATER).sent == 0, "it is under way"
    with world.database.read() as session:
        (intent,) = session.exec(select(Intent).where(Intent.kind == "cancel")).all()
        assert intent.data == world.contracts.encode("CarbonCredit", "cancelFromBuffer", [CLASS_ID, 1_000])
        assert [one.recorded for one in reversals(session)] == [True]
    world.event("CarbonCredit", "BufferCancelled", classId=CLASS_ID, amount=1_000)
    assert cancel_reversed(world.database, world.contracts, LATER).sent == 0


def test_reversals__are_told_without_any_persons_key(world: World, drawn: list[Statement]) -> None:
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, world.again(drawn[0]))
    reaudited(world, drawn[0], Outcome.OVERSTATED, 1_000)
    with Session(world.database.reader) as keyless:
        assert [one.amount_gco2e for one in reversals(keyless)] == [1_000]
        with pytest.raises(KeysUnset):
            corrections_of(keyless, drawn[0].person_id)


def test_reaudit__understated__is_a_memo_and_owes_nothing(world: World, drawn: list[Statement]) -> None:
    reaudited(world, drawn[0], Outcome.UNDERSTATED, 3_000)
    assert owed(world, drawn[0]) == 0
    with world.database.read() as session:
        (memo,) = corrections_of(session, drawn[0].person_id)
        assert (memo.kind, memo.amount_gco2e) == (CorrectionKind.MEMO, 3_000)
        assert reversals(session) == []


def test_appeal__against_a_reversal__lifts_the_debt_by_a_third_verifier(world: World, drawn: list[Statement]) -> None:
    auditor = whose(world, Work.REAUDIT, drawn[0])
    reaudited(world, drawn[0], Outcome.OVERSTATED, 1_000)
    appeal = appealed(world, drawn[0])
    judge = whose(world, Work.APPEAL, drawn[0])
    assert judge != auditor
    with pytest.raises(VerifierNotAssigned):
        decided(world, appeal, auditor, granted=False)
    decided(world, appeal, judge, granted=True)
    assert owed(world, drawn[0]) == 0
    with world.database.read() as session:
        (lifted,) = corrections_of(session, drawn[0].person_id)
        assert lifted.lifted_at == LATER
    with pytest.raises(AppealUnknown):
        decided(world, appeal, judge, granted=False)
    with pytest.raises(AppealExists):
        appealed(world, drawn[0])


def returned(world: World, kwh: str = THRIFTY) -> tuple[Statement, Signer]:
    (statement,) = world.household(kwh, 11)
    verifier = world.attester(statement)
    with world.database.write() as session:
        return_statement(session, statement.digest, verifier.address, ["no July"], AT)
    return statement, verifier


def test_appeal__against_a_return_granted__submits_it_as_it_was_to_yet_another(world: World) -> None:
    statement, first = returned(world)
    appeal = appealed(world, statement)
    assert world.again(statement).state is State.APPEALED
    judge = whose(world, Work.APPEAL, statement)
    assert judge != first
    decided(world, appeal, judge, granted=True)
    again = world.again(statement)
    assert (again.state, again.digest, again.reason) == (State.SUBMITTED, statement.digest, None)
    assert whose(world, Work.ATTEST, statement) != first
    with world.database.read() as session, pytest.raises(VerifierNotAssigned):
        task_of(session, first.address, statement.digest, LATER)


def test_appeal__dismissed__leaves_it_returned_with_the_time_anew(world: World) -> None:
    statement, _ = returned(world)
    appeal = appealed(world, statement)
    decided(world, appeal, whose(world, Work.APPEAL, statement), granted=False)
    again = world.again(statement)
    assert (again.state, again.reason) == (State.RETURNED, "no July")
    with pytest.raises(AppealExists):
        appealed(world, statement)
    with world.database.write() as session:
        close(session, world.books, person_id=statement.person_id, vintage=VINTAGE, at=LATER)
        anew = submit(session, world.books, person_id=statement.person_id, vintage=VINTAGE, at=LATER)
        assert anew.version == 2


def test_appeal__while_it_waits__nothing_is_closed_handed_in_or_overdue(world: World) -> None:
    statement, _ = returned(world)
    appealed(world, statement)
    own = {"person_id": statement.person_id, "vintage": VINTAGE}
    with world.database.write() as session:
        with pytest.raises(StatementStateWrong):
            close(session, world.books, person_id=statement.person_id, vintage=VINTAGE, at=LATER)
        with pytest.raises(AppealPending) as caught:
            submit(session, world.books, at=LATER, **own)
        assert caught.value.code == "statement.appeal_pending"
        late = AT + timedelta(days=400)
        assert (statement.person_id, VINTAGE) not in {
            (one.person_id, one.vintage) for one in overdue_of(session, world.books, late)
        }


def test_appeal__late_groundless_or_without_words__is_refused(world: World) -> None:
    statement, _ = returned(world)
    with pytest.raises(AppealLate) as late:
        appealed(world, statement, at=WITHIN)
    assert late.value.code == "appeal.late"
    (other,) = world.household(LAVISH, 12)
    with pytest.raises(AppealGroundless):
        appealed(world, other)
    with world.database.write() as session, pytest.raises(WordsMissing):
        make_appeal(session, person_id=statement.person_id, vintage=VINTAGE, words="  ", at=LATER)
    with world.database.read() as session:
        assert appeals_of(session, statement.person_id) == []
        found = statement_of(session, statement.person_id, VINTAGE)
    assert found is not None
    assert found.state is State.RETURNED
