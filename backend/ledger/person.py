"""People: joining, wards and guardians. Leaving is in `ending.py`, other keys in `rotation.py` and `hand_over.py`."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from backend.kernel.errors import Conflict, Gone, InvalidInput, NotFound, RuleViolated
from backend.ledger.address import first_address, owner_of, require_address, require_unused
from backend.ledger.books import Books
from backend.ledger.region import region_of
from backend.ledger.tables import PersonRow, ResidenceRow

MAJORITY_AGE = 18
"""Below it a person needs a guardian."""


class PersonhoodUsed(Conflict):
    """The same human being already has an account. Which one is not told."""

    code = "personhood.used"

    def __init__(self) -> None:
        super().__init__("this person already has an account; one person has one account")


class BirthDateInvalid(InvalidInput):
    """Born after joining, or longer ago than anybody alive."""

    code = "account.birth_date_invalid"


class GuardianMissing(RuleViolated):
    """A minor without a guardian who is of age and has an account."""

    code = "account.guardian_missing"


class GuardianUnexpected(RuleViolated):
    """A guardian for somebody of age."""

    code = "account.guardian_unexpected"


class AccountUnknown(NotFound):
    """No account at that address."""

    code = "account.unknown"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has no account; join first", address=address)


class AccountRekeyed(AccountUnknown):
    """An address whose account has another key now. Which, is not told to who holds the old one: it may be stolen."""

    code = "account.rekeyed"

    def __init__(self, address: str) -> None:
        NotFound.__init__(self, f"the account of {address} has another key now; sign in with that one", address=address)


class AccountErased(Gone):
    """The account's person was erased. What is left of it is a tombstone."""

    code = "account.erased"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} was erased; nobody can read its ledger any more", address=address)


@dataclass(frozen=True)
class Person:
    """An account as other rooms see it."""

    person_id: int
    address: str
    region: str
    """Where the person belongs now; `residence.py` knows where it did before."""
    joined_on: date
    left_on: date | None
    born_on: date | None
    guardian: str | None

    def is_minor_on(self, day: date) -> bool:
        """Whether the person is below 18 on a day; unknown birth counts as of age."""
        return self.born_on is not None and age_on(self.born_on, day) < MAJORITY_AGE


def age_on(born_on: date, day: date) -> int:
    """Whole years on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def view_of(row: PersonRow) -> Person:
    """A row as other rooms see it."""
    assert row.id is not None
    return Person(row.id, row.address, row.region, row.joined_on, row.left_on, row.born_on, row.guardian)


def join(
    session: Session,
    books: Books,
    *,
    address: str,
    region: str,
    identity: str,
    joined_on: date,
    at: datetime,
    born_on: date | None = None,
    guardian: str | None = None,
) -> Person:
    """Opens an account. Joining a vintage commits to closing it. `identity` goes to the issuer and is not kept.

    Raises AddressMalformed, RegionUnfit, PlaceUnknown, IdentityMissing, BirthDateInvalid, GuardianMissing,
    GuardianUnexpected, AccountExists, PersonhoodUsed.
    """
    require_address(address)
    region_of(region)
    if born_on is not None and not 0 <= age_on(born_on, joined_on) <= 130:
        raise BirthDateInvalid(
            f"born on {born_on} does not fit joining on {joined_on}",
            born_on=born_on.isoformat(),
            joined_on=joined_on.isoformat(),
        )
    _check_guardian(session, guardian, born_on, joined_on)
    commitment = books.personhood.commitment(identity)
    require_unused(session, address)
    if session.exec(select(PersonRow).where(col(PersonRow.commitment) == commitment)).one_or_none() is not None:
        raise PersonhoodUsed
    row = PersonRow(
        address=address,
        region=region,
        commitment=commitment,
        joined_on=joined_on,
        born_on=born_on,
        guardian=guardian,
        registered_at=at,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    first_address(session, row.id, address, at)
    session.add(ResidenceRow(person_id=row.id, region=region, since_on=joined_on, declared_at=at))
    session.flush()
    return view_of(row)


def _check_guardian(session: Session, guardian: str | None, born_on: date | None, joined_on: date) -> None:
    is_minor = born_on is not None and age_on(born_on, joined_on) < MAJORITY_AGE
    if guardian is None:
        if is_minor:
            raise GuardianMissing(f"below {MAJORITY_AGE} an account needs a guardian", majority_age=MAJORITY_AGE)
        return
    if not is_minor:
        raise GuardianUnexpected("only somebody below age has a guardian", majority_age=MAJORITY_AGE)
    row = session.exec(select(PersonRow).where(col(PersonRow.address) == guardian)).one_or_none()
    if row is None or row.erased_at is not None or view_of(row).is_minor_on(joined_on):
        raise GuardianMissing("the guardian must have an account and be of age", guardian=guardian)


def row_at(session: Session, address: str) -> PersonRow | None:
    """The row of whoever has an address now. Raises AccountErased."""
    row = session.exec(select(PersonRow).where(col(PersonRow.address) == address)).one_or_none()
    if row is not None and row.erased_at is not None:
        raise AccountErased(address)
    return row


def person_at(session: Session, address: str) -> Person:
    """The account at an address; raises AccountUnknown, AccountRekeyed, AccountErased."""
    row = row_at(session, address)
    if row is None:
        raise AccountUnknown(address) if owner_of(session, address) is None else AccountRekeyed(address)
    return view_of(row)


def persons(session: Session) -> list[Person]:
    """Every account, in order of joining; those erased are none any more."""
    query = select(PersonRow).where(col(PersonRow.erased_at).is_(None)).order_by(col(PersonRow.id))
    return [view_of(row) for row in session.exec(query).all()]


def nullifier_of(session: Session, books: Books, person_id: int, vintage: int) -> bytes:
    """What a person is in a vintage to whoever may not know more. Raises IssuerMissing."""
    return books.personhood.nullifier(session.get_one(PersonRow, person_id).commitment, vintage)


def wards_of(session: Session, guardian: str) -> list[Person]:
    """The accounts that name an address as their guardian, in order of joining."""
    rows = session.exec(select(PersonRow).where(col(PersonRow.guardian) == guardian).order_by(col(PersonRow.id))).all()
    return [view_of(row) for row in rows]
