"""What a person is called where nobody may know who it is: a keyed hash, the same for all of the person's addresses.

The market's journal tells by it which orders are of one person, so that nobody trades with itself. Auditors get the
journal: they see that two orders have one owner, and no more than that; only who has the secret can make the name.
"""

import hmac
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from sqlmodel import Session

from backend.ledger.address import people_of
from backend.storage.keys import secret_file

_NAME_BYTES = 16


class PersonKeys:
    """Makes the names. `master`: 32 secret bytes that never change."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    @classmethod
    def at(cls, path: Path) -> "PersonKeys":
        """With the secret of a file, made on first use. With another secret everybody has another name: orders from
        before and after do not know each other for one person's.
        """
        return cls(secret_file(path))

    def names_of(self, session: Session, addresses: Collection[str]) -> dict[str, str]:
        """Names by address, 32 hex digits each; addresses without a ledger account are left out."""
        return {address: self._name(person_id) for address, person_id in people_of(session, addresses).items()}

    def _name(self, person_id: int) -> str:
        return hmac.new(self._master, f"tanyu person {person_id}".encode(), sha256).digest()[:_NAME_BYTES].hex()
