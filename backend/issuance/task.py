"""The verifiers' queue: statements to attest, statements that a draw chose, appeals to decide."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.issuance.assignment import Work, first_of, ranked
from backend.issuance.attestation import attestation_of
from backend.issuance.tables import AttestationRow
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import AppealRow, DrawRow, ReauditRow
from backend.issuance.verifier import require_accredited, require_disinterested, serving, unrevoked
from backend.kernel.errors import Forbidden
from backend.ledger.service import Statement, household_of, statement_at, statements_in
from backend.ledger.state import State

SLICE = 200
"""Statements read at once while a queue is put together."""


class VerifierNotAssigned(Forbidden):
    """The work is another verifier's, or nobody's."""

    code = "verifier.not_assigned"

    def __init__(self, verifier: str, statement_digest: bytes) -> None:
        super().__init__(
            f"{verifier} has no open work on statement 0x{statement_digest.hex()}; see GET /verification/queue",
            verifier=verifier,
            statement="0x" + statement_digest.hex(),
        )


@dataclass(frozen=True)
class Task:
    """One piece of work that waits for one verifier."""

    work: Work
    statement: Statement
    since_at: datetime
    due_at: datetime | None = None
    appeal_id: int | None = None
    reaudit_id: int | None = None


def assignee(
    session: Session, work: Work, statement: Statement, at: datetime, *, excluded: Collection[str], seed: bytes = b""
) -> str | None:
    """Whose work it is: the first accredited verifier in its term who is neither interested nor excluded."""
    return assignee_for(session, work, statement.person_id, seed + statement.nullifier, at, excluded=excluded)


def assignee_for(
    session: Session, work: Work, person_id: int, subject: bytes, at: datetime, *, excluded: Collection[str] = ()
) -> str | None:
    """The same for work on a person before there is a statement."""
    order = ranked(serving(session, at), work, subject)
    return first_of(order, household_of(session, person_id) | set(excluded))


def _overturned(session: Session, statement_digest: bytes) -> set[str]:
    """Verifiers whose return of a statement an appeal undid: another looks at it then."""
    query = select(AppealRow.decided_against_by).where(
        col(AppealRow.statement_digest) == statement_digest, col(AppealRow.outcome) == "granted"
    )
    return set(session.exec(query).all())


def attester_of(session: Session, statement: Statement, at: datetime) -> str | None:
    """Who attests or returns a submitted statement; None if every verifier is excluded."""
    return assignee(session, Work.ATTEST, statement, at, excluded=_overturned(session, statement.digest))


def is_orphaned(session: Session, statement: Statement) -> bool:
    """Whether a statement that is not on the chain yet was attested by a verifier revoked since: nobody would sign a
    batch with it, so another attests it anew.
    """
    return (
        statement.state is State.ATTESTED
        and not statement.is_erased
        and attestation_of(session, statement.digest).verifier not in unrevoked(session)
    )


def attested_by_revoked(session: Session) -> SelectOfScalar[bytes]:
    """The query for the digests of statements whose verifier was revoked since. Who that is, is asked first: then an
    index finds them.
    """
    revoked = set(session.exec(select(AttestationRow.verifier).distinct()).all()) - unrevoked(session)
    return select(AttestationRow.statement_digest).where(col(AttestationRow.verifier).in_(revoked))


def auditor_of(session: Session, row: ReauditRow, at: datetime) -> str | None:
    """Who audits a drawn statement again: by the draw's seed, and never the one who attested it."""
    statement, draw = statement_at(session, row.statement_digest), session.get_one(DrawRow, row.day)
    excluded = {attestation_of(session, row.statement_digest).verifier}
    return assignee(session, Work.REAUDIT, statement, at, excluded=excluded, seed=draw.seed or b"")


def judge_of(session: Session, row: AppealRow, at: datetime) -> str | None:
    """Who decides about an appeal: never the one whose decision it is against."""
    statement = statement_at(session, row.statement_digest)
    return assignee(session, Work.APPEAL, statement, at, excluded={row.decided_against_by})


