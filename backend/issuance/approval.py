"""k of n verifiers sign a batch. Each works it out again before it signs, with its own key (`verifier_check.py`): what
it signs is what it found. The server works it out once more before it takes the signature.
"""

from datetime import datetime

from sqlmodel import Session

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import digest, recover, sign
from backend.issuance.reading import Batch, BatchState, approvals_of, batch_at, row_at
from backend.issuance.soundness import findings_in, require_no_interest
from backend.issuance.standing import require_standing
from backend.issuance.tables import ApprovalRow
from backend.issuance.verifier import accredited, require_accredited, threshold_of
from backend.kernel.errors import Conflict, RuleViolated
from backend.storage.database import Database


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


def approve(database: Database, deployment: Deployment, root: bytes, verifier: Signer, at: datetime) -> Batch:
    """Signs a batch and records it in one, for who has the key at hand. Raises what `record_approval` raises."""
    with database.read() as session:
        message = batch_at(session, root).totals.message()
    signature = sign(verifier, "Batch", deployment.domain("Issuance"), message)
    return record_approval(database, deployment, root, verifier=verifier.address, signature=signature, at=at)


def record_approval(
    database: Database, deployment: Deployment, root: bytes, *, verifier: str, signature: bytes, at: datetime
) -> Batch:
    """Takes a verifier's signature of a batch, which is checked here too; the second time, nothing changes. Enough
    signatures make it approved. The batch is worked out again while others write.

    Raises BatchUnknown, BatchStateWrong, BatchExpired, VerifierUnaccredited, VerifierExpired, VerifierInterested,
    ApprovalUnfit, BatchUnsound, BatchStale.
    """
    with database.read() as session:
        batch = _to_sign(session, root, verifier, at)
        if verifier in batch.approvers:
            return batch
        _require_signed(deployment, batch, verifier, signature)
        found = findings_in(session, deployment, root)
    if found:
        raise BatchUnsound(root, found)
    with database.read() as session:
        require_standing(session, root)
    with database.write() as session:
        if verifier not in _to_sign(session, root, verifier, at).approvers:
            _keep(session, ApprovalRow(root=root, verifier=verifier, signature=signature, approved_at=at))
        return batch_at(session, root)


def _to_sign(session: Session, root: bytes, verifier: str, at: datetime) -> Batch:
    """A batch that a verifier may sign, or has signed."""
    batch = batch_at(session, root)
    require_accredited(session, verifier, at)
    if verifier in batch.approvers:
        return batch
    if batch.state not in {BatchState.PLANNED, BatchState.APPROVED}:
        raise BatchStateWrong(root, batch.state, "planned or approved")
    if at >= batch.deadline:
        raise BatchExpired(root, batch.deadline)
    require_no_interest(session, root, verifier)
    return batch


def _keep(session: Session, approval: ApprovalRow) -> None:
    session.add(approval)
    session.flush()
    if 0 < threshold_of(session) <= len(valid_approvals(session, approval.root)):
        row = row_at(session, approval.root)
        row.state = BatchState.APPROVED
        session.add(row)
        session.flush()


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
