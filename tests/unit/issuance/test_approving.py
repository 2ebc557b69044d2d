"""k of n verifiers sign a batch; each works it out again and signs nothing that does not agree."""

from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from backend.chain.keys import DevRole, dev_signer
from backend.chain.typed_data import digest, recover
from backend.issuance import soundness
from backend.issuance.approval import BatchExpired, BatchStateWrong, BatchUnsound
from backend.issuance.reading import BatchState, BatchUnknown, approvals_of
from backend.issuance.tables import AttestationRow, BatchRow, ClaimRow
from backend.issuance.verifier import VerifierInterested, VerifierUnaccredited
from backend.ledger.state import State
from backend.ledger.tables import StatementRow, StatementStateRow
from tests.unit.issuance.world import AT, AVERAGE, DEPLOYMENT, LAVISH, STRANGER, THRIFTY, VERIFIERS, World


def findings(world: World, root: bytes) -> list[str]:
    with world.database.read() as session:
        return soundness.findings_in(session, DEPLOYMENT, root)


def test_approve__enough_verifiers__makes_the_batch_approved(world: World) -> None:
    world.three_attested()
    root = world.plan().root

    first = world.approve(root, VERIFIERS[0])
    second = world.approve(root, VERIFIERS[1])

    assert (first.state, second.state) == (BatchState.PLANNED, BatchState.APPROVED)
    assert set(second.approvers) == {verifier.address for verifier in VERIFIERS[:2]}


def test_approve__every_signature__recovers_to_its_verifier_in_ascending_order(world: World) -> None:
    world.three_attested()
    batch = world.plan()
    world.approve(batch.root, *VERIFIERS)

    message = digest("Batch", DEPLOYMENT.domain("Issuance"), batch.totals.message())
    with world.database.read() as session:
        signed_by = [recover(message, row.signature) for row in approvals_of(session, batch.root)]
    assert signed_by == sorted((verifier.address for verifier in VERIFIERS), key=lambda address: int(address, 16))


def test_approve__twice_by_the_same_verifier__counts_once(world: World) -> None:
    world.three_attested()
    root = world.plan().root
    world.approve(root, VERIFIERS[0])
    assert world.approve(root, VERIFIERS[0], at=AT + timedelta(days=99)).state is BatchState.PLANNED
    with world.database.read() as session:
        assert len(approvals_of(session, root)) == 1


def test_approve__an_unknown_root__is_refused(world: World) -> None:
    with pytest.raises(BatchUnknown) as caught:
        world.approve(b"\x07" * 32)
    assert caught.value.code == "batch.unknown"


def test_approve__by_a_stranger__is_refused(world: World) -> None:
    world.three_attested()
    root = world.plan().root
    with pytest.raises(VerifierUnaccredited):
        world.approve(root, STRANGER)


@pytest.mark.parametrize("number", [int(DevRole.VERIFIER_C), 14])
def test_approve__a_batch_with_the_verifiers_own_or_a_housemates_statement__is_refused(
    world: World, number: int
) -> None:
    mates = world.household(AVERAGE, int(DevRole.VERIFIER_C), 14)
    other = [one for one in mates if one.account != dev_signer(number).address]
    others = [*world.household(THRIFTY, 11), *world.household(LAVISH, 12)]
    world.attest(*(one for one in mates if one not in other), *others)
    root = world.plan().root

    with pytest.raises(VerifierInterested):
        world.approve(root, VERIFIERS[2])
    assert world.approve(root, VERIFIERS[0], VERIFIERS[1]).state is BatchState.APPROVED


def test_approve__at_the_deadline__is_too_late(world: World) -> None:
    world.three_attested()
    batch = world.plan()
    world.approve(batch.root, VERIFIERS[0], at=batch.deadline - timedelta(microseconds=1))
    with pytest.raises(BatchExpired) as caught:
        world.approve(batch.root, VERIFIERS[1], at=batch.deadline)
    assert caught.value.code == "batch.expired"


def test_approve__an_anchored_batch__is_refused_for_a_new_signer(world: World) -> None:
    batch = world.anchored()
    assert world.approve(batch.root, VERIFIERS[0]).state is BatchState.ANCHORED
    with pytest.raises(BatchStateWrong) as caught:
        world.approve(batch.root, VERIFIERS[2])
    assert caught.value.code == "batch.state_wrong"


TAMPERINGS = {
    "totals": (update(BatchRow).values(surpluses_gco2e=10**6), "surplusesGco2e is 1000000"),
    "people": (update(BatchRow).values(people=2), "people is 2"),
    "factors": (update(BatchRow).values(factors_digest=b"\x05" * 32), "factorsDigest is"),
    "credit": (
        update(StatementRow).where(col(StatementRow.credit_gco2e) > 0).values(credit_gco2e=300_000),
        "is not what was attested",
    ),
    "document": (update(StatementRow).values(sealed=None), "not a statement document"),
    "account": (update(StatementRow).values(budget_gco2e=1), "budget is not what its document says"),
    "state": (update(StatementStateRow).values(state=str(State.SUBMITTED)), "is not attested or past it"),
    "attester": (update(AttestationRow).values(verifier=VERIFIERS[2].address), "was not signed by"),
    "signature": (update(AttestationRow).values(signature=b"\x00" * 65), "was not signed by"),
    "amount": (update(AttestationRow).values(credit_gco2e=1), "is not what was attested"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_approve__something_was_changed_since__signs_nothing(world: World, name: str) -> None:
    world.three_attested()
    root = world.plan().root
    assert findings(world, root) == []
    statement, expected = TAMPERINGS[name]
    with world.database.write() as session:
        session.execute(statement)

    assert any(expected in finding for finding in findings(world, root))
    with pytest.raises(BatchUnsound) as caught:
        world.approve(root)
    assert caught.value.code == "batch.unsound"
    with world.database.read() as session:
        assert approvals_of(session, root) == []


def test_approve__a_leaf_was_left_out__gives_another_root_and_signs_nothing(world: World) -> None:
    world.three_attested()
    root = world.plan().root
    with world.database.write() as session:
        session.delete(session.exec(select(ClaimRow).where(col(ClaimRow.position) == 1)).one())
    assert any(finding.startswith("root is") for finding in findings(world, root))


def test_approve__attested_by_somebody_no_longer_accredited__signs_nothing(world: World) -> None:
    gone = world.attested_by(world.three_attested()[0])
    root = world.plan().root
    world.event("Issuance", "VerifierSet", verifier=gone.address, accredited=False)
    with pytest.raises(BatchUnsound) as caught:
        world.approve(root, next(one for one in VERIFIERS if one != gone))
    assert "who is not accredited" in caught.value.message


def test_approve__attested_without_an_attestation__signs_nothing(world: World) -> None:
    world.three_attested()
    root = world.plan().root
    with world.database.write() as session:
        session.delete(session.exec(select(AttestationRow)).first())
    assert any("has no attestation" in finding for finding in findings(world, root))
