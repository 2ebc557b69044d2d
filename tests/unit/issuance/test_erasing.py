"""Somebody is erased in the middle of verification: what is in the way, what ends; the others' work goes on."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from backend.api.rooms import books_of_all_rooms
from backend.issuance import service
from backend.issuance.appealing import make_appeal
from backend.issuance.approval import BatchUnsound
from backend.issuance.batch import BatchEmpty, BatchTooSmall
from backend.issuance.case import disclosures_of
from backend.issuance.dissolving import DISSOLVE_AFTER
from backend.issuance.draw_record import wrong_with
from backend.issuance.drawing import candidates_of
from backend.issuance.inspection import ask_inspection, inspections_of
from backend.issuance.reauditing import Outcome
from backend.issuance.returning import ask
from backend.issuance.reversal import reversals
from backend.issuance.task import queue_of, task_of
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import AppealRow, InspectionRow, QuestionRow, ReturnRow
from backend.issuance.verifier import VerifierUnaccredited
from backend.kernel.digest import to_hex
from backend.kernel.errors import TanyuError
from backend.ledger.correction import corrections_of
from backend.ledger.deficit import open_deficits
from backend.ledger.erasure import ErasureInTheWay
from backend.ledger.person import person_at
from backend.ledger.service import Statement, statements_in
from backend.ledger.state import State
from tests.unit.issuance.drawing import RULES, all_drawn, committed, opened, record_of, revealed
from tests.unit.issuance.test_second_looks import LATER, owed, reaudited, returned
from tests.unit.issuance.world import AT, CLASS_ID, THRIFTY, VERIFIERS, VINTAGE, World
from tests.unit.ledger.erasing import erased

NEUTRAL = 12
LATE = AT + RULES.reveal_until + shipped_rules().reaudit_within


def erase(world: World, statement: Statement, number: int, at: datetime = LATER) -> None:
    with world.database.read() as session:
        person = person_at(session, statement.account)
    erased(world.database, books_of_all_rooms(world.books), person, number, at)


def queue(world: World, verifier: str, at: datetime = LATER) -> set[bytes]:
    """Digests of all that waits for a verifier."""
    with world.database.read() as session:
        try:
            return {task.statement.digest for task in queue_of(session, verifier, at, limit=50)}
        except VerifierUnaccredited:
            return set()


def queues(world: World, at: datetime = LATER) -> set[bytes]:
    """Digests of all that waits for anybody."""
    return set[bytes]().union(*(queue(world, verifier.address, at) for verifier in VERIFIERS))


def outcomes(record: dict[str, Any]) -> dict[str, str | None]:
    return {one["statement"]: one["outcome"] for one in record["drawn"]}


def test_drawn__and_not_looked_at_yet__is_in_the_way_until_it_is_late(world: World) -> None:
    _, neutral, _ = world.three_attested()
    all_drawn(world)
    world.anchor_event(world.approve(world.plan().root))
    with pytest.raises(ErasureInTheWay) as caught:
        erase(world, neutral, NEUTRAL)
    assert "drawn to be audited again" in caught.value.message
    erase(world, neutral, NEUTRAL, LATE)
    record = record_of(world)
    assert wrong_with(record) == []
    assert outcomes(record)[to_hex(neutral.digest)] == "erased"
    assert len(queues(world, LATE)) == 2, "the two others are still looked at"


def test_drawn__and_looked_at__is_in_the_way_no_more(world: World) -> None:
    _, neutral, _ = world.three_attested()
    all_drawn(world)
    world.anchor_event(world.approve(world.plan().root))
    reaudited(world, neutral, Outcome.UPHELD)
    erase(world, neutral, NEUTRAL)
    assert outcomes(record_of(world))[to_hex(neutral.digest)] == "upheld"


def test_listed__erased_before_the_draw_ends__is_told_as_erased_and_the_draw_is_the_same(world: World) -> None:
    _, neutral, _ = world.three_attested()
    listed = opened(world, rules=replace(RULES, sample_bps=10_000))
    committed(world, listed, *VERIFIERS)
    world.anchor_event(world.approve(world.plan().root))
    erase(world, neutral, NEUTRAL, AT)
    revealed(world, listed, *VERIFIERS)
    record = record_of(world)
    assert wrong_with(record) == []
    assert sorted(outcomes(record).values(), key=str) == [None, None, "erased"]
    assert neutral.digest not in queues(world)


def test_erased__before_a_draw__is_not_listed(world: World) -> None:
    _, neutral, _ = world.three_attested()
    world.anchor_event(world.approve(world.plan().root))
    erase(world, neutral, NEUTRAL, AT)
    with world.database.read() as session:
        listed = {one.statement_digest for one in candidates_of(session, RULES)}
    assert len(listed) == 2
    assert neutral.digest not in listed


def test_appealed__is_dropped_with_its_appeal_questions_and_inspections(world: World) -> None:
    statement, _ = returned(world)
    with world.database.write() as session:
        own: dict[str, Any] = {"person_id": statement.person_id, "vintage": VINTAGE}
        make_appeal(session, **own, words="the July bill is there", at=LATER)
        ask_inspection(session, world.books, **own, at=LATER)
    (judged,) = queues(world)
    assert judged == statement.digest
    judge = next(one for one in VERIFIERS if judged in queue(world, one.address))
    with world.database.write() as session:
        ask(session, statement.digest, judge.address, "where is it?", LATER)
    erase(world, statement, 11)
    assert queues(world) == set()
    with world.database.read() as session:
        gone: tuple[type[Any], ...] = (AppealRow, QuestionRow, ReturnRow, InspectionRow)
        assert [session.exec(select(emptied)).all() for emptied in gone] == [[], [], [], []]
        assert [inspections_of(session, one.address, LATER) for one in VERIFIERS] == [[], [], []]


def test_overstated__and_erased__still_owes_and_is_still_reversed(world: World) -> None:
    earning = world.three_attested()[0]
    all_drawn(world)
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, world.again(earning))
    reaudited(world, earning, Outcome.OVERSTATED, 1_000)
    with world.database.read() as session:
        before = (reversals(session), open_deficits(session, earning.person_id))
    erase(world, earning, 11)
    assert owed(world, earning) == 1_000
    with world.database.read() as session:
        assert (reversals(session), open_deficits(session, earning.person_id)) == before
        assert [one.reason for one in corrections_of(session, earning.person_id)] == [""]


def test_attested__in_no_batch__is_in_nobodys_way_and_a_batch_is_made_of_the_others(world: World) -> None:
    earning, *_ = world.three_attested()
    erase(world, earning, 11)
    with pytest.raises(BatchTooSmall):
        world.plan()
    world.attest(*world.household("70", 21))
    assert world.plan().totals.people == 3


def test_attested__in_a_batch__is_in_the_way_until_nobody_can_anchor_it(world: World) -> None:
    earning, *_ = world.three_attested()
    batch = world.approve(world.plan().root)
    with pytest.raises(ErasureInTheWay, match="is in a batch"):
        erase(world, earning, 11)
    with pytest.raises(ErasureInTheWay, match="is in a batch"):
        erase(world, earning, 11, batch.deadline)
    erase(world, earning, 11, batch.deadline + DISSOLVE_AFTER)
    world.attest(*world.household("70", 21))
    assert world.plan(batch.deadline + DISSOLVE_AFTER).totals.people == 3, "the two others and the new one"


def test_batch__of_an_erased_person__undone_by_a_reorg__is_signed_by_nobody_and_holds_nobody_up(world: World) -> None:
    _, neutral, _ = world.three_attested()
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    attester = world.attested_by(neutral)
    erase(world, neutral, NEUTRAL, AT)
    with world.database.write() as session:
        assert len(service.claim(session, world.contracts, batch.root, AT)) == 1, "the leaves are the holders'"
    world.undo()
    assert world.again(neutral).state is State.ATTESTED
    with world.database.write() as session:
        for verifier in VERIFIERS:
            with pytest.raises(BatchUnsound, match="erased since"):
                disclosures_of(session, verifier.address, batch.root, AT)
    with pytest.raises(BatchUnsound, match="erased since"):
        world.approve(batch.root, VERIFIERS[2])
    with pytest.raises(BatchEmpty):
        world.plan()
    world.event("Issuance", "VerifierSet", verifier=attester.address, accredited=False)
    assert neutral.digest not in queues(world, AT)
    for verifier in VERIFIERS:
        with world.database.read() as session, pytest.raises(TanyuError) as caught:
            task_of(session, verifier.address, neutral.digest, AT)
        assert caught.value.code in {"verifier.not_assigned", "verifier.unaccredited"}


def test_class__with_an_erased_person__attests_and_batches_the_others(world: World) -> None:
    world.anchored()
    with world.database.read() as session:
        (neutral,) = statements_in(session, State.NEUTRAL, class_id=CLASS_ID)
    erase(world, neutral, NEUTRAL, AT)
    others = [*world.household("70", 21), *world.household("80", 22), *world.household(THRIFTY, 23)]
    world.attest(*others)
    batch = world.plan()
    assert batch.totals.people == 3
    with world.database.write() as session:
        shown = disclosures_of(session, VERIFIERS[0].address, batch.root, AT)
    assert len(shown) == 3
    world.approve(batch.root)
