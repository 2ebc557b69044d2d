"""The addresses of a person over time: an address serves one person, once, and is never taken up again."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, bindparam, union_all
from sqlmodel import Session, col, select

from backend.chain.signature import checksum_address
from backend.kernel.errors import Conflict, InvalidInput
from backend.ledger.tables import AddressRow, PersonRow, StatementRow
from backend.storage.asking import all_of

ROTATION, HAND_OVER, ERASURE, WARD_ERASURE = "rotation", "hand_over", "erasure", "ward_erasure"
"""Why an address ended."""


class AddressMalformed(InvalidInput):
    """Not an address in EIP-55."""

    code = "account.address_malformed"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address[:60]!r} is not an address in EIP-55", address=address[:60])


class AccountExists(Conflict):
    """The address already has an account, or had one before its key changed."""

    code = "account.exists"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} already has or had an account", address=address)


def require_address(address: str) -> None:
    """Raises AddressMalformed unless it is in EIP-55."""
    try:
        checksummed = checksum_address(bytes.fromhex(address.removeprefix("0x")))
    except ValueError as failure:
        raise AddressMalformed(address) from failure
    if len(address) != 42 or checksummed != address:
        raise AddressMalformed(address)


def require_unused(session: Session, address: str) -> None:
    """Raises AccountExists if anybody has or had this address."""
    if owner_of(session, address) is not None:
        raise AccountExists(address)


def owner_of(session: Session, address: str) -> PersonRow | None:
    """Who has or had an address, or claims to it; None if nobody."""
    own = session.exec(select(PersonRow).where(col(PersonRow.address) == address)).one_or_none()
    if own is not None:
        return own
    past = session.get(AddressRow, address)
    if past is not None:
        return session.get(PersonRow, past.person_id)
    claims = select(StatementRow.person_id).where(col(StatementRow.account) == address).limit(1)
    person_id = session.exec(claims).first()
    return None if person_id is None else session.get(PersonRow, person_id)


def people_of(session: Session, addresses: Collection[str]) -> dict[str, int]:
    """The ids of the people who have or had some addresses, or claim to them, by address; nobody's are left out."""
    return dict(all_of(session, _PEOPLE, addresses=list(addresses)))


def claim_addresses_of(session: Session, person_id: int) -> list[str]:
    """Every address that a person's statements mint to, beside those of its account."""
    accounts = select(StatementRow.account).where(col(StatementRow.person_id) == person_id).distinct()
    own = addresses_of(session, person_id)
    return sorted(account for account in session.exec(accounts).all() if account and account not in own)


def addresses_of(session: Session, person_id: int) -> list[str]:
    """Every address a person's account has or had, the present one last."""
    person = session.get(PersonRow, person_id)
    assert person is not None
    rows = session.exec(
        select(AddressRow).where(col(AddressRow.person_id) == person_id).order_by(col(AddressRow.since_at))
    ).all()
    return [row.address for row in rows if row.address != person.address] + [person.address]


def first_address(session: Session, person_id: int, address: str, at: datetime) -> None:
    """Notes the address that a person joins with."""
    session.add(AddressRow(address=address, person_id=person_id, since_at=at))
    session.flush()


def change_address(session: Session, person: PersonRow, new_address: str, *, because: str, at: datetime) -> None:
    """Gives a person a new address, which its wards' guardian is from now on. `because`: ROTATION or HAND_OVER."""
    assert person.id is not None
    old = session.get(AddressRow, person.address) or AddressRow(
        address=person.address, person_id=person.id, since_at=person.registered_at
    )
    old.until_at, old.ended_by = at, because
    session.add(old)
    for ward in session.exec(select(PersonRow).where(col(PersonRow.guardian) == person.address)).all():
        ward.guardian = new_address
        session.add(ward)
    person.address = new_address
    session.add(person)
    session.add(AddressRow(address=new_address, person_id=person.id, since_at=at))
    session.flush()


def end_address(session: Session, person: PersonRow, *, because: str, at: datetime) -> None:
    """Notes that a person's present address is an account no more. It stays taken: it is on the chain for ever."""
    assert person.id is not None
    row = session.get(AddressRow, person.address) or AddressRow(
        address=person.address, person_id=person.id, since_at=person.registered_at
    )
    row.until_at, row.ended_by = at, because
    session.add(row)
    session.flush()


def not_selling(session: Session, addresses: Collection[str]) -> set[str]:
    """Those of some addresses that the book takes no sells from: a minor's, one that waits to be handed over, and one
    that was a minor's before the hand-over or its erasure: who grew up moves its credits to its own key first. An
    address without a ledger account may sell what it bought. The chain knows nothing of this: it is the book's rule.
    """
    return {address for (address,) in all_of(session, _NOT_SELLING, addresses=list(addresses)) if address}


# --- What the market asks for every group of orders: each written once, and past the object mapper ---

_THESE: BindParameter[str] = bindparam("addresses", expanding=True)
_IS_WARD = col(PersonRow.guardian).is_not(None)

_PEOPLE: CompoundSelect[Any] = union_all(
    select(PersonRow.address, PersonRow.id).where(col(PersonRow.address).in_(_THESE)),
    select(AddressRow.address, AddressRow.person_id).where(col(AddressRow.address).in_(_THESE)),
    select(StatementRow.account, StatementRow.person_id).where(col(StatementRow.account).in_(_THESE)),
)

_NOT_SELLING: CompoundSelect[Any] = union_all(
    select(PersonRow.address).where(col(PersonRow.address).in_(_THESE), _IS_WARD),
    select(AddressRow.address)
    .join(PersonRow, col(PersonRow.id) == AddressRow.person_id)
    .where(
        col(AddressRow.address).in_(_THESE),
        _IS_WARD | (col(AddressRow.ended_by) == HAND_OVER) | (col(AddressRow.ended_by) == WARD_ERASURE),
    ),
    select(StatementRow.account)
    .join(PersonRow, col(PersonRow.id) == StatementRow.person_id)
    .where(col(StatementRow.account).in_(_THESE), _IS_WARD),
)
