"""A batch is worked out and written while others write; what changed meanwhile is in no batch."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, func, select, update

from backend.issuance import dissolving, planning
from backend.issuance.approval import BatchStateWrong
from backend.issuance.batch import BatchEmpty
from backend.issuance.reading import BatchState, approvals_of, batches
from backend.issuance.soundness import findings_in
from backend.issuance.standing import BatchStale
from backend.issuance.tables import BatchRow, ClaimRow, TreeRow
from backend.issuance.tree import parts_of
from backend.ledger.figures import Figures, attested_figures, largest_attested_group
from backend.ledger.service import Statement, statements_in
from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow, StatementStateRow
from tests.unit.issuance.world import AT, AVERAGE, CLASS_ID, THRIFTY, VERIFIERS, World

LATER = AT + timedelta(minutes=1)


def while_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody else acts after the first statement was read."""

    def read(*given: Any, **options: Any) -> Iterator[Figures]:
        figures = attested_figures(*given, **options)
        yield next(figures)
        act()
        yield from figures

    monkeypatch.setattr("backend.issuance.service.attested_figures", read)


def while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody else acts when the leaves are written, and the tree is not."""

    def parts(*given: Any) -> Iterator[dict[str, Any]]:
        monkeypatch.undo()
        act()
        yield from parts_of(*given)

    monkeypatch.setattr("backend.issuance.planning.parts_of", parts)


WHEN = pytest.mark.parametrize("meanwhile", [while_reading, while_writing])


def kept(world: World) -> list[int]:
    """How many batches, leaves and parts of trees there are."""
    with world.database.read() as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in (BatchRow, ClaimRow, TreeRow)]


def changed(session: Session, statement: Statement, **values: Any) -> None:
    table = StatementStateRow if "state" in values else StatementRow
    session.execute(update(table).where(col(table.digest) == statement.digest).values(**values))


CHANGES: dict[str, Callable[[Session, Statement], object]] = {
    "state": lambda session, one: changed(session, one, state=str(State.ISSUED)),
    "version": lambda session, one: changed(session, one, current=False),
    "policy": lambda session, one: changed(session, one, policy_digest=b"\x05" * 32),
    "factors": lambda session, one: changed(session, one, factors_digest=b"\x05" * 32),
    "person": lambda session, one: session.execute(
        update(PersonRow).where(col(PersonRow.id) == one.person_id).values(erased_at=AT)
    ),
}


@WHEN
def test_plan__others_write_meanwhile__nobody_waits_and_the_batch_holds(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[..., None]
) -> None:
    world.three_attested()
    joined: list[Statement] = []
    meanwhile(monkeypatch, lambda: joined.extend(world.household(AVERAGE, 21)))
    batch = world.plan()
    assert (batch.state, batch.totals.people) == (BatchState.PLANNED, 3)
    assert [one.state for one in joined] == [State.SUBMITTED], "its transaction was committed in the middle of ours"


@WHEN
@pytest.mark.parametrize("change", CHANGES)
def test_plan__a_statement_changes_meanwhile__keeps_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[..., None], change: str
) -> None:
    fallen = world.three_attested()[1]

    def act() -> None:
        with world.database.write() as session:
            CHANGES[change](session, fallen)

    meanwhile(monkeypatch, act)
    with pytest.raises(BatchStale) as caught:
        world.plan()
    assert caught.value.code == "batch.stale"
    assert caught.value.fields["statements"] == ["0x" + fallen.digest.hex()]
    assert kept(world) == [0, 0, 0]


@WHEN
def test_plan__a_verifier_is_revoked_meanwhile__keeps_nothing_of_what_it_attested(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[..., None]
) -> None:
    statements = world.three_attested()
    gone = world.attested_by(statements[0])
    orphans = ["0x" + one.digest.hex() for one in statements if world.attested_by(one) == gone]
    meanwhile(monkeypatch, lambda: world.event("Issuance", "VerifierSet", verifier=gone.address, accredited=False))
    with pytest.raises(BatchStale) as caught:
        world.plan()
    shown = caught.value.fields["statements"]
    assert isinstance(shown, list)
    assert sorted(shown) == sorted(orphans)
    assert kept(world) == [0, 0, 0]


def test_plan__somebody_else_plans_meanwhile__one_batch_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.three_attested()

    def act() -> None:
        monkeypatch.undo()
        world.plan(LATER)

    while_reading(monkeypatch, act)
    with pytest.raises(BatchStale, match="planned meanwhile"):
        world.plan()
    with world.database.read() as session:
        (batch,) = batches(session, limit=9)
    assert (batch.state, batch.planned_at) == (BatchState.PLANNED, LATER)
    world.approve(batch.root)


def test_plan__somebody_plans_anew_while_it_is_written__gives_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.three_attested()
    while_writing(monkeypatch, lambda: world.plan(LATER))
    with pytest.raises(BatchStale, match="planned anew"):
        world.plan()
    with world.database.read() as session:
        (batch,) = batches(session, limit=9)
    assert (batch.state, batch.planned_at) == (BatchState.PLANNED, LATER)
    assert kept(world)[:2] == [1, 3]
    world.approve(batch.root)


def test_plan__while_another_writes_its_leaves__does_not_take_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other began after we looked for drafts and before we read."""
    world.three_attested()
    refused: list[BatchStale] = []

    def act() -> None:
        monkeypatch.setattr("backend.issuance.service.dissolve_over", lambda *_given: None)
        with pytest.raises(BatchStale, match="being written") as caught:
            world.plan(LATER)
        refused.append(caught.value)

    while_writing(monkeypatch, act)
    assert world.plan().state is BatchState.PLANNED
    assert len(refused) == 1


