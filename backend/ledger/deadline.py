"""Until when a vintage is submitted and its deficit settled; closing what was not submitted: with what is there, the
rest as defaults.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from backend.footprint.place import place_of
from backend.kernel.errors import TanyuError
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.residence import region_on, residences_of
from backend.ledger.standings import THEIR_STATES
from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow, StatementStateRow
from backend.storage.database import Database

SUBMIT_WITHIN = timedelta(days=120)
"""After the vintage's last local day: until the end of April."""

AGAIN_WITHIN = timedelta(days=30)
"""After a statement was returned."""

_NOT_SUBMITTED = frozenset({State.OPEN, State.CLOSED, State.RETURNED})


@dataclass(frozen=True)
class Overdue:
    """A person's vintage that was not submitted in time."""

    person_id: int
    vintage: int
    due_at: datetime


@dataclass(frozen=True)
class Closed:
    """What `close_overdue` did: (person, vintage) submitted, and (person, vintage, error code) that could not be."""

    submitted: tuple[tuple[int, int], ...]
    failed: tuple[tuple[int, int, str], ...]

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


def due_of(vintage: int, region: str, returned_at: datetime | None = None) -> datetime:
    """When a vintage must be submitted at the latest, by the region's clock; later if it was returned late."""
    due = datetime.combine(date(vintage + 1, 1, 1), time.min, place_of(region).zone) + SUBMIT_WITHIN
    return due if returned_at is None else max(due, returned_at + AGAIN_WITHIN)


def settle_by(vintage: int, region: str, within_days: int) -> datetime:
    """When a vintage's deficit is to be settled at the latest: so many days after its end, by the region's clock."""
    return datetime.combine(date(vintage + 1, 1, 1), time.min, place_of(region).zone) + timedelta(days=within_days)


def returns_of(session: Session, person_id: int | None = None) -> dict[tuple[int, int], datetime]:
    """When each person's vintage, or one person's, was returned last, whatever has become of it since: who closes it
    anew, or reopens it, has the same time left.
    """
    query = (
        select(StatementRow.person_id, StatementRow.vintage, StatementRow.decided_at)
        .join(StatementStateRow, THEIR_STATES)
        .where(col(StatementStateRow.state) == str(State.RETURNED))
    )
    if person_id is not None:
        query = query.where(col(StatementRow.person_id) == person_id)
    found: dict[tuple[int, int], datetime] = {}
    for whose, vintage, at in session.exec(query).all():
        if at is not None:
            found[whose, vintage] = max(at, found.get((whose, vintage), at))
    return found


def overdue_of(session: Session, books: Books, at: datetime) -> list[Overdue]:
    """Every vintage that is past its time and not submitted, the oldest first."""
    known = session.exec(
        select(StatementRow.person_id, StatementRow.vintage, StatementStateRow.state)
        .join(StatementStateRow, THEIR_STATES)
        .where(col(StatementRow.current))
    ).all()
    stands = {(person_id, vintage): State(state) for person_id, vintage, state in known}
    returns = returns_of(session)
    found: list[Overdue] = []
    alive = select(PersonRow).where(col(PersonRow.erased_at).is_(None)).order_by(col(PersonRow.id))
    for person in session.exec(alive).all():
        assert person.id is not None
        residences = residences_of(session, person.id)
        last_year = min(at.year, person.left_on.year if person.left_on else at.year)
        for vintage in range(person.joined_on.year, last_year + 1):
            region = region_on(residences, date(vintage, 12, 31))
            state = stands.get((person.id, vintage), State.OPEN)
            if books.policies.find(region, vintage) is None or state not in _NOT_SUBMITTED:
                continue
            due = due_of(vintage, region, returns.get((person.id, vintage)))
            if at >= due:
                found.append(Overdue(person.id, vintage, due))
    return sorted(found, key=lambda one: (one.vintage, one.person_id))


def close_overdue(database: Database, books: Books, at: datetime) -> Closed:
    """Closes and submits every overdue vintage, each in a transaction of its own: one that cannot be (an earlier one is
    still with the verifiers, the cap is given out) does not keep the others.
    """
    with database.read() as session:
        overdue = overdue_of(session, books, at)
    submitted: list[tuple[int, int]] = []
    failed: list[tuple[int, int, str]] = []
    for one in overdue:
        try:
            with database.write() as session:
                close(session, books, person_id=one.person_id, vintage=one.vintage, at=at)
                submit(session, books, person_id=one.person_id, vintage=one.vintage, at=at)
            submitted.append((one.person_id, one.vintage))
        except TanyuError as failure:
            failed.append((one.person_id, one.vintage, failure.code))
    return Closed(tuple(submitted), tuple(failed))
