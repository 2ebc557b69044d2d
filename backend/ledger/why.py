"""Why a person's total changed: between two versions of a statement, or between what was known at two times."""

import json
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlmodel import Session, col, select

from backend.footprint.place import place_of
from backend.kernel.clock import iso
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import InvalidInput, NotFound
from backend.ledger.books import Books
from backend.ledger.change import Difference, difference_of
from backend.ledger.content import Account, content_of
from backend.ledger.document import verify
from backend.ledger.draft import draft_of
from backend.ledger.person import Person
from backend.ledger.tables import StatementRow


class VersionUnknown(NotFound):
    """The statement has no such version."""

    code = "statement.version_unknown"

    def __init__(self, vintage: int, version: int, known: list[int]) -> None:
        super().__init__(
            f"the statement of {vintage} has no version {version}; it has {', '.join(map(str, known)) or 'none'}",
            vintage=vintage,
            version=version,
            known=[str(one) for one in known],
        )


class TimesBackwards(InvalidInput):
    """The earlier time is the later one."""

    code = "statement.times_backwards"

    def __init__(self, start: datetime, end: datetime) -> None:
        super().__init__(f"{iso(start)} is later than {iso(end)}", start=iso(start), end=iso(end))


@dataclass(frozen=True)
class Version:
    """One version of a vintage statement. Grams of CO2e."""

    version: int
    state: str
    current: bool
    digest: bytes
    closed_at: datetime
    budget_gco2e: int
    footprint_gco2e: int
    credit_gco2e: int
    deficit_gco2e: int


def versions_of(session: Session, person_id: int, vintage: int) -> list[Version]:
    """Every version of a statement, the first first; those closed anew are history."""
    rows = _rows(session, person_id, vintage)
    return [
        Version(
            version=row.version,
            state=row.state,
            current=row.current,
            digest=row.digest,
            closed_at=row.closed_at,
            budget_gco2e=row.budget_gco2e,
            footprint_gco2e=row.footprint_gco2e,
            credit_gco2e=row.credit_gco2e,
            deficit_gco2e=row.deficit_gco2e,
        )
        for row in rows
    ]


def _rows(session: Session, person_id: int, vintage: int) -> list[StatementRow]:
    return list(
        session.exec(
            select(StatementRow)
            .where(col(StatementRow.person_id) == person_id, col(StatementRow.vintage) == vintage)
            .order_by(col(StatementRow.version))
        ).all()
    )


def between_versions(session: Session, person_id: int, vintage: int, *, before: int, after: int) -> Difference:
    """What changed from one version to another. Raises VersionUnknown."""
    by_version = {row.version: row for row in _rows(session, person_id, vintage)}
    found = []
    for version in (before, after):
        if version not in by_version:
            raise VersionUnknown(vintage, version, sorted(by_version))
        found.append(verify(by_version[version].document).values)
    return difference_of(*found)


def between_times(
    session: Session, books: Books, person_id: int, vintage: int, *, start: datetime, end: datetime
) -> Difference:
    """What changed from what was known at one time to what was known at another, by the same rules and factors.

    Raises TimesBackwards, PolicyUnknown, NotAMember, FactorUnknown, BasisMismatch.
    """
    if start > end:
        raise TimesBackwards(start, end)
    before, after = (_known_at(session, books, person_id, vintage, at) for at in (start, end))
    return difference_of(before, after)


def latest_change(session: Session, books: Books, person: Person, vintage: int, *, at: datetime) -> Difference:
    """The last version of a statement against the one before; without two versions, what is known at a time against
    the day the person joined, when nothing was recorded yet.

    Raises PolicyUnknown, NotAMember, FactorUnknown, BasisMismatch.
    """
    versions = [row.version for row in _rows(session, person.person_id, vintage)]
    if len(versions) > 1:
        return between_versions(session, person.person_id, vintage, before=versions[-2], after=versions[-1])
    joined = datetime.combine(person.joined_on, time.min, place_of(person.region).zone)
    return between_times(session, books, person.person_id, vintage, start=min(joined, at), end=at)


def _known_at(session: Session, books: Books, person_id: int, vintage: int, at: datetime) -> dict[str, Any]:
    draft = draft_of(session, books, person_id, vintage, as_of=at)
    account = Account(draft.person.address, draft.nullifier, 0)
    digest = to_hex(books.factors_for(vintage).digest)
    content: dict[str, Json] = content_of(account, draft.year, draft.plan, digest, draft.memos)
    read: dict[str, Any] = json.loads(json.dumps(content))
    return read
