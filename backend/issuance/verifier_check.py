"""What a verifier works out for itself, in its own process, before its key signs. No framework, no database.

The server is taken at its word in nothing that is signed: what is said of a statement is read from fields that lead to
its digest, and a batch's root and totals are computed again.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from backend.chain.keys import Signer, personal_sign
from backend.chain.typed_data import Domain, sign
from backend.issuance.attestation import Attestation
from backend.issuance.batch import Entry, plan_of
from backend.issuance.draw_list import DrawList
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.digest import sha256, to_hex
from backend.kernel.errors import RuleViolated
from backend.ledger.content import findings_of
from backend.ledger.document import DocumentTampered, verify, verify_disclosure

FINDINGS_MOST = 1_000
"""A batch with so many is not looked into further."""


class ShownUnsound(RuleViolated):
    """What the server showed does not agree with itself: nothing was signed."""

    code = "verifier.shown_unsound"

    def __init__(self, what: str, findings: Sequence[str]) -> None:
        super().__init__(f"{what}: {findings[0]}; nothing was signed", findings=list(findings)[:20])


def _bytes(text: object) -> bytes:
    return bytes.fromhex(str(text).removeprefix("0x"))


def attestation_of_document(
    document: str,
    statement_digest: bytes,
    domain: Domain,
    verifier: Signer,
    *,
    rule_version: str,
    accepted: Collection[str],
    at: datetime,
) -> Attestation:
    """Reads a statement from its own document, checks its sums and signs what it says.

    Raises DocumentMalformed, DocumentTampered, ShownUnsound.
    """
    verified = verify(document)
    if verified.digest != statement_digest:
        raise DocumentTampered(statement_digest, verified.digest)
    values = verified.values
    wrong = findings_of(values)
    if wrong:
        raise ShownUnsound("the statement's sums do not agree", wrong)

    def made(signature: bytes) -> Attestation:
        return Attestation(
            statement_digest=statement_digest,
            nullifier=_bytes(values["nullifier"]),
            class_id=int(str(values["classId"])),
            credit_gco2e=int(str(values["creditGco2e"])),
            deficit_gco2e=int(str(values["deficitGco2e"])),
            rule_version=rule_version,
            attested_at=from_unix_s(unix_s(at)),
            verifier=verifier.address,
            accepted=tuple(accepted),
            signature=signature,
        )

    return made(sign(verifier, "Attestation", domain, made(b"").message()))


def batch_signature(
    shown: Mapping[str, Any],
    domain: Domain,
    verifier: Signer,
    *,
    root: bytes,
    attesters: Collection[str],
    now: datetime,
) -> bytes:
    """Works a batch out again from its statements' disclosed fields and their attestations, and signs what came out.
    `shown`: its message, and its statements, which may come as a stream. `attesters`: whose attestations count.

    Raises DocumentMalformed, DocumentTampered, ShownUnsound, and what `plan_of` raises.
    """
    wrong: list[str] = []
    message = shown["message"]
    entries = _entries(shown["statements"], domain, verifier, attesters, wrong)
    plan = plan_of(entries, class_id=int(message["classId"]), deadline_s=int(message["deadline"]), minimum_people=1)
    ours = {name: to_hex(value) if isinstance(value, bytes) else str(value) for name, value in plan.message().items()}
    wrong += [
        f"{name} is shown as {message.get(name)}, worked out {ours[name]}"
        for name in ours
        if ours[name] != message.get(name)
    ]
    if plan.root != root:
        wrong.append(f"the root is {to_hex(plan.root)}, not {to_hex(root)}")
    if plan.totals.deadline_s <= unix_s(now):
        wrong.append("its deadline is over")
    if wrong:
        raise ShownUnsound(f"batch {to_hex(root)}", wrong)
    return sign(verifier, "Batch", domain, plan.message())


def _entries(
    statements: Iterable[Mapping[str, Any]],
    domain: Domain,
    verifier: Signer,
    attesters: Collection[str],
    wrong: list[str],
) -> Iterator[Entry]:
    """What each statement gives; what is wrong with it goes to `wrong`, and then the rest need not be seen."""
    for one in statements:
        entry = entry_of_disclosure(one["disclosure"])
        wrong += _wrong_with(entry, one, domain, verifier, attesters)
        if len(wrong) >= FINDINGS_MOST:
            return
        yield entry


def entry_of_disclosure(disclosure: Mapping[str, Any]) -> Entry:
    """What a batch takes from a statement, from fields that lead to its digest. Raises DocumentMalformed,
    DocumentTampered.
    """
    said = verify_disclosure(json.dumps(disclosure))

    def grams(name: str) -> int:
        return int(str(said[name]))

    return Entry(
        account=str(said["account"]),
        class_id=grams("classId"),
        statement_digest=_bytes(disclosure["digest"]),
        nullifier=_bytes(said["nullifier"]),
        budget_gco2e=grams("budgetGco2e"),
        footprint_gco2e=grams("footprintGco2e"),
        credit_gco2e=grams("creditGco2e"),
        buffer_gco2e=grams("bufferGco2e"),
        deficit_gco2e=grams("deficitGco2e"),
        policy_digest=_bytes(said["policyDigest"]),
        factors_digest=_bytes(said["factorsDigest"]),
    )


def _wrong_with(
    entry: Entry, shown: Mapping[str, Any], domain: Domain, verifier: Signer, attesters: Collection[str]
) -> list[str]:
    attestation = Attestation(
        statement_digest=entry.statement_digest,
        nullifier=entry.nullifier,
        class_id=entry.class_id,
        credit_gco2e=entry.credit_gco2e,
        deficit_gco2e=entry.deficit_gco2e,
        rule_version=shown["ruleVersion"],
        attested_at=from_unix_s(int(shown["attestedAt"])),
        verifier=shown["verifier"],
        accepted=(),
        signature=_bytes(shown["signature"]),
    )
    name = f"statement {to_hex(entry.statement_digest)}"
    checks = {
        "is your own": entry.account == verifier.address,
        f"was not signed by {attestation.verifier} as it is shown": not attestation.is_signed(domain),
        f"was attested by {attestation.verifier}, who is no verifier": attestation.verifier not in attesters,
    }
    return [f"{name} {what}" for what, wrong in checks.items() if wrong]


def secret_of(drawn_from: DrawList, verifier: Signer) -> bytes:
    """A verifier's secret for a draw, which it need not store: the digest of a signature that only its key can make,
    and always makes alike (RFC 6979). Whoever else makes the key sign this text learns the secret.
    """
    text = (
        "Tanyu: the secret of my part in a draw. Never sign this for anybody.\n\n"
        f"List: {to_hex(drawn_from.digest)}\n"
        f"Verifier: {verifier.address}"
    )
    return sha256(personal_sign(verifier, text))
