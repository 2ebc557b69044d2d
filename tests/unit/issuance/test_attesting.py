"""Verifiers attest or return statements; nobody judges an own household's."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from backend.chain.keys import DevRole, Signer, dev_signer
from backend.issuance import service
from backend.issuance.attestation import AttestationUnknown, attestation_of
from backend.issuance.attesting import StatementImplausible
from backend.issuance.batch import BatchEmpty, BatchTooSmall
from backend.issuance.plausibility import Rule
from backend.issuance.reading import StatementInconsistent
from backend.issuance.returning import ReasonMissing
from backend.issuance.task import VerifierNotAssigned, queue_of
from backend.issuance.verifier import VerifierInterested, VerifierUnaccredited, accredited, threshold_of
from backend.ledger.deficit import all_open_deficits
from backend.ledger.home import move_out
from backend.ledger.service import StatementUnknown
from backend.ledger.state import State, StatementStateWrong
from backend.ledger.tables import StatementRow, StatementStateRow
from tests.unit.issuance.world import AT, AVERAGE, DEPLOYMENT, LAVISH, STRANGER, THRIFTY, VERIFIERS, World
from tests.unit.ledger.people import at_home, keep, power

DOMAIN = DEPLOYMENT.domain("Issuance")


def attested_nothing(session: Session) -> bool:
    return all(state == State.SUBMITTED for state in session.exec(select(StatementStateRow.state)))


def test_attest__a_clean_statement__signs_what_it_says_and_marks_it(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)

    (attestation,) = world.attest(statement)

    assert world.again(statement).state is State.ATTESTED
    assert attestation.is_signed(DOMAIN)
    assert attestation.is_of(statement)
    assert attestation.rule_version == "tanyu-plausibility/3"
    assert attestation.attested_at == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    with world.database.read() as session:
        assert attestation_of(session, statement.digest) == attestation


def test_attest__a_deficit__records_the_debt(world: World) -> None:
    (statement,) = world.household(LAVISH, 11)
    world.attest(statement)
    with world.database.read() as session:
        assert [debt.amount_gco2e for debt in all_open_deficits(session)] == [statement.deficit_gco2e]


@pytest.mark.parametrize("by", [STRANGER, dev_signer(DevRole.OPERATOR)])
def test_attest__by_nobody_the_chain_accredited__is_refused(world: World, by: Signer) -> None:
    (statement,) = world.household(THRIFTY, 11)
    with pytest.raises(VerifierUnaccredited) as caught:
        world.attest(statement, by=by)
    assert caught.value.code == "verifier.unaccredited"
    with world.database.read() as session:
        assert attested_nothing(session)


def test_attest__by_a_verifier_removed_since__is_refused(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    first = world.attester(statement)
    world.event("Issuance", "VerifierSet", verifier=first.address, accredited=False)
    with pytest.raises(VerifierUnaccredited):
        world.attest(statement, by=first)
    assert world.attester(statement) != first, "the work goes to another at once"
    world.undo()
    world.attest(statement, by=first)


@pytest.mark.parametrize("number", [int(DevRole.VERIFIER_A), 11])
def test_attest__own_statement_or_a_housemates__is_refused(world: World, number: int) -> None:
    statements = world.household(AVERAGE, int(DevRole.VERIFIER_A), 11)
    chosen = next(one for one in statements if one.account == dev_signer(number).address)
    with pytest.raises(VerifierInterested) as caught:
        world.attest(chosen, by=VERIFIERS[0])
    assert caught.value.code == "verifier.interested"
    with world.database.read() as session:
        assert attested_nothing(session)
    assert world.attester(chosen) in VERIFIERS[1:]
    world.attest(chosen)


def test_attest__of_who_shared_a_home_with_the_verifier_earlier_in_the_year__is_refused(world: World) -> None:
    with world.database.write() as session:
        home, (left, mate) = at_home(session, world.books, int(DevRole.VERIFIER_A), 11)
        for month in range(1, 13):
            keep(session, world.books, mate, power(month, AVERAGE), home)
        move_out(session, home, person_id=left.person_id, until_on=date(2025, 3, 31), at=AT)
        statement = world._submitted(session, mate)
    assert world.attester(statement) in VERIFIERS[1:]
    with pytest.raises(VerifierInterested):
        world.attest(statement, by=VERIFIERS[0])


def test_attest__by_another_than_whose_turn_it_is__is_refused(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    own = world.attester(statement)
    for other in VERIFIERS:
        if other != own:
            with pytest.raises(VerifierNotAssigned):
                world.attest(statement, by=other)
    world.attest(statement, by=own)


def test_attest__after_its_verifier_was_revoked__another_attests_it_anew_before_it_is_batched(world: World) -> None:
    statements = world.three_attested()
    gone = world.attested_by(statements[0])
    world.event("Issuance", "VerifierSet", verifier=gone.address, accredited=False)
    orphans = [one for one in statements if world.attested_by(one) == gone]
    with pytest.raises(BatchTooSmall if len(orphans) < 3 else BatchEmpty):
        world.plan()
    for orphan in orphans:
        verifier = world.attester(orphan)
        with world.database.read() as session:
            assert orphan.digest in {one.statement.digest for one in queue_of(session, verifier.address, AT, limit=9)}
        world.attest(orphan, by=verifier)
        assert world.attested_by(orphan) == verifier != gone
        with pytest.raises(StatementStateWrong):
            world.attest(orphan, by=verifier)
    assert world.plan().totals.people == 3


def test_attest__a_bill_entered_in_two_homes__needs_a_verifier_who_looked_into_it(world: World) -> None:
    (first,) = world.household(THRIFTY, 11)
    world._shape = 0
    (second,) = world.household("120", 12)
    world._shape = 0
    (copy,) = world.household(THRIFTY, 13)
    assert first.footprint_gco2e == copy.footprint_gco2e != second.footprint_gco2e

    with pytest.raises(StatementImplausible) as caught:
        world.attest(copy)
    assert caught.value.code == "statement.implausible"
    assert caught.value.fields["rules"] == ["similar_curve"]
    with world.database.read() as session:
        assert attested_nothing(session)
    verifier = world.attester(copy)
    with world.database.write() as session:
        attestation = service.attest(
            session, DEPLOYMENT, copy.digest, verifier, AT, accepted=[Rule.SIMILAR_CURVE, Rule.OUTLIER]
        )
    assert attestation.accepted == ("similar_curve",)


def test_review__people_of_one_home__may_share_a_curve(world: World) -> None:
    statements = world.household(AVERAGE, 11, 12)
    with world.database.read() as session:
        assert [service.review(session, one.digest) for one in statements] == [[], []]


def test_attest__a_second_time__is_refused(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    world.attest(statement)
    with pytest.raises(StatementStateWrong):
        world.attest(statement, by=VERIFIERS[1])


def test_attest__an_unknown_digest__is_refused(world: World) -> None:
    with world.database.write() as session, pytest.raises(StatementUnknown):
        service.attest(session, DEPLOYMENT, b"\x07" * 32, VERIFIERS[0], AT)


def test_attest__a_row_that_says_more_than_its_document__is_refused(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    with world.database.write() as session:
        row = session.exec(select(StatementRow)).one()
        row.credit_gco2e += 10_000
        session.add(row)
    with pytest.raises(StatementInconsistent) as caught:
        world.attest(statement)
    assert caught.value.code == "statement.inconsistent"
    assert caught.value.fields["what"] == "credit"


def test_attestation_of__a_statement_without_one__says_so(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    with world.database.read() as session, pytest.raises(AttestationUnknown) as caught:
        attestation_of(session, statement.digest)
    assert caught.value.code == "attestation.unknown"


def test_return__with_reasons__sends_it_back(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    verifier = world.attester(statement)
    with world.database.write() as session:
        returned = service.return_statement(
            session, statement.digest, verifier.address, ["the July bill is missing", "two meters?"], AT
        )
    assert returned.state is State.RETURNED
    assert returned.reason == "the July bill is missing; two meters?"


@pytest.mark.parametrize("reasons", [[], ["fine", "  "]])
def test_return__without_saying_why__is_refused(world: World, reasons: list[str]) -> None:
    (statement,) = world.household(THRIFTY, 11)
    verifier = world.attester(statement)
    with world.database.write() as session, pytest.raises(ReasonMissing) as caught:
        service.return_statement(session, statement.digest, verifier.address, reasons, AT)
    assert caught.value.code == "statement.reason_missing"
    assert world.again(statement).state is State.SUBMITTED


def test_return__by_a_stranger_or_for_a_housemate__is_refused(world: World) -> None:
    _, mate = world.household(AVERAGE, int(DevRole.VERIFIER_A), 11)
    with world.database.write() as session:
        with pytest.raises(VerifierUnaccredited):
            service.return_statement(session, mate.digest, STRANGER.address, ["no"], AT)
        with pytest.raises(VerifierInterested):
            service.return_statement(session, mate.digest, VERIFIERS[0].address, ["no"], AT)


def test_accredited__changes_and_their_undoing__follow_the_chain(world: World) -> None:
    def now() -> tuple[set[str], int]:
        with world.database.read() as session:
            return accredited(session), threshold_of(session)

    before = now()
    assert before == ({verifier.address for verifier in VERIFIERS}, 2)
    world.event("Issuance", "VerifierSet", verifier=STRANGER.address, accredited=True)
    world.event("Issuance", "ThresholdSet", threshold=3)
    assert now() == ({verifier.address for verifier in (*VERIFIERS, STRANGER)}, 3)
    world.undo()
    world.undo()
    assert now() == before
