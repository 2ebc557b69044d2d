"""What a verifier is shown of a person: the one place where content leaves the ledger for a verifier's eyes.

Nobody is shown a statement without open work on it, and nobody a batch that holds a statement of its own household.
Every showing passes `admit`, which notes it in the person's access log in the transaction that reads: what is not
committed is not shown. A queue names digests, years and classes only; that is not noted.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlmodel import Session

from backend.issuance.approval import BatchStateWrong, BatchUnsound
from backend.issuance.assignment import Work
from backend.issuance.attestation import Attestation, attestation_of
from backend.issuance.inspection import inspection_for
from backend.issuance.plausibility import Finding, findings_in, shipped_thresholds
from backend.issuance.reading import PAGE, BatchState, batch_at, claims_of, entry_of
from backend.issuance.returning import questions_of
from backend.issuance.soundness import erased_among, require_no_interest
from backend.issuance.task import Task, task_of
from backend.issuance.verification_tables import AppealRow, QuestionRow
from backend.issuance.verifier import require_accredited, require_disinterested
from backend.kernel.digest import to_hex
from backend.ledger import document
from backend.ledger.access_log import Role, note
from backend.ledger.record import activities_of
from backend.ledger.service import Statement, household_of, statement_at, statements_at, statements_in
from backend.ledger.state import State
from backend.ledger.tables import ActivityRow

_HANDED_IN = tuple(state for state in State if state not in {State.OPEN, State.CLOSED, State.RETURNED})

LONGEST_OFFSET = timedelta(hours=14)

BATCHED_FIELDS = (
    "account",
    "bufferGco2e",
    "budgetGco2e",
    "classId",
    "creditGco2e",
    "deficitGco2e",
    "factorsDigest",
    "footprintGco2e",
    "nullifier",
    "policyDigest",
)
"""Fields of a statement that a batch is made of: all that who signs the batch is shown of it."""


@dataclass(frozen=True)
class Evidence:
    """An activity of the vintage and where the document behind it can be found."""

    activity_id: int
    kind: str
    given: str
    """Quantity and unit as they were given."""
    start_at: datetime
    end_at: datetime
    place: str
    grade: str
    evidence: str
    inspected_by: str | None


@dataclass(frozen=True)
class Case:
    """One piece of work with all that it takes."""

    task: Task
    findings: tuple[Finding, ...]
    document: str
    evidence: tuple[Evidence, ...]
    questions: tuple[QuestionRow, ...]
    earlier_reason: str | None
    """Why it was returned before, if it was."""
    appeal_words: str | None
    """What the person says, if the work is an appeal."""


@dataclass(frozen=True)
class Disclosure:
    """A statement of a batch: the fields the batch is made of, each with its way to the digest, and the attestation."""

    place: int
    """Which of the batch's leaves it is, from 1."""
    document: str
    attestation: Attestation


def review(session: Session, statement_digest: bytes) -> list[Finding]:
    """What the plausibility rules find in a statement. Raises StatementUnknown, and what `entry_of` raises."""
    statement = statement_at(session, statement_digest)
    entry_of(statement)
    household = household_of(session, statement.person_id)
    others = {
        to_hex(other.digest): _values(other)
        for state in _HANDED_IN
        for other in statements_in(session, state, class_id=statement.class_id)
        if other.account not in household
    }
    return findings_in(_values(statement), others, shipped_thresholds())


def _values(statement: Statement) -> dict[str, Any]:
    return {field["name"]: field["value"] for field in json.loads(statement.document)["fields"]}


class Shown(StrEnum):
    """What of a person a verifier is shown."""

    STATEMENT = "statement"
    ACTIVITIES = "activities"
    SHARED_DOCUMENTS = "documents of what is shared"
    """Where the documents are that this person entered for a home or vehicle which somebody else's year counts too."""
    BATCHED_FIELDS = "batched fields"


@dataclass(frozen=True)
class Showing:
    """A verifier is shown something of a person's vintage."""

    verifier: str
    person_id: int
    vintage: int
    shown: Shown
    why: str
    subject: bytes
    """The statement's digest, or the vintage's nullifier while there is none."""


def admit(session: Session, showing: Showing, at: datetime) -> None:
    """The one door: nobody is shown anything of a person without passing here, whatever was checked before, and without
    the person being told.

    Raises VerifierUnaccredited, VerifierExpired, VerifierInterested.
    """
    require_accredited(session, showing.verifier, at)
    require_disinterested(session, showing.verifier, showing.person_id, showing.subject)
    _tell(session, showing.person_id, showing, showing.shown, at)


