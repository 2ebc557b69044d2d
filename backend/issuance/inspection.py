"""Before a year is closed: a person asks that its documents be looked at; what a verifier has seen becomes grade D."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from backend.issuance.assignment import Work
from backend.issuance.task import assignee_for
from backend.issuance.verification_tables import InspectionRow
from backend.issuance.verifier import require_accredited
from backend.issuance.words import worded
from backend.kernel.errors import Conflict, NotFound
from backend.ledger.books import Books
from backend.ledger.person import nullifier_of
from backend.ledger.record import ActivityUnknown, inspect


class InspectionUnknown(NotFound):
    """No such inspection waits for this verifier."""

    code = "inspection.unknown"

    def __init__(self, inspection_id: int) -> None:
        super().__init__(f"no inspection {inspection_id} waits for you", inspection=inspection_id)


class InspectionExists(Conflict):
    """One inspection of a vintage waits at a time."""

    code = "inspection.exists"

    def __init__(self, vintage: int) -> None:
        super().__init__(
            f"an inspection of {vintage} waits already; it will see what is added meanwhile", vintage=vintage
        )


def ask_inspection(session: Session, books: Books, *, person_id: int, vintage: int, at: datetime) -> InspectionRow:
    """A person asks. Raises InspectionExists, IssuerMissing."""
    waiting = select(InspectionRow.id).where(
        col(InspectionRow.person_id) == person_id,
        col(InspectionRow.vintage) == vintage,
        col(InspectionRow.decided_at).is_(None),
    )
    if session.exec(waiting).first() is not None:
        raise InspectionExists(vintage)
    nullifier = nullifier_of(session, books, person_id, vintage)
    row = InspectionRow(person_id=person_id, vintage=vintage, nullifier=nullifier, asked_at=at)
    session.add(row)
    session.flush()
    return row


def inspections_asked(session: Session, person_id: int, vintage: int) -> Sequence[InspectionRow]:
    """What a person asked for in a vintage, in order of asking: waiting or decided."""
    asked = select(InspectionRow).where(
        col(InspectionRow.person_id) == person_id, col(InspectionRow.vintage) == vintage
    )
    return session.exec(asked.order_by(col(InspectionRow.id))).all()


def inspector_of(session: Session, row: InspectionRow, at: datetime) -> str | None:
    """Whose work an inspection is."""
    return assignee_for(session, Work.INSPECT, row.person_id, row.nullifier, at)


def inspections_of(session: Session, verifier: str, at: datetime) -> list[InspectionRow]:
    """What waits for a verifier, in order of asking. Raises VerifierUnaccredited, VerifierExpired."""
    require_accredited(session, verifier, at)
    return _waiting_for(session, verifier, at)


def unassigned_inspections(session: Session, at: datetime) -> list[InspectionRow]:
    """What waits for nobody: every verifier in its term is of the household."""
    return _waiting_for(session, None, at)


def _waiting_for(session: Session, verifier: str | None, at: datetime) -> list[InspectionRow]:
    query = select(InspectionRow).where(col(InspectionRow.decided_at).is_(None)).order_by(col(InspectionRow.id))
    return [row for row in session.exec(query).all() if inspector_of(session, row, at) == verifier]


def inspection_for(session: Session, verifier: str, inspection_id: int, at: datetime) -> InspectionRow:
    """One that waits for a verifier. Raises VerifierUnaccredited, VerifierExpired, InspectionUnknown."""
    require_accredited(session, verifier, at)
    row = session.get(InspectionRow, inspection_id)
    if row is None or row.decided_at is not None or inspector_of(session, row, at) != verifier:
        raise InspectionUnknown(inspection_id)
    return row


def decide_inspection(
    session: Session,
    inspection_id: int,
    verifier: str,
    *,
    documented: Collection[int],
    shown: Collection[int],
    words: str,
    at: datetime,
) -> InspectionRow:
    """Raises what was found documented to grade D, and says in words what was seen. `shown`: ids of the activities of
    the inspection; another's are unknown.

    Raises what `inspection_for` raises, WordsMissing, and what `record.inspect` raises.
    """
    row = inspection_for(session, verifier, inspection_id, at)
    for activity_id in sorted(set(documented) - set(shown)):
        raise ActivityUnknown(activity_id)
    row.inspected = inspect(session, verifier=verifier, activity_ids=documented, at=at)
    row.verifier, row.words, row.decided_at = verifier, worded(words), at
    session.add(row)
    session.flush()
    return row
