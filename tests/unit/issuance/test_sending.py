"""Planning, anchoring and claiming: what goes into the outbox, once, and what does not."""

import json
from datetime import datetime, timedelta

import pytest
from eth_abi.abi import decode
from sqlmodel import Session

from backend.chain.merkle import claim_leaf, verify
from backend.issuance import service
from backend.issuance.approval import BatchExpired, BatchStateWrong
from backend.issuance.batch import BatchEmpty, BatchTooSmall
from backend.issuance.claim_file import ClaimUnknown
from backend.issuance.dissolving import DISSOLVE_AFTER
from backend.issuance.reading import BatchState, BatchUnknown, batch_at, batches
from backend.issuance.service import ApprovalsInsufficient, ClassUnready, RootSuspended
from backend.kernel.digest import to_hex
from backend.ledger.service import StatementUnknown
from backend.link.tables import Intent, IntentState
from tests.unit.issuance.world import (
    AT,
    AVERAGE,
    CAP_GCO2E,
    CLASS_ID,
    DEPLOYMENT,
    LAVISH,
    THRIFTY,
    VERIFIERS,
    World,
)

BATCH_TYPES = "(uint256,bytes32,uint256,uint256,uint256,uint256,uint256,bytes32,bytes32,uint256)"
CLAIM_TYPES = "(address,uint256,uint256,bytes32,bytes32)"


def anchor(world: World, root: bytes, at: datetime = AT) -> Intent:
    with world.database.write() as session:
        return service.anchor(session, world.contracts, root, at)


def claim(world: World, root: bytes) -> list[Intent]:
    with world.database.write() as session:
        return service.claim(session, world.contracts, root, AT)


def end(world: World, intent: Intent, state: IntentState) -> None:
    with world.database.write() as session:
        session.get_one(Intent, intent.id).state = state


class TestPlan:
    def test_nobody_attested__is_refused(self, world: World) -> None:
        with pytest.raises(BatchEmpty):
            world.plan()

    def test_fewer_than_the_policys_minimum__wait(self, world: World) -> None:
        world.attest(*world.household(THRIFTY, 11), *world.household(AVERAGE, 12))
        with pytest.raises(BatchTooSmall):
            world.plan()

    def test_statements_in_a_batch__are_not_planned_again(self, world: World) -> None:
        world.three_attested()
        world.plan()
        with pytest.raises(BatchEmpty):
            world.plan()

    def test_expired_batch__is_dissolved_an_hour_later_and_its_statements_planned_anew(self, world: World) -> None:
        batch = world.approved()
        with pytest.raises(BatchEmpty):
            world.plan(batch.deadline + DISSOLVE_AFTER - timedelta(seconds=1))

        again = world.plan(batch.deadline + DISSOLVE_AFTER)

        assert again.root == batch.root
        assert again.deadline > batch.deadline
        assert (again.state, again.approvers) == (BatchState.PLANNED, ())

    def test_expired_batch__that_is_on_its_way_or_anchored__stays(self, world: World) -> None:
        batch = world.approved()
        intent = anchor(world, batch.root)
        late = batch.deadline + DISSOLVE_AFTER
        with pytest.raises(BatchEmpty):
            world.plan(late)
        end(world, intent, IntentState.REVERTED)
        world.anchor_event(batch)
        with pytest.raises(BatchEmpty):
            world.plan(late)
        world.undo()
        assert world.plan(late).root == batch.root


