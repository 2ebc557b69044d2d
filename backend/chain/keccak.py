"""Keccak-256, as Ethereum uses it (not NIST's SHA3-256)."""

from Crypto.Hash.keccak import new

_DIGEST_BYTES = 32


def keccak(data: bytes) -> bytes:
    """32 bytes. Asks the library behind eth_utils itself: its layers in between cost a third of a short hash."""
    digest: bytes = new(data=data, digest_bytes=_DIGEST_BYTES).digest()
    return digest
