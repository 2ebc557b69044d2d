"""A person moves its account to a new key, by one text that the old and the new key both sign (EIP-191).

Only the ledger's account moves. Credits lie at the address that holds them until that address's key moves them.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from backend.chain.keys import personal_recover
from backend.kernel.clock import iso
from backend.kernel.errors import Unauthenticated
from backend.ledger.address import ROTATION, change_address, require_address, require_unused
from backend.ledger.person import AccountUnknown, Person, row_at, view_of

GOOD_FOR = timedelta(hours=1)
"""How old or early the time in a signed text may be."""


class RotationExpired(Unauthenticated):
    """The text was signed too long ago, or for a time to come."""

    code = "rotation.expired"

    def __init__(self, signed_at: datetime, now: datetime) -> None:
        super().__init__(
            f"the text says {iso(signed_at)}; sign it within an hour of {iso(now)}",
            signed_at=iso(signed_at),
            now=iso(now),
        )


class RotationSignerWrong(Unauthenticated):
    """One of the two signatures is by another key than it should be."""

    code = "rotation.signer_wrong"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"{found} signed where {expected} must", found=found, expected=expected)


def rotation_text(*, account: str, new_address: str, chain_id: int, signed_at: datetime) -> str:
    """What both keys sign. It cannot be used twice: an address that was left is never an account again."""
    return (
        "Tanyu: move my account to a new key.\n\n"
        f"Account: {account}\n"
        f"New address: {new_address}\n"
        f"Chain ID: {chain_id}\n"
        f"Signed at: {iso(signed_at)}\n\n"
        "My ledger follows to the new address. Credits do not: they stay where they are until the old key moves them."
    )


def rotate(
    session: Session,
    *,
    account: str,
    new_address: str,
    chain_id: int,
    signed_at: datetime,
    signature: bytes,
    new_signature: bytes,
    at: datetime,
) -> Person:
    """Gives an account its new address at once. Statements closed before mint to the old one.

    Raises AddressMalformed, AccountUnknown, AccountExists, RotationExpired, RotationSignerWrong, SignatureMalformed.
    """
    require_address(new_address)
    person = row_at(session, account)
    if person is None:
        raise AccountUnknown(account)
    require_unused(session, new_address)
    if abs(at - signed_at) > GOOD_FOR:
        raise RotationExpired(signed_at, at)
    text = rotation_text(account=account, new_address=new_address, chain_id=chain_id, signed_at=signed_at)
    for expected, given in ((account, signature), (new_address, new_signature)):
        found = personal_recover(text, given)
        if found != expected:
            raise RotationSignerWrong(found, expected)
    change_address(session, person, new_address, because=ROTATION, at=at)
    return view_of(person)
