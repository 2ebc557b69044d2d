"""One person, one account: who vouches for it, and what the ledger gets to know. No framework.

The ledger keeps a commitment, never a name. The provider also makes the nullifier of a person and vintage, under which
the chain lets that person mint once, ever.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from backend.footprint.meter_number import meter_key
from backend.kernel.errors import InvalidInput, Unavailable
from backend.kernel.text import seen

KEY_BYTES = 32
IDENTITY_LIMIT = 200


class IdentityMissing(InvalidInput):
    """No proof of personhood was given, or one too long to be one. No proof, no account, no mint."""

    code = "personhood.identity_missing"

    def __init__(self) -> None:
        super().__init__(f"give a proof of identity of 1 to {IDENTITY_LIMIT} characters", limit=IDENTITY_LIMIT)


class PersonhoodProvider(Protocol):
    """An identity issuer's service."""

    def commitment(self, identity: str) -> bytes:
        """32 bytes, the same for the same human being, telling nothing about it. Raises IdentityMissing."""
        ...

    def nullifier(self, commitment: bytes, vintage: int) -> bytes:
        """32 bytes, one for each person and vintage; two of one person cannot be linked without the issuer's key."""
        ...


class IssuerMissing(Unavailable):
    """No identity issuer serves this chain, so nobody can join or be proved."""

    code = "personhood.issuer_missing"

    def __init__(self) -> None:
        super().__init__("no identity issuer serves this chain: the development issuer vouches on the local one only")


class NoIssuer:
    """Where no issuer is set up: nobody is vouched for, and nothing mints."""

    def commitment(self, identity: str) -> bytes:
        """Raises IssuerMissing."""
        raise IssuerMissing

    def nullifier(self, commitment: bytes, vintage: int) -> bytes:
        """Raises IssuerMissing."""
        raise IssuerMissing


@dataclass(frozen=True)
class DevelopmentIssuer:
    """Vouches for anybody: for the local chain only. HMAC-SHA256 under its key, with a word for each use."""

    key: bytes

    def commitment(self, identity: str) -> bytes:
        """HMAC of the identity, spaces, case and what nobody sees folded; raises IdentityMissing."""
        folded = " ".join(word for word in map(seen, identity.split()) if word)
        if not folded or len(folded) > IDENTITY_LIMIT:
            raise IdentityMissing
        return hmac.digest(self.key, b"tanyu commitment\0" + folded.encode(), sha256)

    def nullifier(self, commitment: bytes, vintage: int) -> bytes:
        """HMAC of the commitment and the year."""
        return hmac.digest(self.key, b"tanyu nullifier\0" + commitment + vintage.to_bytes(4), sha256)


def meter_hash(pepper: bytes, region: str, category: str, number: str) -> bytes:
    """Names a meter without telling its number. The region and not the premises is hashed with it, so that one meter
    under two registrations of the same home is still one meter. Which spellings are one number: `meter_number.py`.
    Raises MeterUnreadable.
    """
    folded = meter_key(number)
    return hmac.digest(pepper, b"\0".join(part.encode() for part in ("tanyu meter", region, category, folded)), sha256)


def point_hash(pepper: bytes, key: str) -> bytes:
    """Names a usage point of a Green Button feed, by what every export of it carries, without telling it."""
    return hmac.digest(pepper, b"tanyu usage point\0" + key.encode(), sha256)


@dataclass(frozen=True)
class LedgerKeys:
    """Secrets that the ledger needs: the development issuer's key and the pepper of meter numbers."""

    issuer_key: bytes
    pepper: bytes

    @classmethod
    def at(cls, path: Path) -> "LedgerKeys":
        """The keys in a file, made on first use and readable by its owner only. They must outlive the database: without
        them the same person could join twice.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = {"issuerKey": secrets.token_hex(KEY_BYTES), "pepper": secrets.token_hex(KEY_BYTES)}
            draft = path.with_name(path.name + ".new")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(fresh), "utf-8")
            draft.replace(path)
        loaded = json.loads(path.read_text("utf-8"))
        return cls(bytes.fromhex(loaded["issuerKey"]), bytes.fromhex(loaded["pepper"]))
