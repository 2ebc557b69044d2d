"""W3C Verifiable Credentials (data model 2.0) secured as `vc+jwt` (VC-JOSE-COSE), whatever they say: signed by an
issuer whose key is its DID, and opened. No framework, no network.
"""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError

from backend.chain.keys import Signer
from backend.issuance.issuer import ALGORITHM, did_of, issuer_key, signing_key
from backend.kernel.digest import Json, canonical_json

CONTEXT = ("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2")
CREDENTIAL = "VerifiableCredential"
MEDIA_TYPE = "vc+jwt"


class NotACredential(Exception):
    """It cannot be read as a credential of the kind that was asked for; the message says why."""


class NotTheIssuers(Exception):
    """The signature is not that of the issuer it names."""

    def __init__(self, issuer: str) -> None:
        super().__init__(issuer)
        self.issuer = issuer


def signed_credential(issuer: Signer, kind: str, payload: Mapping[str, Json]) -> str:
    """The compact JWS of a credential of a kind. `payload`: what it has beside context, type and issuer."""
    did = did_of(issuer)
    whole = {"@context": list(CONTEXT), "type": [CREDENTIAL, kind], "issuer": did, **payload}
    header = {"alg": ALGORITHM, "kid": f"{did}#0", "typ": MEDIA_TYPE}
    return jws.serialize_compact(header, canonical_json(whole), signing_key(issuer), algorithms=[ALGORITHM])


def opened_credential(compact: str, kind: str) -> tuple[dict[str, Any], str, str]:
    """Payload, issuer and the issuer's address of a credential of a kind that its issuer signed.

    Raises NotACredential, NotTheIssuers, IssuerMalformed.
    """
    try:
        seen = jws.extract_compact(compact.encode())
        header, payload = seen.headers(), json.loads(seen.payload)
    except (JoseError, ValueError, RecursionError) as failure:
        raise NotACredential("it is no compact JWS over JSON") from failure
    if not isinstance(payload, dict) or kind not in list(payload.get("type") or ()):
        raise NotACredential(f"its type is not {kind}")
    if (header.get("alg"), header.get("typ")) != (ALGORITHM, MEDIA_TYPE):
        raise NotACredential(f"it is not signed as {MEDIA_TYPE} by {ALGORITHM}")
    did = str(payload.get("issuer"))
    key, address = issuer_key(did)
    if header.get("kid") != f"{did}#0":
        raise NotTheIssuers(did)
    try:
        jws.deserialize_compact(compact, key, algorithms=[ALGORITHM])
    except BadSignatureError as failure:
        raise NotTheIssuers(did) from failure
    except (JoseError, ValueError) as failure:
        raise NotACredential("its signature cannot be read") from failure
    return payload, did, address
