"""k of n verifiers sign a batch. Each works it out again before it signs, with its own key (`verifier_check.py`): what
it signs is what it found. The server works it out once more before it takes the signature.
"""

from datetime import datetime

from sqlmodel import Session

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import Domain, digest, recover, sign
from backend.issuance.attestation import AttestationUnknown, attestation_of
from backend.issuance.batch import Entry, plan_of
from backend.issuance.reading import (
    Batch,
    BatchState,
    StatementInconsistent,
    approvals_of,
    batch_at,
    entry_of,
    row_at,
    statements_of_batch,
    totals_of,
)
from backend.issuance.tables import ApprovalRow, BatchRow
from backend.issuance.verifier import accredited, require_accredited, require_disinterested, threshold_of
from backend.kernel.errors import Conflict, RuleViolated
from backend.ledger.document import DocumentMalformed, DocumentTampered
from backend.ledger.service import Statement, household_of
from backend.ledger.state import State


class BatchUnsound(RuleViolated):
    """A batch is not what its attested statements give; nobody should sign it."""

    code = "batch.unsound"

    def __init__(self, root: bytes, findings: list[str]) -> None:
        super().__init__(
            f"batch 0x{root.hex()} is unsound: {findings[0]}", root="0x" + root.hex(), findings=findings[:20]
        )


class BatchExpired(RuleViolated):
    """The batch's deadline has come; plan it anew."""

    code = "batch.expired"

    def __init__(self, root: bytes, deadline: datetime) -> None:
        super().__init__(
            f"the deadline of batch 0x{root.hex()} was {deadline.isoformat()}; plan it anew",
            root="0x" + root.hex(),
            deadline=deadline.isoformat(),
        )


class BatchStateWrong(Conflict):
    """What was asked cannot be done with a batch in this state."""

    code = "batch.state_wrong"

    def __init__(self, root: bytes, state: str, needed: str) -> None:
        super().__init__(
            f"batch 0x{root.hex()} is {state}; it must be {needed}", root="0x" + root.hex(), state=state, needed=needed
        )


class ApprovalUnfit(RuleViolated):
    """The signature is not this verifier's over this batch."""

    code = "batch.approval_unfit"

    def __init__(self, root: bytes, verifier: str) -> None:
        super().__init__(
            f"the signature is not {verifier}'s EIP-712 `Batch` of 0x{root.hex()}",
            root="0x" + root.hex(),
            verifier=verifier,
        )


def erased_in_batch(statement: Statement) -> str:
    """Why a batch cannot be signed any more: a database brought back from a backup knew nothing of an erasure."""
    return f"statement 0x{statement.digest.hex()} is of somebody who was erased since; wait and plan the batch anew"


def _wrong_with(session: Session, domain: Domain, statement: Statement, verifiers: set[str]) -> list[str]:
    name = f"statement 0x{statement.digest.hex()}"
    try:
        attestation = attestation_of(session, statement.digest)
    except AttestationUnknown:
        return [f"{name} has no attestation"]
    checks = {
        "is not attested or past it": statement.state is not State.ATTESTED,
        "is not what was attested": not attestation.is_of(statement),
        f"was not signed by {attestation.verifier}": not attestation.is_signed(domain),
        f"was attested by {attestation.verifier}, who is not accredited": attestation.verifier not in verifiers,
        "was attested in its own household": attestation.verifier in household_of(session, statement.person_id),
    }
    return [f"{name} {what}" for what, wrong in checks.items() if wrong]


def findings_in(session: Session, deployment: Deployment, root: bytes) -> list[str]:
    """What is wrong with a batch, as sentences; empty if it is exactly what its attested statements give.

    Raises BatchUnknown.
    """
    row, domain, verifiers = row_at(session, root), deployment.domain("Issuance"), accredited(session)
    statements = statements_of_batch(session, root)
    found: list[str] = []
    entries: list[Entry] = []
    for statement in statements:
        if statement.is_erased:
            found.append(erased_in_batch(statement))
            continue
        found += _wrong_with(session, domain, statement, verifiers)
        try:
            entries.append(entry_of(statement))
        except (DocumentMalformed, DocumentTampered, StatementInconsistent) as failure:
            found.append(failure.message)
    return found or _wrong_totals(row, entries)


def _wrong_totals(row: BatchRow, entries: list[Entry]) -> list[str]:
    totals = totals_of(row)
    try:
        plan = plan_of(entries, class_id=row.class_id, deadline_s=totals.deadline_s, minimum_people=1)
    except RuleViolated as failure:
        return [failure.message]
    ours, shown = plan.message(), totals.message()
    return [f"{name} is {shown[name]!r}, worked out again {ours[name]!r}" for name in ours if ours[name] != shown[name]]


def approve(session: Session, deployment: Deployment, root: bytes, verifier: Signer, at: datetime) -> Batch:
    """Signs a batch and records it in one, for who has the key at hand. Raises what `record_approval` raises."""
    batch = batch_at(session, root)
    signature = sign(verifier, "Batch", deployment.domain("Issuance"), batch.totals.message())
    return record_approval(session, deployment, root, verifier=verifier.address, signature=signature, at=at)


def record_approval(
    session: Session, deployment: Deployment, root: bytes, *, verifier: str, signature: bytes, at: datetime
) -> Batch:
    """Takes a verifier's signature of a batch, which is checked here too; the second time, nothing changes. Enough
    signatures make it approved.

    Raises BatchUnknown, BatchStateWrong, BatchExpired, VerifierUnaccredited, VerifierExpired, VerifierInterested,
    BatchUnsound, ApprovalUnfit.
    """
    batch = batch_at(session, root)
    require_accredited(session, verifier, at)
    if verifier in batch.approvers:
        return batch
    if batch.state not in {BatchState.PLANNED, BatchState.APPROVED}:
        raise BatchStateWrong(root, batch.state, "planned or approved")
    if at >= batch.deadline:
        raise BatchExpired(root, batch.deadline)
    for statement in statements_of_batch(session, root):
        require_disinterested(session, verifier, statement.person_id, statement.digest)
    found = findings_in(session, deployment, root)
    if found:
        raise BatchUnsound(root, found)
    _require_signed(deployment, batch, verifier, signature)
    session.add(ApprovalRow(root=root, verifier=verifier, signature=signature, approved_at=at))
    session.flush()
    if 0 < threshold_of(session) <= len(valid_approvals(session, root)):
        row = row_at(session, root)
        row.state = BatchState.APPROVED
        session.add(row)
        session.flush()
    return batch_at(session, root)


def _require_signed(deployment: Deployment, batch: Batch, verifier: str, signature: bytes) -> None:
    try:
        found = recover(digest("Batch", deployment.domain("Issuance"), batch.totals.message()), signature)
    except SignatureMalformed:
        found = None
    if found != verifier:
        raise ApprovalUnfit(batch.root, verifier)


def valid_approvals(session: Session, root: bytes) -> list[ApprovalRow]:
    """Signatures of verifiers who are still accredited, by ascending address."""
    still = accredited(session)
    return [approval for approval in approvals_of(session, root) if approval.verifier in still]
