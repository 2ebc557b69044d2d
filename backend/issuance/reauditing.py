"""A second verifier looks again at a statement that a draw chose, and says what it found. Once, and for the record."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from backend.issuance.assignment import Work
from backend.issuance.draw_list import day_of
from backend.issuance.task import task_of
from backend.issuance.verification_tables import ReauditRow
from backend.issuance.words import worded
from backend.kernel.errors import InvalidInput
from backend.ledger import service as ledger
from backend.ledger.correction import CorrectionKind, correct
from backend.ledger.service import Salts


class Outcome(StrEnum):
    """What a re-audit found: nothing, too much credit, or too little."""

    UPHELD = "upheld"
    OVERSTATED = "overstated"
    UNDERSTATED = "understated"


ERASED = "erased"
"""What is told of a drawn statement whose person was erased before anybody looked: no finding, so no verifier's."""


class OutcomeAmountUnfit(InvalidInput):
    """Upheld with an amount."""

    code = "reaudit.amount_unfit"

    def __init__(self, amount_gco2e: int) -> None:
        super().__init__(f"upheld means by 0 g, not by {amount_gco2e} g", amount_gco2e=amount_gco2e)


_KINDS = {Outcome.OVERSTATED: CorrectionKind.DEBT, Outcome.UNDERSTATED: CorrectionKind.MEMO}


def source_of(row: ReauditRow) -> str:
    """The name under which its correction counts."""
    return f"reaudit:{day_of(row.day).isoformat()}:{row.statement_digest.hex()}"


def decide_reaudit(
    session: Session,
    statement_digest: bytes,
    verifier: str,
    outcome: Outcome,
    *,
    amount_gco2e: int,
    reasons: str,
    at: datetime,
    salts: Salts = ledger.random_salt,
) -> ReauditRow:
    """Records what a second verifier found. Too much credit is owed from now on; too little is told and never minted.

    Raises what `task_of` raises, WordsMissing, OutcomeAmountUnfit, CorrectionAmountInvalid.
    """
    task = task_of(session, verifier, statement_digest, at, Work.REAUDIT)
    row = session.get_one(ReauditRow, task.reaudit_id)
    if outcome is Outcome.UPHELD and amount_gco2e:
        raise OutcomeAmountUnfit(amount_gco2e)
    row.verifier, row.outcome, row.amount_gco2e = verifier, outcome, amount_gco2e
    row.reasons, row.decided_at = worded(reasons), at
    session.add(row)
    if outcome in _KINDS:
        correct(
            session,
            statement_digest,
            kind=_KINDS[outcome],
            amount_gco2e=amount_gco2e,
            reason=row.reasons,
            source=source_of(row),
            at=at,
            salts=salts,
        )
    session.flush()
    return row


def reaudits_in(session: Session, day: int) -> list[ReauditRow]:
    """What a draw chose, in the order of the digests."""
    query = select(ReauditRow).where(col(ReauditRow.day) == day).order_by(col(ReauditRow.statement_digest))
    return list(session.exec(query).all())