def _tell(session: Session, person_id: int, showing: Showing, shown: Shown, at: datetime) -> None:
    what, why = f"{shown} {showing.vintage}", f"verification: {showing.why}"
    note(session, person_id=person_id, role=Role.VERIFIER, reader=showing.verifier, what=what, why=why, at=at)


def case_of(session: Session, verifier: str, statement_digest: bytes, at: datetime) -> Case:
    """A statement that a verifier has open work on, whole. Raises what `task_of` and `review` raise."""
    task = task_of(session, verifier, statement_digest, at)
    statement = task.statement
    showing = Showing(
        verifier, statement.person_id, statement.vintage, Shown.STATEMENT, str(task.work), statement_digest
    )
    admit(session, showing, at)
    appeal = None if task.appeal_id is None else session.get_one(AppealRow, task.appeal_id)
    return Case(
        task=task,
        findings=tuple(review(session, statement_digest)),
        document=statement.document,
        evidence=_evidence(session, showing, at),
        questions=tuple(questions_of(session, statement_digest)),
        earlier_reason=statement.reason,
        appeal_words=None if appeal is None else appeal.words,
    )


def evidence_of(session: Session, verifier: str, inspection_id: int, at: datetime) -> tuple[Evidence, ...]:
    """The activities of an inspection that waits for a verifier. Raises what `inspection_for` raises."""
    row = inspection_for(session, verifier, inspection_id, at)
    showing = Showing(verifier, row.person_id, row.vintage, Shown.ACTIVITIES, str(Work.INSPECT), row.nullifier)
    admit(session, showing, at)
    return _evidence(session, showing, at)


def inspected_ids(session: Session, verifier: str, inspection_id: int, at: datetime) -> set[int]:
    """Which activities an inspection is about; nothing of them. Raises what `inspection_for` raises."""
    row = inspection_for(session, verifier, inspection_id, at)
    return {one.id or 0 for one in _activities(session, row.person_id, row.vintage)}


def _activities(session: Session, person_id: int, vintage: int) -> list[ActivityRow]:
    """A little more at both ends: local years begin and end at other instants than UTC's."""
    opens, closes = datetime(vintage, 1, 1, tzinfo=UTC), datetime(vintage + 1, 1, 1, tzinfo=UTC)
    return [
        row
        for row in activities_of(session, person_id)
        if row.end_at > opens - LONGEST_OFFSET and row.start_at < closes + LONGEST_OFFSET
    ]


def _evidence(session: Session, showing: Showing, at: datetime) -> tuple[Evidence, ...]:
    """Who entered a document for what it shares with the person is told too: it is its own."""
    rows = _activities(session, showing.person_id, showing.vintage)
    for entered_by in sorted({row.person_id for row in rows if row.evidence} - {showing.person_id}):
        _tell(session, entered_by, showing, Shown.SHARED_DOCUMENTS, at)
    return tuple(
        Evidence(
            activity_id=row.id or 0,
            kind=row.kind,
            given=row.given,
            start_at=row.start_at,
            end_at=row.end_at,
            place=row.place,
            grade=row.grade,
            evidence=row.evidence,
            inspected_by=row.inspected_by,
        )
        for row in rows
    )


def disclosures_of(
    session: Session, verifier: str, root: bytes, at: datetime, *, limit: int = PAGE, after: int = 0
) -> list[Disclosure]:
    """What a verifier needs to work a batch out again before signing it, and no more; only while it can be signed. In
    the order of its leaves, at most `limit` of them, after so many.

    Raises BatchUnknown, BatchStateWrong, VerifierUnaccredited, VerifierExpired, VerifierInterested, BatchUnsound,
    AttestationUnknown, DocumentMalformed, DocumentTampered.
    """
    require_accredited(session, verifier, at)
    state = batch_at(session, root).state
    if state not in {BatchState.PLANNED, BatchState.APPROVED}:
        raise BatchStateWrong(root, state, "planned or approved")
    require_no_interest(session, root, verifier)
    leaves = islice(claims_of(session, root, start=after), limit)
    statements = statements_at(session, [leaf.statement_digest for leaf in leaves])
    erased = erased_among(statements)
    if erased:
        raise BatchUnsound(root, erased)
    for one in statements:
        why = f"batch {to_hex(root)}"
        admit(session, Showing(verifier, one.person_id, one.vintage, Shown.BATCHED_FIELDS, why, one.digest), at)
    return [
        Disclosure(
            place,
            document.disclose(document.verify(statement.document), BATCHED_FIELDS),
            attestation_of(session, statement.digest),
        )
        for place, statement in enumerate(statements, after + 1)
    ]
