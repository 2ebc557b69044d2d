"""Who read what is a person's, when and why: kept for the person to read, sealed with its key.

Whoever builds a way for somebody else to read a person's content calls `note` in the transaction that reads it; a
transaction that will not be committed is refused, so a read cannot be answered without its note.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from backend.ledger.access_log_tables import AccessRow
from backend.ledger.tables import PersonRow
from backend.storage.database import WRITING


class Role(StrEnum):
    """In what role somebody read."""

    VERIFIER = "verifier"
    GUARDIAN = "guardian"
    OPERATOR = "operator"
    """Whoever runs a command on the machine that has the database and the keys."""
    AUDITOR = "auditor"
    """Whom the person let read."""
    SELF = "self"
    """The person, taking out everything at once."""


@dataclass(frozen=True)
class Access:
    """One reading. `reader` is an address; None for the operator at the machine."""

    access_id: int
    at: datetime
    role: Role
    reader: str | None
    what: str
    why: str


def note(
    session: Session, *, person_id: int, role: Role, reader: str | None, what: str, why: str, at: datetime
) -> None:
    """Notes a reading in the transaction that reads. Of an erased person there is nothing left to read, nor to note."""
    assert session.info.get(WRITING), "a reading is noted in a transaction that is committed: use Database.write()"
    if session.get_one(PersonRow, person_id).erased_at is not None:
        return
    session.add(AccessRow(person_id=person_id, at=at, role=str(role), reader=reader, what=what, why=why))
    session.flush()


def accesses_of(session: Session, person_id: int, *, after: int = 0, limit: int = 10_000) -> list[Access]:
    """Readings of a person's content in their order, after a row's id."""
    rows = session.exec(
        select(AccessRow)
        .where(col(AccessRow.person_id) == person_id, col(AccessRow.id) > after)
        .order_by(col(AccessRow.id))
        .limit(limit)
    ).all()
    return [Access(row.id or 0, row.at, Role(row.role), row.reader, row.what, row.why) for row in rows]
