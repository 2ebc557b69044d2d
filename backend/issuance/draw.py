"""A draw's arithmetic: commitments, the seed, and whom it chooses. No framework; anybody can repeat it.

The seed is made of the anchored list's digest, the hash of a block named in advance, and the secrets of verifiers who
had committed to them before that block was. The operator, who can make its own chain's blocks, does not know the
secrets; a verifier does not know the block when it commits, and can afterwards only hold its secret back: that is
seen, and its own statements are then likelier to be drawn.
"""

from collections.abc import Mapping, Sequence

from backend.issuance.draw_list import Candidate, DrawList, day_of
from backend.kernel.digest import sha256, to_hex
from backend.kernel.mass import BPS

_COMMITMENT, _SEED, _PICK = b"tanyu.draw.commitment\x00", b"tanyu.draw.seed\x00", b"tanyu.draw.pick\x00"
_SPAN = 2**256


def _address_bytes(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


def commitment_of(list_digest: bytes, verifier: str, secret: bytes) -> bytes:
    """SHA-256 of the list's digest, the verifier's address and its 32-byte secret: of one draw, of one verifier."""
    return sha256(_COMMITMENT + list_digest + _address_bytes(verifier) + secret)


def commitment_text(drawn_from: DrawList, verifier: str, commitment: bytes) -> str:
    """What a verifier signs (EIP-191), so that nobody can commit in its name."""
    return (
        "Tanyu: my part in a draw of statements to be audited again.\n\n"
        f"Day: {day_of(drawn_from.day).isoformat()}\n"
        f"List: {to_hex(drawn_from.digest)}\n"
        f"Verifier: {verifier}\n"
        f"Commitment: {to_hex(commitment)}\n"
        f"Chain ID: {drawn_from.chain_id}"
    )


def seed_of(list_digest: bytes, block_hash: bytes, secrets: Mapping[str, bytes]) -> bytes:
    """The seed, from the secrets by verifier, in the order of their addresses."""
    parts = b"".join(_address_bytes(one) + secrets[one] for one in sorted(secrets, key=_address_bytes))
    return sha256(_SEED + list_digest + block_hash + parts)


def drawn_of(seed: bytes, candidates: Sequence[Candidate], least: int) -> list[bytes]:
    """Digests of the statements that a seed chooses, in order: each with its own chance, and at least so many."""
    values = {one.statement_digest: int.from_bytes(sha256(_PICK + seed + one.statement_digest)) for one in candidates}
    lowest = set(sorted(values, key=lambda digest: (values[digest], digest))[:least])
    return sorted(
        one.statement_digest
        for one in candidates
        if one.statement_digest in lowest or values[one.statement_digest] * BPS < one.chance_bps * _SPAN
    )
