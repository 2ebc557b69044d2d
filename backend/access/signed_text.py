"""Texts that a key signs as a personal message (EIP-191): who signed one, and whether it is still good."""

from collections.abc import Collection
from datetime import datetime, timedelta

from backend.chain.keys import personal_recover
from backend.kernel.clock import iso
from backend.kernel.errors import Unauthenticated

GOOD_FOR = timedelta(hours=1)
"""How old or early the time in a signed text may be."""


class SignedTextExpired(Unauthenticated):
    """The text was signed too long ago, or for a time to come."""

    code = "signed_text.expired"

    def __init__(self, signed_at: datetime, now: datetime) -> None:
        super().__init__(
            f"the text says {iso(signed_at)}; sign it within an hour of {iso(now)}",
            signed_at=iso(signed_at),
            now=iso(now),
        )


class SignedTextSignerWrong(Unauthenticated):
    """Another key signed the text than must, or another text was signed."""

    code = "signed_text.signer_wrong"

    def __init__(self, found: str, expected: Collection[str]) -> None:
        must = " or ".join(sorted(expected))
        super().__init__(
            f"{found} signed where {must} must, or another text was signed", found=found, expected=sorted(expected)
        )


def require_fresh(signed_at: datetime, now: datetime) -> None:
    """Raises SignedTextExpired unless the time in a text is within an hour of now."""
    if abs(now - signed_at) > GOOD_FOR:
        raise SignedTextExpired(signed_at, now)


def require_signed(text: str, signature: bytes, *signers: str) -> str:
    """Which of the addresses signed the text. Raises SignedTextSignerWrong, SignatureMalformed."""
    found = personal_recover(text, signature)
    if found not in signers:
        raise SignedTextSignerWrong(found, signers)
    return found
