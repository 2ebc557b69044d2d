"""How far a statement has come: each step with its time, and back again when the chain takes one back."""

import pytest

from backend.issuance.progress import Progress, progress_of
from backend.ledger.service import Statement, StatementUnknown
from tests.unit.issuance.world import AT, World


def progress(world: World, statement: Statement) -> Progress:
    with world.database.read() as session:
        return progress_of(session, statement.person_id, statement.vintage)


def taken(found: Progress) -> list[str]:
    return [step.name for step in found.steps if step.at is not None]


class TestProgress:
    def test_statement__goes_step_by_step_from_closing_to_the_mint(self, world: World) -> None:
        statement = world.three_attested()[0]
        attested = progress(world, statement)
        batch = world.plan()
        planned = progress(world, statement)

        assert taken(attested) == ["closed", "submitted", "attested"]
        assert (attested.batch, attested.mints_gco2e) == (None, None)
        assert attested.steps[2].by == world.attested_by(statement).address
        assert taken(planned) == ["closed", "submitted", "attested", "batched"]
        assert planned.batch is not None
        assert (planned.batch.root, planned.mints_gco2e) == (batch.root, statement.credit_gco2e)

    def test_chain__brings_the_last_two_steps_and_may_take_them_back(self, world: World) -> None:
        statement = world.three_attested()[0]
        batch = world.approve(world.plan().root)
        world.anchor_event(batch)
        world.mint_event(batch, statement)
        minted = progress(world, statement)
        world.undo()
        undone = progress(world, statement)

        assert taken(minted)[-2:] == ["anchored", "minted"]
        assert all(step.tx_hash is not None for step in minted.steps[-2:])
        assert taken(undone)[-1] == "anchored"

    def test_open_year__has_no_way_to_follow(self, world: World) -> None:
        statement = world.three_attested()[0]

        with world.database.read() as session, pytest.raises(StatementUnknown, match="2031 is still open"):
            progress_of(session, statement.person_id, 2031)
        assert statement.submitted_at is not None
        assert statement.submitted_at <= AT
