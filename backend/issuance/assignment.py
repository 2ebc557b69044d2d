"""Who does what: each piece of work goes to one verifier by the digest of both, so that nobody chooses whom to judge or
by whom to be judged. No framework.

The subject is what the person cannot vary: its nullifier of the vintage, not the digest of a statement that could be
closed again until it falls to a friend. When a verifier comes or goes, only that verifier's share moves.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

from backend.kernel.digest import sha256


class Work(StrEnum):
    """What a verifier is asked to do."""

    INSPECT = "inspect"
    ATTEST = "attest"
    REAUDIT = "reaudit"
    APPEAL = "appeal"


def ranked(verifiers: Iterable[str], work: Work, subject: bytes) -> list[str]:
    """Verifiers in the order in which the work falls to them: the highest SHA-256(work || subject || address) first."""

    def weight(verifier: str) -> bytes:
        return sha256(work.encode() + b"\x00" + subject + bytes.fromhex(verifier.removeprefix("0x")))

    return sorted(verifiers, key=weight, reverse=True)


def first_of(order: Iterable[str], excluded: Collection[str]) -> str | None:
    """The first who is not excluded; None if all are."""
    return next((verifier for verifier in order if verifier not in excluded), None)
