"""Who grew up takes over its account with a key of its own: the issuer's proof, and a waiting time.

The guardian need not agree. The waiting time lets everybody see it coming; whoever has the issuer's proof may ask anew,
with another key, and the waiting begins anew. The new key then completes the hand-over.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from backend.footprint.place import place_of
from backend.kernel.clock import iso
from backend.kernel.errors import Forbidden, NotFound, RuleViolated
from backend.ledger.address import HAND_OVER, change_address, require_address, require_unused
from backend.ledger.books import Books
from backend.ledger.person import MAJORITY_AGE, AccountUnknown, Person, age_on, row_at, view_of
from backend.ledger.tables import HandOverRow, PersonRow

WAITING = timedelta(days=14)
"""Between the issuer's proof and the day the new key may take over."""


class ProofWrong(Forbidden):
    """The issuer's proof is somebody else's."""

    code = "personhood.proof_wrong"

    def __init__(self) -> None:
        super().__init__("the identity issuer does not know that person under this account")


class HandOverTooEarly(RuleViolated):
    """The person is not of age yet."""

    code = "hand_over.too_early"

    def __init__(self, on: date) -> None:
        super().__init__(f"an account is handed over at {MAJORITY_AGE}: from {on} on", majority_on=on.isoformat())


class HandOverNotNeeded(RuleViolated):
    """The account has no guardian: its person has its key already."""

    code = "hand_over.not_needed"

    def __init__(self) -> None:
        super().__init__("this account has no guardian; change its key by a rotation")


class HandOverUnknown(NotFound):
    """No hand-over to the caller's key waits there."""

    code = "hand_over.unknown"

    def __init__(self, account: str) -> None:
        super().__init__(f"no hand-over of {account} to your key waits; ask for one first", account=account)


class HandOverWaiting(RuleViolated):
    """The waiting time is not over."""

    code = "hand_over.waiting"

    def __init__(self, effective_at: datetime) -> None:
        super().__init__(f"the waiting time ends at {iso(effective_at)}", effective_at=iso(effective_at))


@dataclass(frozen=True)
class HandOver:
    """A hand-over that waits."""

    new_address: str
    asked_at: datetime
    effective_at: datetime


def require_proof(books: Books, person: PersonRow, identity: str) -> None:
    """Raises ProofWrong unless the issuer knows the person by this identity. Raises IdentityMissing."""
    if books.personhood.commitment(identity) != person.commitment:
        raise ProofWrong


def waiting_hand_over(session: Session, person_id: int) -> HandOver | None:
    """The hand-over that waits for a person, if there is one."""
    row = session.get(HandOverRow, person_id)
    return None if row is None else HandOver(row.new_address, row.asked_at, row.effective_at)


def ask_hand_over(
    session: Session, books: Books, *, account: str, new_address: str, identity: str, at: datetime
) -> HandOver:
    """Begins the waiting time, or begins it anew with another key. `new_address` may be the account's own: its person
    has that key and only the guardian goes.

    Raises AddressMalformed, AccountUnknown, AccountExists, IdentityMissing, ProofWrong, HandOverNotNeeded,
    HandOverTooEarly.
    """
    require_address(new_address)
    person = row_at(session, account)
    if person is None:
        raise AccountUnknown(account)
    require_proof(books, person, identity)
    if person.guardian is None or person.born_on is None:
        raise HandOverNotNeeded
    if age_on(person.born_on, at.astimezone(place_of(person.region).zone).date()) < MAJORITY_AGE:
        raise HandOverTooEarly(majority_of(person.born_on))
    if new_address != person.address:
        require_unused(session, new_address)
    assert person.id is not None
    row = session.get(HandOverRow, person.id) or HandOverRow(
        person_id=person.id, new_address=new_address, asked_at=at, effective_at=at + WAITING
    )
    row.new_address, row.asked_at, row.effective_at = new_address, at, at + WAITING
    session.add(row)
    session.flush()
    return HandOver(row.new_address, row.asked_at, row.effective_at)


def majority_of(born_on: date) -> date:
    """The first day of being of age; who is born on 29 February comes of age on 1 March."""
    year = born_on.year + MAJORITY_AGE
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _waiting_for(session: Session, account: str, new_address: str) -> tuple[PersonRow, HandOverRow]:
    person = row_at(session, account)
    row = None if person is None else session.get(HandOverRow, person.id)
    if person is None or row is None or row.new_address != new_address:
        raise HandOverUnknown(account)
    return person, row


def complete_hand_over(session: Session, *, account: str, new_address: str, at: datetime) -> Person:
    """The new key takes over: the account has no guardian from now on. Raises HandOverUnknown, HandOverWaiting,
    AccountExists.
    """
    person, row = _waiting_for(session, account, new_address)
    if at < row.effective_at:
        raise HandOverWaiting(row.effective_at)
    session.delete(row)
    session.flush()
    if new_address != person.address:
        require_unused(session, new_address)
        change_address(session, person, new_address, because=HAND_OVER, at=at)
    person.guardian = None
    session.add(person)
    session.flush()
    return view_of(person)


def withdraw_hand_over(session: Session, *, account: str, new_address: str) -> None:
    """The new key takes its request back. Raises HandOverUnknown."""
    _, row = _waiting_for(session, account, new_address)
    session.delete(row)
    session.flush()
