"""A statement as a W3C Verifiable Credential (data model 2.0), secured as `vc+jwt` (VC-JOSE-COSE) by its issuer's key.

It says a statement's totals and its document's digest; every other field is shown by a disclosure of the document,
which leads to the same digest. Its evidence is the verifier's EIP-712 attestation. No framework, no network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import Domain, digest, recover
from backend.issuance.attestation import Attestation
from backend.issuance.vc_jwt import (
    CONTEXT,
    MEDIA_TYPE,
    NotACredential,
    NotTheIssuers,
    opened_credential,
    signed_credential,
)
from backend.kernel.clock import TimeMalformed, iso, parse_iso
from backend.kernel.digest import Json, sha256, to_hex
from backend.kernel.errors import InvalidInput, RuleViolated
from backend.ledger.document import Document

STATEMENT_CREDENTIAL = "TanyuStatementCredential"
ENVELOPED = "EnvelopedVerifiableCredential"
DATA_URL = f"data:application/{MEDIA_TYPE},"
VALIDITY = timedelta(days=180)
"""A credential is short-lived: who wants to know more recent things asks for a fresh one, or the chain."""

CLAIMS = (
    "class", "classId", "firstDay", "lastDay", "version", "policy", "policyDigest", "policyIllustrative",
    "factorsDigest", "budgetGco2e", "footprintGco2e", "marginGco2e", "boundGco2e", "measuredBps", "surplusGco2e",
    "creditGco2e", "deficitGco2e",
)  # fmt: skip
"""Fields of the document that the credential says as they are: period, totals, interval, coverage, what made them."""

_SUBJECT_TAG = b"\x03"
_ATTESTED = ("statementDigest", "nullifier", "classId", "creditGco2e", "deficitGco2e", "ruleVersion", "attestedAt")
_OCTETS = frozenset({"statementDigest", "nullifier"})
_WORDS = frozenset({"ruleVersion"})


class CredentialMalformed(InvalidInput):
    """Not a credential of a statement."""

    code = "credential.malformed"

    def __init__(self, why: str) -> None:
        super().__init__(f"not a statement's credential: {why}", why=why)


class CredentialForged(RuleViolated):
    """The signature is not the issuer's over this credential."""

    code = "credential.forged"

    def __init__(self, issuer: str) -> None:
        super().__init__(f"the signature is not that of {issuer}: something was changed, or another key signed it")


class CredentialExpired(RuleViolated):
    """Its time is over; a fresh one can be asked for."""

    code = "credential.expired"

    def __init__(self, valid_until: datetime, at: datetime) -> None:
        until = iso(valid_until)
        super().__init__(f"the credential was valid until {until}; ask for a fresh one", valid_until=until, at=iso(at))


class CredentialEarly(RuleViolated):
    """Its time has not come: a wrong clock, here or there."""

    code = "credential.not_yet_valid"

    def __init__(self, valid_from: datetime, at: datetime) -> None:
        start = iso(valid_from)
        super().__init__(f"the credential is valid from {start} on", valid_from=start, at=iso(at))


class EvidenceWrong(RuleViolated):
    """The attestation inside is not its verifier's, or attests something else than the credential says."""

    code = "credential.evidence_wrong"

    def __init__(self, what: str) -> None:
        super().__init__(f"the attestation in the credential does not hold: {what}", what=what)


@dataclass(frozen=True)
class Credential:
    """A credential that was verified: whose word it is, from when to when, and what it says."""

    issuer: str
    issuer_address: str
    subject: str
    valid_from: datetime
    valid_until: datetime
    digest: bytes
    """Of the statement's document."""
    claims: Mapping[str, Any]
    verifier: str
    attested_at_unix: int
    status: Mapping[str, Any]
    """Where to ask whether it still stands: chain, contracts and nullifier."""


