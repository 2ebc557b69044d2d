"""A verifier sends a submitted statement back, with its reasons; or asks first."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from backend.issuance.assignment import Work
from backend.issuance.task import task_of
from backend.issuance.verification_tables import QuestionRow, ReturnRow
from backend.issuance.verifier import require_accredited, require_disinterested
from backend.issuance.words import worded
from backend.kernel.errors import Conflict, InvalidInput, NotFound
from backend.ledger import service as ledger
from backend.ledger.service import Statement, statement_at
from backend.ledger.state import State, step


class ReasonMissing(InvalidInput):
    """A statement is returned with at least one reason in words."""

    code = "statement.reason_missing"

    def __init__(self) -> None:
        super().__init__("say why the statement is returned: at least one reason, none of them empty")


class QuestionUnknown(NotFound):
    """The statement has no such question."""

    code = "verification.question_unknown"

    def __init__(self, question_id: int) -> None:
        super().__init__(f"no question {question_id} was asked about this statement", question=question_id)


class QuestionAnswered(Conflict):
    """An answer stands as it was given."""

    code = "verification.question_answered"

    def __init__(self, question_id: int) -> None:
        super().__init__(f"question {question_id} is answered", question=question_id)


def return_statement(
    session: Session, statement_digest: bytes, verifier: str, reasons: Sequence[str], at: datetime
) -> Statement:
    """A verifier (an address) sends a submitted statement back with its reasons; the person closes it anew, or appeals.

    Raises StatementUnknown, StatementStateWrong, VerifierUnaccredited, VerifierExpired, VerifierInterested,
    VerifierNotAssigned, ReasonMissing.
    """
    statement = statement_at(session, statement_digest)
    require_accredited(session, verifier, at)
    require_disinterested(session, verifier, statement.person_id, statement_digest)
    step(statement.state, State.RETURNED)
    task_of(session, verifier, statement_digest, at, Work.ATTEST)
    if not reasons or not all(reason.strip() for reason in reasons):
        raise ReasonMissing
    found = ledger.mark_returned(session, statement_digest, reason="; ".join(reasons), at=at)
    given = json.dumps(list(reasons), ensure_ascii=False)
    session.add(ReturnRow(statement_digest=statement_digest, verifier=verifier, reasons=given, returned_at=at))
    session.flush()
    return found


def latest_return(session: Session, statement_digest: bytes) -> ReturnRow | None:
    """The last time a statement was sent back."""
    query = select(ReturnRow).where(col(ReturnRow.statement_digest) == statement_digest)
    return session.exec(query.order_by(col(ReturnRow.id).desc()).limit(1)).first()


def ask(session: Session, statement_digest: bytes, verifier: str, words: str, at: datetime) -> QuestionRow:
    """A verifier asks the person about a statement it works on. Raises what `task_of` raises, WordsMissing."""
    task_of(session, verifier, statement_digest, at)
    row = QuestionRow(statement_digest=statement_digest, verifier=verifier, words=worded(words), asked_at=at)
    session.add(row)
    session.flush()
    return row


def questions_of(session: Session, statement_digest: bytes) -> list[QuestionRow]:
    """What was asked about a statement, in order."""
    query = select(QuestionRow).where(col(QuestionRow.statement_digest) == statement_digest)
    return list(session.exec(query.order_by(col(QuestionRow.id))).all())


def answer(session: Session, statement_digest: bytes, question_id: int, words: str, at: datetime) -> QuestionRow:
    """The person answers, once. Raises QuestionUnknown, QuestionAnswered, WordsMissing."""
    row = session.get(QuestionRow, question_id)
    if row is None or row.statement_digest != statement_digest:
        raise QuestionUnknown(question_id)
    if row.answered_at is not None:
        raise QuestionAnswered(question_id)
    row.answer, row.answered_at = worded(words), at
    session.add(row)
    session.flush()
    return row