class TestAnchor:
    def test_approved_batch__is_sent_with_ascending_signatures_once(self, world: World) -> None:
        batch = world.approved()

        intent = anchor(world, batch.root)

        assert (intent.kind, intent.reference, intent.contract) == ("anchor", to_hex(batch.root), "Issuance")
        message, signatures = decode([BATCH_TYPES, "bytes[]"], intent.data[4:])
        assert message == tuple(
            value.lower() if isinstance(value, str) else value for value in batch.totals.message().values()
        )
        assert len(signatures) == 2
        assert anchor(world, batch.root).id == intent.id
        with world.database.read() as session:
            assert batch_at(session, batch.root).state is BatchState.SENT

    def test_a_third_signature_after_sending__does_not_change_what_was_sent(self, world: World) -> None:
        batch = world.approved()
        intent = anchor(world, batch.root)
        with pytest.raises(BatchStateWrong):
            world.approve(batch.root, VERIFIERS[2])
        assert anchor(world, batch.root).data == intent.data

    def test_below_the_threshold__is_refused(self, world: World) -> None:
        world.three_attested()
        batch = world.approve(world.plan().root, VERIFIERS[0])
        with pytest.raises(ApprovalsInsufficient) as caught:
            anchor(world, batch.root)
        assert caught.value.code == "batch.approvals_insufficient"
        assert caught.value.fields == {"given": 1, "threshold": 2}

    def test_signature_of_a_verifier_removed_since__does_not_count(self, world: World) -> None:
        batch = world.approved()
        world.event("Issuance", "VerifierSet", verifier=VERIFIERS[0].address, accredited=False)
        with pytest.raises(ApprovalsInsufficient):
            anchor(world, batch.root)

    def test_no_threshold_set__is_refused(self, world: World) -> None:
        batch = world.approved()
        world.event("Issuance", "ThresholdSet", threshold=0)
        with pytest.raises(ApprovalsInsufficient):
            anchor(world, batch.root)

    def test_at_the_deadline__is_too_late(self, world: World) -> None:
        batch = world.approved()
        with pytest.raises(BatchExpired):
            anchor(world, batch.root, batch.deadline)

    def test_no_room_under_the_cap__is_refused(self, world: World) -> None:
        batch = world.approved()
        used = CAP_GCO2E - batch.totals.budgets_gco2e + 1
        world.event("CarbonCredit", "SurplusAnchored", classId=CLASS_ID, root=b"\x05" * 32, budgets=used, surplus=0)
        with pytest.raises(ClassUnready) as caught:
            anchor(world, batch.root)
        assert caught.value.code == "batch.class_unready"
        world.undo()
        anchor(world, batch.root)

    def test_class_unknown_to_the_chain__is_refused(self, world: World) -> None:
        batch = world.approved()
        world.undo()
        with pytest.raises(ClassUnready, match="does not exist"):
            anchor(world, batch.root)

    def test_class_with_a_higher_buffer_rate__is_refused(self, world: World) -> None:
        batch = world.approved()
        world.undo()
        world.event("CarbonCredit", "ClassCreated", classId=CLASS_ID, cap=CAP_GCO2E, bufferRateBps=501)
        with pytest.raises(ClassUnready, match="501 bps"):
            anchor(world, batch.root)

    def test_reverted_try__is_tried_anew_under_another_reference(self, world: World) -> None:
        batch = world.approved()
        first = anchor(world, batch.root)
        end(world, first, IntentState.REVERTED)
        second = anchor(world, batch.root)
        end(world, second, IntentState.REVERTED)
        third = anchor(world, batch.root)
        root = to_hex(batch.root)
        assert [one.reference for one in (first, second, third)] == [root, f"{root}:2", f"{root}:3"]
        assert anchor(world, batch.root).id == third.id

    def test_anchored_by_somebody_else__is_not_sent(self, world: World) -> None:
        batch = world.anchored()
        with pytest.raises(BatchStateWrong):
            anchor(world, batch.root)

    def test_unknown_root__is_refused(self, world: World) -> None:
        with pytest.raises(BatchUnknown):
            anchor(world, b"\x07" * 32)


