"""A person moves its account to a new key, by one text that the old and the new key both sign (EIP-191).

Only the ledger's account moves. Credits lie at the address that holds them until that address's key moves them.
"""

from datetime import datetime

from sqlmodel import Session

from backend.access.signed_text import require_fresh, require_signed
from backend.kernel.clock import iso
from backend.ledger.address import ROTATION, change_address, require_address, require_unused
from backend.ledger.person import AccountUnknown, Person, row_at, view_of


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

    Raises AddressMalformed, AccountUnknown, AccountExists, SignedTextExpired, SignedTextSignerWrong,
    SignatureMalformed.
    """
    require_address(new_address)
    person = row_at(session, account)
    if person is None:
        raise AccountUnknown(account)
    require_unused(session, new_address)
    require_fresh(signed_at, at)
    text = rotation_text(account=account, new_address=new_address, chain_id=chain_id, signed_at=signed_at)
    for expected, given in ((account, signature), (new_address, new_signature)):
        require_signed(text, given, expected)
    change_address(session, person, new_address, because=ROTATION, at=at)
    return view_of(person)
