"""What the operator does with attested statements: plan a batch, anchor it, claim from it.

Attesting is in `attesting.py`, returning in `returning.py`, approving in `approval.py`. Nothing here mints: the chain
does, for whoever brings a leaf and its proof.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from backend.chain.contracts import Contracts
from backend.issuance.approval import BatchExpired, BatchStateWrong, approve, valid_approvals
from backend.issuance.attesting import attest, record_attestation
from backend.issuance.batch import BatchEmpty, BatchPlan, plan_of
from backend.issuance.case import review
from backend.issuance.claim_file import claim_file
from backend.issuance.dissolving import dissolve_over
from backend.issuance.planning import entries_of, keep_plan
from backend.issuance.reading import (
    Batch,
    BatchState,
    batch_at,
    chunks_of,
    claims_of,
    is_suspended,
    minted_in,
    roots_of,
    row_at,
)
from backend.issuance.returning import return_statement
from backend.issuance.standing import BatchStale
from backend.issuance.tables import ClaimRow
from backend.issuance.task import attested_by_revoked
from backend.issuance.tree import proofs_at
from backend.issuance.tries import ANCHOR_KIND, CLAIM_KIND, OVER, latest_try
from backend.issuance.verifier import threshold_of
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated
from backend.kernel.mass import share_ceil
from backend.ledger.books import Books
from backend.ledger.figures import attested_figures, largest_attested_group
from backend.link.balances import credit_class
from backend.link.outbox import enqueue
from backend.link.tables import Intent, IntentState
from backend.storage.database import Database

__all__ = [
    "anchor",
    "approve",
    "attest",
    "claim",
    "claim_file",
    "plan_batch",
    "record_attestation",
    "return_statement",
    "review",
]

BATCH_LIFETIME = timedelta(days=30)
"""How long verifiers and the operator have before a planned batch must be planned anew."""

CLAIMS_PER_CALL = 20
"""Claims in one transaction: each may burn 500,000 gas (Issuance.CLAIM_GAS), half a block at most."""


class ApprovalsInsufficient(RuleViolated):
    """Fewer accredited verifiers signed the batch than the contract wants."""

    code = "batch.approvals_insufficient"

    def __init__(self, given: int, threshold: int) -> None:
        needed = f"{threshold} are needed" if threshold else "no threshold is set yet"
        super().__init__(f"{given} accredited verifiers signed; {needed}", given=given, threshold=threshold)


class ClassUnready(RuleViolated):
    """The chain would refuse the batch: no such class, no room under its cap, or another buffer rate."""

    code = "batch.class_unready"

    def __init__(self, class_id: int, why: str) -> None:
        super().__init__(f"class {class_id}: {why}", class_id=str(class_id), why=why)


class RootSuspended(RuleViolated):
    """The registrar stopped the unclaimed leaves of this root."""

    code = "batch.suspended"

    def __init__(self, root: bytes) -> None:
        super().__init__(f"claims from batch {to_hex(root)} are suspended", root=to_hex(root))


def plan_batch(
    database: Database, books: Books, class_id: int, at: datetime, *, lifetime: timedelta = BATCH_LIFETIME
) -> Batch:
    """Puts a class's waiting attested statements into a batch. Batches that missed their deadline are dissolved first.

    What a verifier attested who was revoked since waits for another's attestation. Statements under another revision of
    the policy or of the factors than most wait for a batch of their own.
    It is made of figures alone; every verifier reads the documents against them before it signs.
    It is worked out and kept while others write. Raises BatchEmpty, BatchTooSmall, BatchMixed, BatchAboveBudgets,
    BatchStale, PolicyUnknown.
    """
    dissolve_over(database, class_id, at)
    with database.read() as session:
        before = roots_of(session, class_id)
        if roots_of(session, class_id, BatchState.DRAFTED):
            raise BatchStale(class_id, "another batch of the class is being written")
        plan, policy_id = _worked_out(session, books, class_id, unix_s(at + lifetime))
    keep_plan(database, plan, policy_id, at, before=before)
    with database.read() as session:
        return batch_at(session, plan.root)


def _worked_out(session: Session, books: Books, class_id: int, deadline_s: int) -> tuple[BatchPlan, str]:
    """The batch of what waits, and the id of its policy."""
    kept_out = (select(ClaimRow.statement_digest), attested_by_revoked(session))
    group = largest_attested_group(session, class_id, leaving_out=kept_out)
    if group is None:
        raise BatchEmpty(class_id)
    policy = books.policies.at(group.policy_digest)
    plan = plan_of(
        entries_of(attested_figures(session, group, leaving_out=kept_out), group, policy.buffer_bps),
        class_id=class_id,
        deadline_s=deadline_s,
        minimum_people=policy.minimum_batch,
    )
    return plan, policy.id


def _require_room(session: Session, batch: Batch) -> None:
    totals, class_id = batch.totals, batch.totals.class_id
    known = credit_class(session, class_id)
    if known is None:
        raise ClassUnready(class_id, "it does not exist on the chain")
    room = known.cap_gco2e - known.budgets_gco2e
    if totals.budgets_gco2e > room:
        raise ClassUnready(class_id, f"budgets of {totals.budgets_gco2e} g exceed the {room} g left of its cap")
    amount = col(ClaimRow.amount_gco2e)
    amounts = session.exec(select(amount, func.count()).where(col(ClaimRow.root) == batch.root).group_by(amount)).all()
    needed = sum(many * (one + share_ceil(one, known.buffer_rate_bps)) for one, many in amounts)
    if needed > totals.surpluses_gco2e:
        rate = f"its buffer rate of {known.buffer_rate_bps} bps needs a surplus of {needed} g"
        raise ClassUnready(class_id, f"{rate}; the batch has {totals.surpluses_gco2e} g")


def anchor(session: Session, contracts: Contracts, root: bytes, now: datetime) -> Intent:
    """Hands an approved batch to the outbox; again, returns what is under way. A reverted try is tried anew.

    Raises BatchUnknown, BatchExpired, ApprovalsInsufficient, ClassUnready.
    """
    batch = batch_at(session, root)
    reference, latest = latest_try(session, ANCHOR_KIND, to_hex(root))
    if latest is not None and latest.state != IntentState.REVERTED:
        return latest
    if batch.state is BatchState.ANCHORED:
        raise BatchStateWrong(root, batch.state, "approved")
    if now >= batch.deadline:
        raise BatchExpired(root, batch.deadline)
    approvals, threshold = valid_approvals(session, root), threshold_of(session)
    if not 0 < threshold <= len(approvals):
        raise ApprovalsInsufficient(len(approvals), threshold)
    _require_room(session, batch)
    message = tuple(batch.totals.message().values())
    data = contracts.encode("Issuance", "anchorBatch", [message, [approval.signature for approval in approvals]])
    row = row_at(session, root)
    row.state = BatchState.SENT
    session.add(row)
    return enqueue(session, kind=ANCHOR_KIND, reference=reference, contract="Issuance", data=data, now=now)


def claim(session: Session, contracts: Contracts, root: bytes, now: datetime) -> list[Intent]:
    """Hands the claims of an anchored batch to the outbox, in chunks; again, returns what is under way. A chunk whose
    try is over is tried anew with those of its claims that did not mint.

    Raises BatchUnknown, BatchStateWrong, RootSuspended.
    """
    batch = batch_at(session, root)
    if batch.state is not BatchState.ANCHORED:
        raise BatchStateWrong(root, batch.state, "anchored")
    if is_suspended(session, root):
        raise RootSuspended(root)
    intents = []
    for number, rows in enumerate(chunks_of(claims_of(session, root, minting=True), CLAIMS_PER_CALL)):
        minted = minted_in(session, root, [row.nullifier for row in rows])
        chunk = [row for row in rows if row.nullifier not in minted]
        if not chunk:
            continue
        reference, latest = latest_try(session, CLAIM_KIND, f"{to_hex(root)}-{number * CLAIMS_PER_CALL}")
        if latest is not None and latest.state not in OVER:
            intents.append(latest)
            continue
        proofs = proofs_at(session, root, batch.totals.people, [row.position for row in chunk])
        arguments = [[root] * len(chunk), [_leaf(row, batch.totals.class_id) for row in chunk], proofs]
        data = contracts.encode("Issuance", "claimMany", arguments)
        intents.append(enqueue(session, kind=CLAIM_KIND, reference=reference, contract="Issuance", data=data, now=now))
    return intents


def _leaf(row: ClaimRow, class_id: int) -> tuple[str, int, int, bytes, bytes]:
    return row.account, class_id, row.amount_gco2e, row.statement_digest, row.nullifier
