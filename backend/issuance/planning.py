"""From attested statements' figures to a stored batch: streamed in, worked out, and written in bulk."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import insert
from sqlmodel import Session

from backend.issuance.batch import BatchPlan, Entry, Leaf
from backend.issuance.reading import BatchState, chunks_of
from backend.issuance.tables import BatchRow, ClaimRow
from backend.issuance.tree import keep_tree
from backend.kernel.clock import from_unix_s
from backend.kernel.mass import share_ceil
from backend.ledger.figures import Figures, Group

ROWS_PER_INSERT = 5_000


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


def keep_plan(session: Session, plan: BatchPlan, policy_id: str, at: datetime) -> None:
    """Stores a batch with its leaves and its tree."""
    totals = plan.totals
    session.add(
        BatchRow(
            root=plan.root,
            class_id=totals.class_id,
            state=BatchState.PLANNED,
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
    )
    for leaves in chunks_of(plan.leaves(), ROWS_PER_INSERT):
        session.execute(insert(ClaimRow), [_row(plan.root, leaf) for leaf in leaves])
    keep_tree(session, plan.tree)
    session.flush()


def _row(root: bytes, leaf: Leaf) -> dict[str, object]:
    return {
        "statement_digest": leaf.statement_digest,
        "root": root,
        "position": leaf.position,
        "account": leaf.account,
        "amount_gco2e": leaf.amount_gco2e,
        "nullifier": leaf.nullifier,
    }
