"""Who issues a credential: a secp256k1 key as a DID that holds the key itself, so that no network is asked for it.

`did:jwk` is the public key in JOSE's own terms; the same key has an address on the chain, which says whose it is.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError

from coincurve import PrivateKey, PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from backend.chain.keccak import keccak
from backend.chain.keys import Signer
from backend.chain.signature import checksum_address
from backend.kernel.digest import canonical_json
from backend.kernel.errors import InvalidInput

ALGORITHM = "ES256K"
"""ECDSA over secp256k1 with SHA-256 (RFC 8812)."""
_METHOD = "did:jwk:"
_PUBLIC = ("crv", "kty", "x", "y")
_CURVE = {"crv": "secp256k1", "kty": "EC"}


class IssuerMalformed(InvalidInput):
    """Not a DID of a secp256k1 key."""

    code = "credential.issuer_malformed"

    def __init__(self, did: str) -> None:
        super().__init__(f"{did[:80]!r} is no did:jwk of a secp256k1 key", issuer=did[:200])


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _public_jwk(key: bytes) -> dict[str, str]:
    point = PrivateKey(key).public_key.format(compressed=False)
    return _CURVE | {"x": _encoded(point[1:33]), "y": _encoded(point[33:])}


def did_of(signer: Signer) -> str:
    """The DID of a signer's public key."""
    return _METHOD + _encoded(canonical_json(_public_jwk(signer.key)))


def signing_key(signer: Signer) -> ECKey:
    """A signer's key as JOSE wants it."""
    return ECKey.import_key({**_public_jwk(signer.key), "d": _encoded(signer.key)})


def issuer_key(did: str) -> tuple[ECKey, str]:
    """The public key of a DID, and its EIP-55 address. Raises IssuerMalformed."""
    try:
        if not did.startswith(_METHOD):
            raise IssuerMalformed(did)
        jwk = json.loads(_decoded(did.removeprefix(_METHOD)))
        public: dict[str, str | list[str]] = {name: str(jwk[name]) for name in _PUBLIC}
        if {name: public[name] for name in _CURVE} != _CURVE or set(jwk) != set(_PUBLIC):
            raise IssuerMalformed(did)
        point = b"\x04" + _decoded(jwk["x"]).rjust(32, b"\x00") + _decoded(jwk["y"]).rjust(32, b"\x00")
        address = checksum_address(keccak(PublicKey(point).format(compressed=False)[1:])[12:])
        return ECKey.import_key(public), address
    except (ValueError, KeyError, TypeError, AttributeError, BinasciiError, RecursionError, JoseError) as failure:
        raise IssuerMalformed(did) from failure