class TestClaim:
    def test_anchored_batch__every_leaf_that_mints_goes_out_with_its_proof(self, world: World) -> None:
        batch = world.anchored()

        (intent,) = claim(world, batch.root)

        assert intent.kind == "claim"
        roots, leaves, proofs = decode(["bytes32[]", f"{CLAIM_TYPES}[]", "bytes32[][]"], intent.data[4:])
        assert list(roots) == [batch.root]
        assert [verify(batch.root, claim_leaf(*leaf), proof) for leaf, proof in zip(leaves, proofs, strict=True)] == [
            True
        ]
        assert [one.id for one in claim(world, batch.root)] == [intent.id]

    def test_more_claims_than_fit_one_call__go_out_in_chunks_each_once(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "CLAIMS_PER_CALL", 2)
        statements = [one for number in range(11, 16) for one in world.household(THRIFTY, number)]
        world.attest(*statements)
        batch = world.approve(world.plan().root)
        world.anchor_event(batch)

        intents = claim(world, batch.root)

        claimed = [leaf[3] for one in intents for leaf in decode(["bytes32[]", f"{CLAIM_TYPES}[]"], one.data[4:])[1]]
        assert sorted(claimed) == sorted(one.digest for one in statements)
        assert len(intents) == 3
        assert [one.id for one in claim(world, batch.root)] == [one.id for one in intents]

    def test_minted_claims__are_not_sent_again(self, world: World) -> None:
        statements = world.three_attested()
        batch = world.approve(world.plan().root)
        world.anchor_event(batch)
        world.mint_event(batch, statements[0])
        assert claim(world, batch.root) == []

    def test_chunk_that_was_skipped_on_the_chain__is_tried_anew(self, world: World) -> None:
        batch = world.anchored()
        (first,) = claim(world, batch.root)
        end(world, first, IntentState.CONFIRMED)
        (second,) = claim(world, batch.root)
        assert second.id != first.id
        assert second.reference == f"{first.reference}:2"

    def test_batch_that_is_not_anchored__has_nothing_to_claim_yet(self, world: World) -> None:
        batch = world.approved()
        with pytest.raises(BatchStateWrong):
            claim(world, batch.root)

    def test_suspended_root__is_not_claimed_until_it_is_resumed(self, world: World) -> None:
        batch = world.anchored()
        world.event("CarbonCredit", "RootSuspended", root=batch.root, suspended=True)
        with pytest.raises(RootSuspended) as caught:
            claim(world, batch.root)
        assert caught.value.code == "batch.suspended"
        world.event("CarbonCredit", "RootSuspended", root=batch.root, suspended=False)
        assert len(claim(world, batch.root)) == 1


class TestClaimFile:
    def file(self, session: Session, digest: bytes) -> dict[str, object]:
        return dict(service.claim_file(session, DEPLOYMENT, digest))

    def test_every_statement_of_a_batch__has_a_leaf_and_a_proof(self, world: World) -> None:
        statements = world.three_attested()
        batch = world.approve(world.plan().root)
        with world.database.read() as session:
            files = [json.loads(json.dumps(self.file(session, one.digest))) for one in statements]

        for statement, found in zip(statements, files, strict=True):
            leaf, raw = found["leaf"], bytes.fromhex
            assert int(leaf["amountGco2e"]) == statement.credit_gco2e
            hashed = claim_leaf(
                leaf["account"],
                int(leaf["classId"]),
                int(leaf["amountGco2e"]),
                raw(leaf["statementDigest"][2:]),
                raw(leaf["nullifier"][2:]),
            )
            assert verify(raw(found["root"][2:]), hashed, [raw(sibling[2:]) for sibling in found["proof"]])
            assert found["batch"]["root"] == found["root"] == to_hex(batch.root)
            assert len(found["signatures"]) == 2
        assert [found["state"] for found in files] == ["open", "nothing to mint", "nothing to mint"]

    def test_after_minting__says_so(self, world: World) -> None:
        statements = world.three_attested()
        batch = world.approve(world.plan().root)
        world.anchor_event(batch)
        world.mint_event(batch, statements[0])
        with world.database.read() as session:
            found = self.file(session, statements[0].digest)
        assert (found["state"], found["batchState"]) == ("minted", "anchored")

    def test_statement_in_no_batch__has_none_yet(self, world: World) -> None:
        (statement,) = world.household(LAVISH, 11)
        with world.database.read() as session:
            with pytest.raises(ClaimUnknown) as caught:
                self.file(session, statement.digest)
            assert caught.value.code == "claim.unknown"
            with pytest.raises(StatementUnknown):
                self.file(session, b"\x07" * 32)


def test_batches__pages__in_order_of_planning(world: World) -> None:
    first = world.anchored()
    world.attest(*(one for number in range(21, 24) for one in world.household(THRIFTY, number)))
    second = world.plan()
    with world.database.read() as session:
        assert [one.root for one in batches(session, limit=10)] == [first.root, second.root]
        assert [one.root for one in batches(session, limit=1)] == [first.root]
        assert [one.root for one in batches(session, limit=1, after=1)] == [second.root]
