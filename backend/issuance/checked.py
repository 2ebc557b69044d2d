"""One statement's papers, checked together: document, disclosure, credential, claim file. Offline, and by the chain too
if a node is asked.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.chain.contracts import Contracts
from backend.issuance.claim_file import CLAIM_SCHEMA
from backend.issuance.credential import compact_of, verify_credential
from backend.issuance.proof import proven_claim
from backend.kernel.clock import iso
from backend.kernel.digest import Json, to_hex
from backend.ledger.content import findings_of
from backend.ledger.document import DISCLOSURE_SCHEMA, verify, verify_disclosure
from backend.ledger.recompute import Discrepancy, discrepancies
from backend.ledger.sources import Sources

UNKNOWN_SOURCES = frozenset({"policy.unknown", "footprint.factor_set_unknown"})


@dataclass
class Checked:
    """One file, verified: what it shows, the digest it is about, and what is wrong with what it says."""

    kind: str
    digest: bytes
    says: dict[str, Json]
    """What others of the same statement must say too, by the document's names."""
    shown: dict[str, Json] = field(default_factory=dict)
    """What else to show."""
    findings: list[Discrepancy] = field(default_factory=list)
    root: bytes | None = None
    nullifier: bytes | None = None


def checked(text: str, sources: Sources, at: datetime) -> Checked:
    """A file by what it is. Raises what `document.verify`, `verify_disclosure`, `verify_credential` and `proven_claim`
    raise; DocumentMalformed for anything else.
    """
    compact = compact_of(text)
    if compact is not None:
        return _credential(compact, at)
    schema = _schema(text)
    if schema == CLAIM_SCHEMA:
        return _claim(text)
    if schema == DISCLOSURE_SCHEMA:
        digest, values = disclosed(text)
        return Checked("disclosure", digest, dict(values))
    document = verify(text)
    values = document.values
    findings = discrepancies(values, sources)
    if {one.code for one in findings} & UNKNOWN_SOURCES:  # then at least its sums must agree
        findings += [Discrepancy("sums.disagree", "the document", "", sentence) for sentence in findings_of(values)]
    nullifier = values.get("nullifier")
    return Checked(
        "document",
        document.digest,
        values,
        {"recomputed": "every field" if not findings else "not as it says"},
        findings,
        nullifier=bytes.fromhex(nullifier[2:]) if isinstance(nullifier, str) else None,
    )


def disclosed(text: str) -> tuple[bytes, Mapping[str, Json]]:
    """The digest and the shown values of a disclosure. Raises DocumentMalformed, DocumentTampered."""
    values = verify_disclosure(text)
    return bytes.fromhex(str(json.loads(text)["digest"]).removeprefix("0x")), values


def _schema(text: str) -> Any:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return loaded.get("schema") if isinstance(loaded, dict) else None


def _credential(compact: str, at: datetime) -> Checked:
    found = verify_credential(compact, at)
    return Checked(
        "credential",
        found.digest,
        dict(found.claims),
        {
            "subject": found.subject,
            "issuer": found.issuer,
            "issuerAddress": found.issuer_address,
            "validUntil": iso(found.valid_until),
            "attestedBy": found.verifier,
            "chainId": found.status["chainId"],
        },
        nullifier=bytes.fromhex(str(found.status["nullifier"])[2:]),
    )


def _claim(text: str) -> Checked:
    found = proven_claim(json.loads(text))
    says: dict[str, Json] = {
        "account": found.account,
        "classId": str(found.class_id),
        "creditGco2e": str(found.amount_gco2e),
        "nullifier": to_hex(found.nullifier),
    }
    shown: dict[str, Json] = {
        "root": to_hex(found.root),
        "chainId": found.chain_id,
        "issuance": found.issuance,
        "batchSignedBy": list(found.verifiers),
    }
    return Checked("claim", found.digest, says, shown, root=found.root, nullifier=found.nullifier)


def disagreements(papers: Sequence[Checked]) -> list[Discrepancy]:
    """Where papers that should be of one statement say different things."""
    first = papers[0]
    found: list[Discrepancy] = []
    for paper in papers[1:]:
        if paper.digest != first.digest:
            found.append(
                Discrepancy(
                    "papers.disagree", f"the digest of the {paper.kind}", to_hex(paper.digest), to_hex(first.digest)
                )
            )
        for name in sorted(paper.says.keys() & first.says.keys()):
            if paper.says[name] != first.says[name]:
                said, due = str(paper.says[name]), str(first.says[name])
                found.append(Discrepancy("papers.disagree", f"{name} of the {paper.kind}", said, due))
    return found


def on_chain(papers: Sequence[Checked], contracts: Contracts) -> dict[str, Json]:
    """What the chain says: whether the claim's root is anchored and stands, and whether the nullifier minted.

    Raises what the deployment's check raises.
    """
    contracts.deployment.check(contracts.w3)
    asked = contracts.credit.functions
    found: dict[str, Json] = {}
    for paper in papers:
        if paper.root is not None:
            anchored_at = int(asked.anchoredAt(paper.root).call())
            found["rootAnchored"] = anchored_at > 0
            found["rootSuspended"] = bool(asked.isSuspended(paper.root).call())
        if paper.nullifier is not None:
            found["minted"] = bool(asked.nullifierUsed(paper.nullifier).call())
    return found