def _appeals(session: Session, at: datetime, digest: bytes | None = None) -> Iterator[tuple[str | None, Task]]:
    query = select(AppealRow).where(col(AppealRow.decided_at).is_(None)).order_by(col(AppealRow.id))
    if digest is not None:
        query = query.where(col(AppealRow.statement_digest) == digest)
    for row in session.exec(query).all():
        statement = statement_at(session, row.statement_digest)
        task = Task(Work.APPEAL, statement, row.made_at, row.due_at, appeal_id=row.id)
        yield judge_of(session, row, at), task


def _reaudits(session: Session, at: datetime, digest: bytes | None = None) -> Iterator[tuple[str | None, Task]]:
    query = select(ReauditRow).where(col(ReauditRow.decided_at).is_(None)).order_by(col(ReauditRow.id))
    if digest is not None:
        query = query.where(col(ReauditRow.statement_digest) == digest)
    for row in session.exec(query).all():
        statement = statement_at(session, row.statement_digest)
        since_at = session.get_one(DrawRow, row.day).concluded_at or at
        due_at = since_at + shipped_rules().reaudit_within
        yield auditor_of(session, row, at), Task(Work.REAUDIT, statement, since_at, due_at, reaudit_id=row.id)


def _submitted(session: Session, after: int, at: datetime) -> Iterator[tuple[str | None, Task]]:
    while rows := statements_in(session, State.SUBMITTED, after=after, limit=SLICE):
        for statement in rows:
            task = Task(Work.ATTEST, statement, statement.submitted_at or at)
            yield attester_of(session, statement, at), task
        after = rows[-1].statement_id


def _orphaned(session: Session, at: datetime) -> Iterator[tuple[str | None, Task]]:
    query = select(AttestationRow).where(col(AttestationRow.verifier).not_in(unrevoked(session)))
    for row in session.exec(query.order_by(col(AttestationRow.attested_at))).all():
        statement = statement_at(session, row.statement_digest)
        if statement.state is State.ATTESTED and not statement.is_erased:
            yield attester_of(session, statement, at), Task(Work.ATTEST, statement, row.attested_at)


def unassigned(session: Session, at: datetime) -> Iterator[Task]:
    """Work on statements that is nobody's: every verifier in its term decided on it before, attested it, or is of the
    household. It waits until governance adds a verifier, or a registrar grants a term anew.
    """
    everything = (_appeals(session, at), _reaudits(session, at), _orphaned(session, at), _submitted(session, 0, at))
    return (task for work in everything for whose, task in work if whose is None)


def queue_of(session: Session, verifier: str, at: datetime, *, limit: int, after: int = 0) -> list[Task]:
    """A verifier's open work: appeals, re-audits, statements to attest anew, then statements to attest in order of
    closing; of the latter only those after a statement's id, and with `after` only the latter.

    Raises VerifierUnaccredited, VerifierExpired.
    """
    require_accredited(session, verifier, at)
    first = [] if after else [*_appeals(session, at), *_reaudits(session, at), *_orphaned(session, at)]
    own = (task for whose, task in first if whose == verifier)
    later = (task for whose, task in _submitted(session, after, at) if whose == verifier)
    return [*islice(own, limit), *islice(later, limit)][:limit]


def task_of(session: Session, verifier: str, statement_digest: bytes, at: datetime, work: Work | None = None) -> Task:
    """A verifier's open work on a statement, of one kind if given.

    Raises StatementUnknown, VerifierUnaccredited, VerifierExpired, VerifierInterested, VerifierNotAssigned.
    """
    statement = statement_at(session, statement_digest)
    require_accredited(session, verifier, at)
    require_disinterested(session, verifier, statement.person_id, statement_digest)
    found = [*_appeals(session, at, statement_digest), *_reaudits(session, at, statement_digest)]
    submitted = statement.state is State.SUBMITTED and not statement.is_erased
    if submitted or is_orphaned(session, statement):
        task = Task(Work.ATTEST, statement, statement.submitted_at or at)
        found.append((attester_of(session, statement, at), task))
    for whose, task in found:
        if whose == verifier and work in {None, task.work}:
            return task
    raise VerifierNotAssigned(verifier, statement_digest)
