"""A person appeals against a return, or against a re-audit that took credit back; another verifier decides, once."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from backend.issuance.assignment import Work
from backend.issuance.reauditing import Outcome, source_of
from backend.issuance.returning import latest_return
from backend.issuance.task import task_of
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import AppealRow, ReauditRow
from backend.issuance.words import worded
from backend.kernel.clock import iso
from backend.kernel.errors import Conflict, NotFound, RuleViolated
from backend.ledger import service as ledger
from backend.ledger.books import Books
from backend.ledger.closing import reinstate
from backend.ledger.correction import lift
from backend.ledger.service import Statement, statement_at, statement_of
from backend.ledger.state import State


class Against(StrEnum):
    """What can be appealed against."""

    RETURN = "return"
    REVERSAL = "reversal"


class AppealGroundless(RuleViolated):
    """Nothing was decided against this statement."""

    code = "appeal.groundless"

    def __init__(self, vintage: int) -> None:
        super().__init__(f"the statement of {vintage} was neither returned nor found overstated", vintage=vintage)


class AppealLate(RuleViolated):
    """The time to appeal is over."""

    code = "appeal.late"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"an appeal was possible until {iso(until)}", until=iso(until))


class AppealExists(Conflict):
    """A decision is appealed against once."""

    code = "appeal.exists"

    def __init__(self, vintage: int) -> None:
        super().__init__(f"the decision about {vintage} was appealed against already", vintage=vintage)


class AppealUnknown(NotFound):
    """No such appeal waits for this verifier."""

    code = "appeal.unknown"

    def __init__(self, appeal_id: int) -> None:
        super().__init__(f"no appeal {appeal_id} waits for you", appeal=appeal_id)


def make_appeal(session: Session, *, person_id: int, vintage: int, words: str, at: datetime) -> AppealRow:
    """Appeals against the latest decision about a person's statement. A returned one stands still until it is decided.

    Raises AppealGroundless, AppealLate, AppealExists, WordsMissing.
    """
    statement = statement_of(session, person_id, vintage)
    decision = None if statement is None else _decision(session, statement)
    if statement is None or decision is None:
        raise AppealGroundless(vintage)
    against, decision_id, verifier, decided_at = decision
    rules = shipped_rules()
    query = select(AppealRow.id).where(col(AppealRow.against) == against, col(AppealRow.decision_id) == decision_id)
    if session.exec(query).first() is not None:
        raise AppealExists(vintage)
    if at >= decided_at + rules.appeal_within:
        raise AppealLate(decided_at + rules.appeal_within)
    row = AppealRow(
        statement_digest=statement.digest,
        person_id=person_id,
        against=against,
        decision_id=decision_id,
        decided_against_by=verifier,
        words=worded(words),
        made_at=at,
        due_at=at + rules.appeal_decide_within,
    )
    session.add(row)
    if against is Against.RETURN:
        ledger.mark_appealed(session, statement.digest)
    session.flush()
    return row


def _decision(session: Session, statement: Statement) -> tuple[Against, int, str, datetime] | None:
    """The latest decision against a statement: which, its row, whose, when."""
    if statement.state in {State.RETURNED, State.APPEALED}:
        sent_back = latest_return(session, statement.digest)
        if sent_back is not None and sent_back.id is not None:
            return Against.RETURN, sent_back.id, sent_back.verifier, sent_back.returned_at
    query = select(ReauditRow).where(
        col(ReauditRow.statement_digest) == statement.digest, col(ReauditRow.outcome) == Outcome.OVERSTATED
    )
    found = session.exec(query.order_by(col(ReauditRow.id).desc()).limit(1)).first()
    if found is None or found.id is None or found.verifier is None or found.decided_at is None:
        return None
    return Against.REVERSAL, found.id, found.verifier, found.decided_at


def decide_appeal(
    session: Session, books: Books, appeal_id: int, verifier: str, *, granted: bool, reasons: str, at: datetime
) -> AppealRow:
    """Another verifier decides. Granted: a returned statement is submitted again as it was, to yet another verifier; a
    debt is lifted. Dismissed: the decision stands, and the time to close a returned statement anew runs from now.

    Raises AppealUnknown, WordsMissing, StatementStale, and what `task_of` raises.
    """
    row = session.get(AppealRow, appeal_id)
    if row is None or row.decided_at is not None:
        raise AppealUnknown(appeal_id)
    task = task_of(session, verifier, row.statement_digest, at, Work.APPEAL)
    if task.appeal_id != appeal_id:
        raise AppealUnknown(appeal_id)
    row.verifier, row.outcome = verifier, "granted" if granted else "dismissed"
    row.reasons, row.decided_at = worded(reasons), at
    session.add(row)
    session.flush()
    statement = statement_at(session, row.statement_digest)
    if row.against == Against.REVERSAL:
        if granted:
            lift(session, source_of(session.get_one(ReauditRow, row.decision_id)), at=at)
    elif granted:
        reinstate(session, books, person_id=row.person_id, vintage=statement.vintage, at=at)
    else:
        ledger.mark_appeal_dismissed(session, row.statement_digest, at=at)
    return row


def appeals_of(session: Session, person_id: int) -> list[AppealRow]:
    """A person's appeals, in order."""
    query = select(AppealRow).where(col(AppealRow.person_id) == person_id).order_by(col(AppealRow.id))
    return list(session.exec(query).all())