def pairwise_subject(document: Document, audience: str) -> str:
    """A name for the person that means something to one audience only: a hash of the salt of the account's field. Who
    later shows that field to the audience proves to be meant.
    """
    salt = next(field.salt for field in document.fields if field.name == "account")
    raw = bytearray(sha256(_SUBJECT_TAG + salt + audience.encode())[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80  # version 8, of one's own making (RFC 9562)
    return f"urn:uuid:{UUID(bytes=bytes(raw))}"


def account_subject(chain_id: int, account: str) -> str:
    """The account itself as subject, for who wants that: did:pkh."""
    return f"did:pkh:eip155:{chain_id}:{account}"


def credential_of(
    document: Document,
    attestation: Attestation,
    deployment: Deployment,
    *,
    issuer: Signer,
    subject: str,
    at: datetime,
) -> str:
    """The compact JWS of a statement's credential, valid from `at` (cut to the second) for `VALIDITY`."""
    values, domain = document.values, deployment.domain("Issuance")
    start = at.replace(microsecond=0)
    message = {name: _text(value) for name, value in attestation.message().items()}
    payload: dict[str, Json] = {
        "validFrom": iso(start),
        "validUntil": iso(start + VALIDITY),
        "credentialSubject": {
            "id": subject,
            "digest": to_hex(document.digest),
            **{name: values[name] for name in CLAIMS},
        },
        "credentialStatus": {
            "type": "TanyuChainStatus",
            "chainId": deployment.chain_id,
            "genesisHash": deployment.genesis_hash,
            "carbonCredit": deployment.address("CarbonCredit"),
            "nullifier": to_hex(attestation.nullifier),
        },
        "evidence": [
            {
                "type": ["TanyuAttestation"],
                "verifier": attestation.verifier,
                "domain": {
                    "name": domain.name,
                    "version": domain.version,
                    "chainId": domain.chain_id,
                    "verifyingContract": domain.verifying_contract,
                },
                "primaryType": "Attestation",
                "message": message,
                "signature": to_hex(attestation.signature),
            }
        ],
    }
    return signed_credential(issuer, STATEMENT_CREDENTIAL, payload)


def _text(value: object) -> Json:
    return to_hex(value) if isinstance(value, bytes) else str(value)


def enveloped(compact: str) -> dict[str, Json]:
    """The credential as a JSON document of its own (data model 2.0, section 4.13)."""
    return {"@context": CONTEXT[0], "id": DATA_URL + compact, "type": ENVELOPED}


def compact_of(text: str) -> str | None:
    """The compact JWS in a text that is one, or that envelopes one; None for anything else."""
    stripped = text.strip()
    if stripped.startswith("ey") and stripped.count(".") == 2:
        return stripped
    try:
        loaded = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    if isinstance(loaded, dict) and loaded.get("type") == ENVELOPED and str(loaded.get("id")).startswith(DATA_URL):
        return str(loaded["id"]).removeprefix(DATA_URL)
    return None


def verify_credential(compact: str, at: datetime) -> Credential:
    """What a credential says, if its issuer signed it, its time is right and its evidence is its verifier's.

    Raises CredentialMalformed, IssuerMalformed, CredentialForged, CredentialEarly, CredentialExpired,
    EvidenceWrong.
    """
    payload, did, address = _opened(compact)
    try:
        subject, (evidence,), status = payload["credentialSubject"], payload["evidence"], payload["credentialStatus"]
        valid_from, valid_until = parse_iso(payload["validFrom"]), parse_iso(payload["validUntil"])
        claims = {name: subject[name] for name in CLAIMS}
        found = Credential(
            issuer=did,
            issuer_address=address,
            subject=str(subject["id"]),
            valid_from=valid_from,
            valid_until=valid_until,
            digest=bytes.fromhex(subject["digest"].removeprefix("0x")),
            claims=claims,
            verifier=str(evidence["verifier"]),
            attested_at_unix=int(evidence["message"]["attestedAt"]),
            status=dict(status),
        )
        what = _wrong_evidence(evidence, found)
    except (KeyError, TypeError, ValueError, AttributeError, TimeMalformed) as failure:
        raise CredentialMalformed(repr(failure)) from failure
    if what is not None:
        raise EvidenceWrong(what)
    if at < valid_from:
        raise CredentialEarly(valid_from, at)
    if at >= valid_until:
        raise CredentialExpired(valid_until, at)
    return found


def _opened(compact: str) -> tuple[dict[str, Any], str, str]:
    """Payload, issuer and the issuer's address of a JWS that the issuer signed."""
    try:
        return opened_credential(compact, STATEMENT_CREDENTIAL)
    except NotACredential as failure:
        raise CredentialMalformed(str(failure)) from failure
    except NotTheIssuers as failure:
        raise CredentialForged(failure.issuer) from failure


def _wrong_evidence(evidence: Mapping[str, Any], found: Credential) -> str | None:
    """What is wrong with the attestation; None if nothing is."""
    said = evidence["message"]
    message = {name: _value(name, said[name]) for name in _ATTESTED}
    domain = Domain(
        str(evidence["domain"]["name"]),
        str(evidence["domain"]["version"]),
        int(evidence["domain"]["chainId"]),
        str(evidence["domain"]["verifyingContract"]),
    )
    expected = {name: str(found.claims[name]) for name in ("classId", "creditGco2e", "deficitGco2e")}
    for name, value in expected.items() | {("statementDigest", to_hex(found.digest))}:
        if said[name] != value:
            return f"{name} is {said[name]}, the credential says {value}"
    if said["nullifier"] != found.status["nullifier"] or domain.chain_id != found.status["chainId"]:
        return "it is of another person's year, or of another chain, than the status"
    try:
        signer = recover(digest("Attestation", domain, message), bytes.fromhex(evidence["signature"][2:]))
    except SignatureMalformed as failure:
        return failure.message
    return None if signer == found.verifier else f"{signer} signed it, not {found.verifier}"


def _value(name: str, text: str) -> object:
    if name in _OCTETS:
        return bytes.fromhex(text.removeprefix("0x"))
    return text if name in _WORDS else int(text)
