"""Frees the statements of batches that come to nothing: those that missed their deadline, and those never written to
their end. A batch loses its leaves in pieces, so that others can write in between.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from backend.issuance.reading import BatchState
from backend.issuance.tables import AnchoringRow, ApprovalRow, BatchRow, ClaimRow
from backend.issuance.tree import drop_tree
from backend.issuance.tries import ANCHOR_KIND, latest_try
from backend.kernel.digest import to_hex
from backend.link.tables import IntentState
from backend.storage.database import Database

DISSOLVE_AFTER = timedelta(hours=1)
"""How long after its deadline a batch is dissolved: anybody may relay it, and block times may lag behind our clock."""

PIECE = 20_000
"""Leaves that are deleted in one transaction."""


def dissolve_over(database: Database, class_id: int, at: datetime) -> None:
    """Dissolves a class's batches that nobody can anchor, since the contract refuses them from the deadline on; and
    drafts: who plans anew takes the place of who was at it, or of a process that was killed.
    """
    with database.read() as session:
        rows = session.exec(select(BatchRow).where(col(BatchRow.class_id) == class_id)).all()
        over = [row.root for row in rows if _is_over(session, row, at)]
    for root in over:
        _dissolve(database, root, at)


def drop_draft(database: Database, root: bytes, at: datetime) -> None:
    """Dissolves a batch that its own planner began to write, unless another has begun it anew."""
    with database.read() as session:
        row = session.exec(select(BatchRow).where(col(BatchRow.root) == root)).one_or_none()
        own = row is not None and row.state == BatchState.DRAFTED and row.planned_at == at
    if own:
        _dissolve(database, root, at)


def _is_over(session: Session, row: BatchRow, at: datetime) -> bool:
    if row.state == BatchState.DRAFTED:
        return True
    if row.deadline > at - DISSOLVE_AFTER or session.get(AnchoringRow, row.root) is not None:
        return False
    intent = latest_try(session, ANCHOR_KIND, to_hex(row.root))[1]
    return intent is None or intent.state == IntentState.REVERTED


def _dissolve(database: Database, root: bytes, at: datetime) -> None:
    """As a draft first: nobody can sign that, whatever becomes of us."""
    with database.write() as session:
        row = session.exec(select(BatchRow).where(col(BatchRow.root) == root)).one_or_none()
        if row is None or not _is_over(session, row, at):
            return
        row.state = BatchState.DRAFTED
        session.add(row)
        session.exec(delete(ApprovalRow).where(col(ApprovalRow.root) == root))
        people = row.people
    for end in range(PIECE, people + PIECE, PIECE):
        with database.write() as session:
            session.exec(delete(ClaimRow).where(col(ClaimRow.root) == root, col(ClaimRow.position) < end))
    with database.write() as session:
        drop_tree(session, root)
        session.exec(delete(BatchRow).where(col(BatchRow.root) == root))
