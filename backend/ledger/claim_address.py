"""A fresh address for one vintage's claim, if the person likes: on the chain nobody sees that it is the person's.

Its key signs that it takes the credits, so that nothing mints to an address by mistake. The ledger keeps whose it is.
"""

from dataclasses import dataclass

from sqlmodel import Session

from backend.access.signed_text import require_signed
from backend.kernel.errors import Conflict, RuleViolated
from backend.ledger.address import owner_of, require_address
from backend.ledger.tables import PersonRow


class ClaimAddressTaken(Conflict):
    """The address is or was somebody else's."""

    code = "claim_address.taken"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not free; take a fresh one", address=address)


class ClaimAddressOfMinor(RuleViolated):
    """A minor's credits stay at its own address, where the book takes no sells."""

    code = "claim_address.minor"

    def __init__(self) -> None:
        super().__init__("who has a guardian claims to its own address")


@dataclass(frozen=True)
class ClaimAddress:
    """An address for one vintage, and its key's signature of `claim_address_text`."""

    address: str
    chain_id: int
    signature: bytes


def claim_address_text(*, account: str, address: str, vintage: int, chain_id: int) -> str:
    """What the address's key signs (EIP-191)."""
    return (
        f"Tanyu: the credits of {vintage} mint to this address.\n\n"
        f"Account: {account}\n"
        f"Address: {address}\n"
        f"Vintage: {vintage}\n"
        f"Chain ID: {chain_id}\n\n"
        "On the chain nobody sees whose it is. Whoever loses its key loses these credits."
    )


def require_claim_address(session: Session, person: PersonRow, vintage: int, given: ClaimAddress) -> str:
    """The address, if it is free or the person's own and its key signed. Raises AddressMalformed, ClaimAddressTaken,
    ClaimAddressOfMinor, SignedTextSignerWrong, SignatureMalformed.
    """
    require_address(given.address)
    if person.guardian is not None:
        raise ClaimAddressOfMinor
    owner = owner_of(session, given.address)
    if owner is not None and owner.id != person.id:
        raise ClaimAddressTaken(given.address)
    text = claim_address_text(account=person.address, address=given.address, vintage=vintage, chain_id=given.chain_id)
    return require_signed(text, given.signature, given.address)
