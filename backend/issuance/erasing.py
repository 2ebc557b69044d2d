"""What an erasure means for verification: words go, what waits ends, what a draw chose is told as `erased`.

In the way is a second look that is not late: else whoever is drawn would rather be gone; and a batch that can still be
anchored: verifiers are working on its statements. An attested statement in no batch waits for nobody, and may for ever.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.issuance.dissolving import DISSOLVE_AFTER
from backend.issuance.reauditing import ERASED
from backend.issuance.tables import AnchoringRow, BatchRow, ClaimRow
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import (
    AppealRow,
    DrawRow,
    InspectionRow,
    QuestionRow,
    ReauditRow,
    ReturnRow,
)
from backend.kernel.clock import iso
from backend.ledger.tables import StatementRow


def _digests(person_id: int) -> SelectOfScalar[bytes]:
    return select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)


def second_look_in_the_way(session: Session, person_id: int, _addresses: Sequence[str], at: datetime) -> list[str]:
    """A statement that a draw chose has to be looked at before its person is erased, as long as that is not late."""
    waiting = (
        select(StatementRow.vintage, DrawRow.concluded_at)
        .join(ReauditRow, col(ReauditRow.statement_digest) == col(StatementRow.digest))
        .join(DrawRow, col(DrawRow.day) == col(ReauditRow.day))
        .where(col(StatementRow.person_id) == person_id, col(ReauditRow.decided_at).is_(None))
        .order_by(col(StatementRow.vintage))
    )
    found = []
    for vintage, concluded_at in session.exec(waiting).all():
        due_at = (concluded_at or at) + shipped_rules().reaudit_within
        if at < due_at:
            why = f"wait until that is decided, at the longest until {iso(due_at)}"
            found.append(f"the statement of {vintage} was drawn to be audited again: {why}")
    return found


def batch_in_the_way(session: Session, person_id: int, _addresses: Sequence[str], at: datetime) -> list[str]:
    """A batch that holds a statement of the person has to come to the chain or to its end first."""
    anchored = select(AnchoringRow.root)
    waiting = (
        select(StatementRow.vintage, BatchRow.deadline)
        .join(ClaimRow, col(ClaimRow.statement_digest) == col(StatementRow.digest))
        .join(BatchRow, col(BatchRow.root) == col(ClaimRow.root))
        .where(col(StatementRow.person_id) == person_id, col(BatchRow.root).not_in(anchored))
        .where(col(BatchRow.deadline) > at - DISSOLVE_AFTER)
        .order_by(col(StatementRow.vintage))
    )
    return [
        f"the statement of {vintage} is in a batch: wait until that is on the chain, at the longest until "
        f"{iso(deadline + DISSOLVE_AFTER)}"
        for vintage, deadline in session.exec(waiting).all()
    ]


def empty_verification(session: Session, person_id: int, at: datetime) -> None:
    """Deletes returns, questions, appeals and inspections, those that wait too. Of re-audits, whose draws are public,
    the words go; one that waits ends as erased.
    """
    digests = _digests(person_id)
    session.exec(delete(ReturnRow).where(col(ReturnRow.statement_digest).in_(digests)))
    session.exec(delete(QuestionRow).where(col(QuestionRow.statement_digest).in_(digests)))
    session.exec(delete(AppealRow).where(col(AppealRow.person_id) == person_id))
    session.exec(delete(InspectionRow).where(col(InspectionRow.person_id) == person_id))
    for row in session.exec(select(ReauditRow).where(col(ReauditRow.statement_digest).in_(digests))).all():
        row.sealed = None
        if row.decided_at is None:
            row.outcome, row.decided_at = ERASED, at
        session.add(row)
    session.flush()
