"""How a membership ends: a person moves away, or dies. Budgets stop accruing after its last day."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from backend.footprint.place import place_of
from backend.kernel.errors import Conflict, InvalidInput
from backend.ledger.books import Books
from backend.ledger.freeze import require_unfrozen
from backend.ledger.hand_over import require_proof
from backend.ledger.home import stays
from backend.ledger.person import AccountUnknown, Person, row_at, view_of
from backend.ledger.residence import require_recent
from backend.ledger.tables import OccupancyRow, PersonRow, VehicleUserRow
from backend.ledger.vehicle import users

DEATH, MOVED_AWAY, ERASED = "death", "moved_away", "erased"
"""Why a membership ended."""


class LeavingDateInvalid(InvalidInput):
    """Leaving before joining, or in the future."""

    code = "account.leaving_date_invalid"


class AlreadyLeft(Conflict):
    """The membership has ended."""

    code = "account.already_left"

    def __init__(self, left_on: date) -> None:
        super().__init__(f"this membership ended on {left_on}", left_on=left_on.isoformat())


def leave(session: Session, person_id: int, *, on: date, at: datetime) -> Person:
    """A person moves away; `on` is its last day, declared within a month. Homes and vehicles end with it.

    Raises AlreadyLeft, LeavingDateInvalid, MoveDateInvalid, VintageFrozen.
    """
    person = session.get(PersonRow, person_id)
    assert person is not None
    require_recent(on, at.astimezone(place_of(person.region).zone).date())
    return end_membership(session, person, on=on, because=MOVED_AWAY, at=at)


def report_death(session: Session, books: Books, *, account: str, identity: str, on: date, at: datetime) -> Person:
    """Whoever has the issuer's proof reports a death; `on` is the person's last day.

    Raises AccountUnknown, IdentityMissing, ProofWrong, AlreadyLeft, LeavingDateInvalid, VintageFrozen.
    """
    person = row_at(session, account)
    if person is None:
        raise AccountUnknown(account)
    require_proof(books, person, identity)
    return end_membership(session, person, on=on, because=DEATH, at=at)


def end_membership(session: Session, person: PersonRow, *, on: date, because: str, at: datetime) -> Person:
    """Ends a membership, its stays in homes and its use of vehicles with its last day. Raises AlreadyLeft,
    LeavingDateInvalid, VintageFrozen.
    """
    assert person.id is not None
    today = at.astimezone(place_of(person.region).zone).date()
    if person.left_on is not None:
        raise AlreadyLeft(person.left_on)
    if not person.joined_on <= on <= today:
        raise LeavingDateInvalid(
            f"the last day {on} is not between joining on {person.joined_on} and today",
            left_on=on.isoformat(),
            joined_on=person.joined_on.isoformat(),
            today=today.isoformat(),
        )
    open_stays = session.exec(
        select(OccupancyRow).where(
            col(OccupancyRow.person_id) == person.id,
            col(OccupancyRow.until_on).is_(None) | (col(OccupancyRow.until_on) > on),
        )
    ).all()
    people = {person.id}
    for stay in open_stays:
        people |= {other.person_id for other in stays(session, stay.premises_id)}
    uses = session.exec(
        select(VehicleUserRow).where(
            col(VehicleUserRow.person_id) == person.id,
            col(VehicleUserRow.until_on).is_(None) | (col(VehicleUserRow.until_on) > on),
        )
    ).all()
    for use in uses:
        people |= {other.person_id for other in users(session, use.vehicle_id)}
    require_unfrozen(session, people, from_year=on.year)
    ending: list[OccupancyRow | VehicleUserRow] = [*open_stays, *uses]
    for row in ending:
        if row.since_on > on:
            session.delete(row)
            continue
        row.until_on, row.ended_at = on, at
        session.add(row)
    person.left_on, person.left_because = on, because
    session.add(person)
    session.flush()
    return view_of(person)