def test_plan__killed_while_it_is_written__cannot_be_signed_and_is_planned_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.three_attested()

    def die() -> None:
        raise KeyboardInterrupt

    while_writing(monkeypatch, die)
    with pytest.raises(KeyboardInterrupt):
        world.plan()
    with world.database.read() as session:
        (draft,) = batches(session, limit=9)
    assert (draft.state, kept(world)) == (BatchState.DRAFTED, [1, 3, 0])
    with pytest.raises(BatchStateWrong):
        world.approve(draft.root)
    assert world.plan(LATER).state is BatchState.PLANNED
    assert kept(world)[:2] == [1, 3]


def test_dissolve__many_leaves__go_piece_by_piece(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.three_attested()
    monkeypatch.setattr(dissolving, "PIECE", 2)
    monkeypatch.setattr(planning, "ROWS_PER_INSERT", 2)
    batch = world.plan()
    late = batch.deadline + dissolving.DISSOLVE_AFTER
    again = world.plan(late)
    assert (again.root, again.planned_at, kept(world)[:2]) == (batch.root, late, [1, 3])
    with pytest.raises(BatchEmpty):
        world.plan(late)


def in_a_class(session: Session) -> int:
    return len(statements_in(session, State.ATTESTED, class_id=CLASS_ID))


def of_figures(session: Session) -> int:
    group = largest_attested_group(session, CLASS_ID, leaving_out=())
    assert group is not None
    return len(list(attested_figures(session, group, leaving_out=())))


@pytest.mark.parametrize("read", [in_a_class, of_figures])
def test_statements_read__twice_as_many__ask_the_database_no_more_often(
    world: World, read: Callable[[Session], int]
) -> None:
    asked: list[str] = []
    event.listen(world.database.reader, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def found_and_asked() -> tuple[int, int]:
        asked.clear()
        with world.database.read() as session:
            return read(session), len(asked)

    world.three_attested()
    found, before = found_and_asked()
    world.attest(*(one for at in (21, 22, 23) for one in world.household(AVERAGE, at)))
    assert found_and_asked() == (2 * found, before)


def test_approve__others_write_meanwhile__nobody_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.three_attested()
    root = world.plan().root
    joined: list[Statement] = []

    def findings(*given: Any) -> list[str]:
        found = findings_in(*given)
        joined.extend(world.household(THRIFTY, 21))
        return found

    monkeypatch.setattr("backend.issuance.approval.findings_in", findings)
    assert world.approve(root, VERIFIERS[0]).approvers == (VERIFIERS[0].address,)
    assert [one.state for one in joined] == [State.SUBMITTED]


def test_approve__a_statement_changes_after_it_was_read__signs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallen = world.three_attested()[1]
    root = world.plan().root

    def findings(*given: Any) -> list[str]:
        found = findings_in(*given)
        with world.database.write() as session:
            changed(session, fallen, state=str(State.ISSUED))
        return found

    monkeypatch.setattr("backend.issuance.approval.findings_in", findings)
    with pytest.raises(BatchStale):
        world.approve(root, VERIFIERS[0])
    with world.database.read() as session:
        assert approvals_of(session, root) == []
