"""From attested statements' figures to a stored batch: streamed in, worked out, and written in bulk."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from backend.issuance.batch import BatchPlan, Entry, Leaf
from backend.issuance.dissolving import drop_draft
from backend.issuance.reading import BatchState, chunks_of, roots_of
from backend.issuance.standing import BatchStale, require_standing
from backend.issuance.tables import BatchRow, ClaimRow, TreeRow
from backend.issuance.tree import parts_of
from backend.kernel.clock import from_unix_s
from backend.kernel.mass import share_ceil
from backend.ledger.figures import Figures, Group
from backend.storage.database import Database

ROWS_PER_INSERT = 5_000
PARTS_PER_INSERT = 250
"""Of a tree's parts: 8 MB."""


def entries_of(figures: Iterable[Figures], group: Group, buffer_bps: int) -> Iterator[Entry]:
    """What a batch takes from statements of a group; `buffer_bps` is its policy's."""
    for one in figures:
        yield Entry(
            account=one.account,
            class_id=group.class_id,
            statement_digest=one.digest,
            nullifier=one.nullifier,
            budget_gco2e=one.budget_gco2e,
            footprint_gco2e=one.footprint_gco2e,
            credit_gco2e=one.credit_gco2e,
            buffer_gco2e=share_ceil(one.credit_gco2e, buffer_bps),
            deficit_gco2e=one.deficit_gco2e,
            policy_digest=group.policy_digest,
            factors_digest=group.factors_digest,
        )


def keep_plan(database: Database, plan: BatchPlan, policy_id: str, at: datetime, *, before: Collection[bytes]) -> None:
    """Stores a batch with its leaves and its tree: as a draft, in transactions so short that others can write in
    between, and then, if every statement still stands, as planned. `before`: the roots of the class's batches when it
    was worked out. Raises BatchStale, and nothing is kept.
    """
    class_id = plan.totals.class_id
    with database.write() as session:
        if roots_of(session, class_id) - set(before):
            raise BatchStale(class_id, "another batch of the class was planned meanwhile")
        session.add(_draft(plan, policy_id, at))
    try:
        _fill(database, plan, at)
        with database.read() as session:
            require_standing(session, plan.root)
        with database.write() as session:
            row = _own_draft(session, plan, at)
            row.state = BatchState.PLANNED
            session.add(row)
    except BatchStale:
        drop_draft(database, plan.root, at)
        raise


def _fill(database: Database, plan: BatchPlan, at: datetime) -> None:
    for leaves in chunks_of(plan.leaves(), ROWS_PER_INSERT):
        rows = [_row(plan.root, leaf) for leaf in leaves]
        with database.write() as session:
            _own_draft(session, plan, at)
            session.connection().execute(insert(ClaimRow), rows)
    for parts in chunks_of(parts_of(plan.tree), PARTS_PER_INSERT):
        with database.write() as session:
            _own_draft(session, plan, at)
            session.connection().execute(insert(TreeRow), parts)


def _own_draft(session: Session, plan: BatchPlan, at: datetime) -> BatchRow:
    """The batch as we began it. Raises BatchStale if who planned anew dissolved it."""
    row = session.exec(select(BatchRow).where(col(BatchRow.root) == plan.root)).one_or_none()
    if row is None or row.state != BatchState.DRAFTED or row.planned_at != at:
        raise BatchStale(plan.totals.class_id, "the class was planned anew while this batch was written")
    return row


def _draft(plan: BatchPlan, policy_id: str, at: datetime) -> BatchRow:
    totals = plan.totals
    return BatchRow(
        root=plan.root,
        class_id=totals.class_id,
        state=BatchState.DRAFTED,
        people=totals.people,
        claims=plan.claims,
        budgets_gco2e=totals.budgets_gco2e,
        footprints_gco2e=totals.footprints_gco2e,
        surpluses_gco2e=totals.surpluses_gco2e,
        deficits_gco2e=totals.deficits_gco2e,
        policy_id=policy_id,
        policy_digest=totals.policy_digest,
        factors_digest=totals.factors_digest,
        deadline=from_unix_s(totals.deadline_s),
        planned_at=at,
    )


def _row(root: bytes, leaf: Leaf) -> dict[str, object]:
    return {
        "statement_digest": leaf.statement_digest,
        "root": root,
        "position": leaf.position,
        "account": leaf.account,
        "amount_gco2e": leaf.amount_gco2e,
        "nullifier": leaf.nullifier,
    }
