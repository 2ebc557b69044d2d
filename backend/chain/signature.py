"""ECDSA signatures, accepted exactly as the contracts accept them.

eth-account alone also recovers high-s and v 0/1 signatures, which OpenZeppelin's contracts refuse: an order book that
took them would hold orders that can never settle. So one canonical form is enforced: r || s || v, low s, v 27 or 28.
"""

from threading import local

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from coincurve.flags import EC_UNCOMPRESSED

from backend.chain.keccak import keccak
from backend.kernel.errors import InvalidInput

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_N = SECP256K1_N // 2
_V_BIT = 1 << 255
_POINT_BYTES = 65
"""Of a public key that is not compressed: 4, x, y."""


class SignatureMalformed(InvalidInput):
    """Not a signature the contracts would accept."""

    code = "signature.malformed"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"malformed signature: {why}; 65 bytes (r, s, v) with low s and v 27 or 28, or 64 bytes (EIP-2098)", why=why
        )


def canonical_signature(raw: bytes) -> bytes:
    """65 bytes r || s || v from 65 bytes, or from 64 bytes of EIP-2098. Raises SignatureMalformed for anything else."""
    if len(raw) == 64:
        vs = int.from_bytes(raw[32:])
        v, s = 27 + (vs >> 255), vs & (_V_BIT - 1)
    elif len(raw) == 65:
        v, s = raw[64], int.from_bytes(raw[32:64])
    else:
        raise SignatureMalformed(f"{len(raw)} bytes")
    r = int.from_bytes(raw[:32])
    if v not in {27, 28}:
        raise SignatureMalformed(f"v is {v}")
    if not 0 < s <= _HALF_N:
        raise SignatureMalformed("s is zero or high")
    if not 0 < r < SECP256K1_N:
        raise SignatureMalformed("r is out of range")
    return raw[:32] + s.to_bytes(32) + bytes([v])


def recover(digest: bytes, signature: bytes) -> str:
    """EIP-55 address that signed a 32-byte digest. Raises SignatureMalformed."""
    return checksum_address(signer_of(digest, canonical_signature(signature)))


class _Room(local):
    """Where a thread has the library leave what it finds: to make room anew costs a tenth of what finding takes."""

    def __init__(self) -> None:
        self.signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
        self.key = ffi.new("secp256k1_pubkey *")
        self.point = ffi.new("unsigned char[]", _POINT_BYTES)
        self.size = ffi.new("size_t *", _POINT_BYTES)
        self.written = ffi.buffer(self.point, _POINT_BYTES)


_room = _Room()


def signer_of(digest: bytes, canonical: bytes) -> bytes:
    """20 bytes: the address that signed a 32-byte digest, from a signature in canonical form. For who compares and
    shows nothing: writing an address in EIP-55 costs a hash more. Raises SignatureMalformed.
    """
    assert len(digest) == 32, digest
    room, context = _room, GLOBAL_CONTEXT.ctx
    lib.secp256k1_ecdsa_recoverable_signature_parse_compact(context, room.signature, canonical, canonical[64] - 27)
    if not lib.secp256k1_ecdsa_recover(context, room.key, room.signature, digest):
        raise SignatureMalformed("no public key matches")
    lib.secp256k1_ec_pubkey_serialize(context, room.point, room.size, room.key, EC_UNCOMPRESSED)
    return keccak(room.written[1:])[12:]


def checksum_address(raw: bytes) -> str:
    """EIP-55 text of 20 bytes."""
    text = raw.hex()
    mask = keccak(text.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(bit, 16) >= 8 else letter for letter, bit in zip(text, mask, strict=False)
    )
