"""Batches, mints and statements follow the chain's events, forwards and back."""

from sqlmodel import SQLModel, select

from backend.issuance.reading import BatchState, batch_at
from backend.issuance.tables import (
    AnchoringRow,
    MintRow,
    SuspensionChange,
    ThresholdChange,
    VerifierChange,
)
from backend.kernel.digest import sha256
from backend.ledger.service import Statement
from backend.ledger.state import State
from backend.ledger.tables import StatementRow
from tests.unit.issuance.world import CLASS_ID, STRANGER, World

WATCHED: tuple[type[SQLModel], ...] = (
    AnchoringRow,
    MintRow,
    VerifierChange,
    ThresholdChange,
    SuspensionChange,
    StatementRow,
)


def rows(world: World) -> list[str]:
    """Every row of the projection, and of the statements it touches."""
    with world.database.read() as session:
        return sorted(
            f"{table.__tablename__} {sorted(row.model_dump().items())}"
            for table in WATCHED
            for row in session.exec(select(table))
        )


def states(world: World, statements: list[Statement]) -> list[State]:
    return [world.again(statement).state for statement in statements]


def test_anchored__every_statement_of_the_batch__becomes_what_it_is(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)

    world.anchor_event(batch)

    assert states(world, statements) == [State.ISSUED, State.NEUTRAL, State.DEFICIT]
    with world.database.read() as session:
        found = batch_at(session, batch.root)
    assert found.state is BatchState.ANCHORED
    assert found.anchored_at == world.history[-1].block_time
    assert found.tx_hash == world.history[-1].tx_hash


def test_minted__the_claims_statement__is_claimed(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, statements[0])

    assert states(world, statements) == [State.CLAIMED, State.NEUTRAL, State.DEFICIT]
    with world.database.read() as session:
        assert (batch_at(session, batch.root).minted, batch_at(session, batch.root).claims) == (1, 1)


def test_undo__event_by_event__restores_every_row(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)
    seen = [rows(world)]
    world.anchor_event(batch)
    seen.append(rows(world))
    world.event("CarbonCredit", "RootSuspended", root=batch.root, suspended=True)
    seen.append(rows(world))
    world.event("CarbonCredit", "RootSuspended", root=batch.root, suspended=False)
    seen.append(rows(world))
    world.mint_event(batch, statements[0])

    assert len({str(one) for one in seen}) == len(seen)
    while seen:
        world.undo()
        assert rows(world) == seen.pop()


def test_reindex__all_events_again__makes_the_same_rows(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, statements[0])
    before = rows(world)
    world.reindex()
    assert rows(world) == before


def test_batch_of_another_operator__touches_no_statement_of_ours(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)
    foreign = {name: value for name, value in batch.totals.message().items() if name != "deadline"}
    world.event("Issuance", "BatchAnchored", **(foreign | {"root": sha256(b"foreign")}), verifiers=[])
    assert states(world, statements) == [State.ATTESTED] * 3
    world.undo()
    assert states(world, statements) == [State.ATTESTED] * 3


def test_mint_from_another_root_or_person__touches_no_statement_of_ours(world: World) -> None:
    statements = world.three_attested()
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, statements[0], root=sha256(b"foreign"))
    world.reindex()
    world.undo()
    world.mint_event(batch, statements[0], nullifier=sha256(b"foreign"))
    world.undo()
    assert states(world, statements) == [State.ISSUED, State.NEUTRAL, State.DEFICIT]


def test_events_of_other_contracts__are_ignored(world: World) -> None:
    before = rows(world)
    world.event("CarbonCredit", "SurplusAnchored", classId=CLASS_ID, root=sha256(b"a"), budgets=5, surplus=1)
    world.event("Issuance", "ClaimSkipped", index=0, account=STRANGER.address, root=sha256(b"a"), reason=b"\x00" * 4)
    assert rows(world) == before
    world.undo()
    world.undo()
    assert rows(world) == before
