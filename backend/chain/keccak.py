"""Keccak-256, as Ethereum uses it (not NIST's SHA3-256)."""

from eth_utils.crypto import keccak as _keccak


def keccak(data: bytes) -> bytes:
    """32 bytes."""
    return bytes(_keccak(data))
