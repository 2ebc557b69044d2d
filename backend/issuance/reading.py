"""Batches as stored, with what the chain made of them; and what a batch takes from a statement."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.issuance.batch import Entry, Totals
from backend.issuance.tables import AnchoringRow, ApprovalRow, BatchRow, ClaimRow, MintRow, SuspensionChange
from backend.kernel.clock import unix_s
from backend.kernel.errors import NotFound, RuleViolated
from backend.ledger import document
from backend.ledger.service import Statement, digests_of, statements_at

PAGE = 1_000

Thing = TypeVar("Thing")


class BatchState(StrEnum):
    """Where a batch stands. `drafted`: its leaves are being written, or deleted. `anchored` is read from the chain and
    may be undone by a reorg.
    """

    DRAFTED = "drafted"
    PLANNED = "planned"
    APPROVED = "approved"
    SENT = "sent"
    ANCHORED = "anchored"


class BatchUnknown(NotFound):
    """No batch has that root."""

    code = "batch.unknown"

    def __init__(self, root: bytes) -> None:
        super().__init__(f"no batch has the root 0x{root.hex()}", root="0x" + root.hex())


class StatementInconsistent(RuleViolated):
    """A stored statement does not say what its own document says."""

    code = "statement.inconsistent"

    def __init__(self, statement_digest: bytes, what: str) -> None:
        shown = "0x" + statement_digest.hex()
        super().__init__(f"statement {shown}: {what} is not what its document says", statement=shown, what=what)


@dataclass(frozen=True)
class Batch:
    """A batch. Amounts in grams of CO2e."""

    batch_id: int
    state: BatchState
    totals: Totals
    policy_id: str
    planned_at: datetime
    deadline: datetime
    approvers: tuple[str, ...]
    """Verifiers who signed, by ascending address."""
    claims: int
    """Leaves that mint something."""
    minted: int
    """Those of them that have."""
    anchored_at: datetime | None
    tx_hash: bytes | None
    suspended: bool

    @property
    def root(self) -> bytes:
        """The Merkle root, 32 bytes."""
        return self.totals.root


def entry_of(statement: Statement) -> Entry:
    """What a batch takes from a statement, read from its document. Raises DocumentTampered, DocumentMalformed,
    StatementInconsistent.
    """
    verified = document.verify(statement.document)
    said = verified.values
    for what, value in {
        "digest": (statement.digest, verified.digest),
        "account": (statement.account, said.get("account")),
        "nullifier": ("0x" + statement.nullifier.hex(), said.get("nullifier")),
        "class": (str(statement.class_id), said.get("classId")),
        "budget": (str(statement.budget_gco2e), said.get("budgetGco2e")),
        "footprint": (str(statement.footprint_gco2e), said.get("footprintGco2e")),
        "credit": (str(statement.credit_gco2e), said.get("creditGco2e")),
        "deficit": (str(statement.deficit_gco2e), said.get("deficitGco2e")),
        "policy": ("0x" + statement.policy_digest.hex(), said.get("policyDigest")),
        "factor set": ("0x" + statement.factors_digest.hex(), said.get("factorsDigest")),
    }.items():
        if value[0] != value[1]:
            raise StatementInconsistent(statement.digest, what)
    return Entry(
        account=statement.account,
        class_id=statement.class_id,
        statement_digest=statement.digest,
        nullifier=statement.nullifier,
        budget_gco2e=statement.budget_gco2e,
        footprint_gco2e=statement.footprint_gco2e,
        credit_gco2e=statement.credit_gco2e,
        buffer_gco2e=int(str(said["bufferGco2e"])),
        deficit_gco2e=statement.deficit_gco2e,
        policy_digest=statement.policy_digest,
        factors_digest=statement.factors_digest,
    )


def chunks_of(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things in lists of `size`, the last one shorter."""
    stream = iter(things)
    while chunk := list(islice(stream, size)):
        yield chunk


def row_at(session: Session, root: bytes) -> BatchRow:
    """A batch's row; raises BatchUnknown."""
    row = session.exec(select(BatchRow).where(col(BatchRow.root) == root)).one_or_none()
    if row is None:
        raise BatchUnknown(root)
    return row


def claims_of(session: Session, root: bytes, *, minting: bool = False, start: int = 0) -> Iterator[ClaimRow]:
    """A batch's leaves in order of position from `start` on, those of 0 g too unless `minting`; a page of them
    in memory at a time.
    """
    after = start - 1
    while True:
        query = select(ClaimRow).where(
            col(ClaimRow.root) == root,
            col(ClaimRow.position) > after,
            col(ClaimRow.amount_gco2e) >= int(minting),
        )
        page = session.exec(query.order_by(col(ClaimRow.position)).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].position


def roots_of(session: Session, class_id: int, *states: BatchState) -> set[bytes]:
    """The roots of a class's batches; only of those whose rows are in some states, if any are given."""
    query = select(BatchRow.root).where(col(BatchRow.class_id) == class_id)
    if states:
        query = query.where(col(BatchRow.state).in_([str(one) for one in states]))
    return set(session.exec(query).all())


def digests_in(root: bytes) -> SelectOfScalar[bytes]:
    """The query for the digests of a batch's statements."""
    return select(ClaimRow.statement_digest).where(col(ClaimRow.root) == root)


def held_by(session: Session, root: bytes, people: Sequence[int]) -> Sequence[bytes]:
    """The digests of those statements of a batch that are some persons'. They are looked up from the persons' side: a
    database that sees both sides at once may read the whole batch.
    """
    theirs = session.exec(digests_of(people)).all()
    query = select(ClaimRow.statement_digest, ClaimRow.root).where(col(ClaimRow.statement_digest).in_(theirs))
    return [digest for digest, batch in session.exec(query).all() if batch == root]


def statements_of_batch(session: Session, root: bytes) -> Iterator[list[Statement]]:
    """A batch's statements in the order of its leaves, a page at a time."""
    for leaves in chunks_of(claims_of(session, root), PAGE):
        yield statements_at(session, [leaf.statement_digest for leaf in leaves])


def approvals_of(session: Session, root: bytes) -> list[ApprovalRow]:
    """A batch's signatures by ascending address, as the contract wants them."""
    rows = session.exec(select(ApprovalRow).where(col(ApprovalRow.root) == root)).all()
    return sorted(rows, key=lambda row: int(row.verifier, 16))


def minted_in(session: Session, root: bytes, nullifiers: Sequence[bytes]) -> set[bytes]:
    """Which of some nullifiers minted from a root."""
    query = select(MintRow.nullifier).where(col(MintRow.root) == root, col(MintRow.nullifier).in_(nullifiers))
    return set(session.exec(query).all())


def is_suspended(session: Session, root: bytes) -> bool:
    """Whether a root's unclaimed leaves are stopped."""
    query = (
        select(SuspensionChange.suspended)
        .where(col(SuspensionChange.root) == root)
        .order_by(col(SuspensionChange.block_number).desc(), col(SuspensionChange.log_index).desc())
        .limit(1)
    )
    return session.exec(query).first() or False


def totals_of(row: BatchRow) -> Totals:
    """What verifiers sign of a stored batch."""
    return Totals(
        class_id=row.class_id,
        root=row.root,
        people=row.people,
        budgets_gco2e=row.budgets_gco2e,
        footprints_gco2e=row.footprints_gco2e,
        surpluses_gco2e=row.surpluses_gco2e,
        deficits_gco2e=row.deficits_gco2e,
        policy_digest=row.policy_digest,
        factors_digest=row.factors_digest,
        deadline_s=unix_s(row.deadline),
    )


def _view(session: Session, row: BatchRow) -> Batch:
    assert row.id is not None
    anchoring = session.get(AnchoringRow, row.root)
    if anchoring is not None:
        approvers = tuple(json.loads(anchoring.verifiers))
    else:
        approvers = tuple(approval.verifier for approval in approvals_of(session, row.root))
    return Batch(
        batch_id=row.id,
        state=BatchState(row.state) if anchoring is None else BatchState.ANCHORED,
        totals=totals_of(row),
        policy_id=row.policy_id,
        planned_at=row.planned_at,
        deadline=row.deadline,
        approvers=approvers,
        claims=row.claims,
        minted=session.exec(select(func.count()).where(col(MintRow.root) == row.root)).one(),
        anchored_at=anchoring.anchored_at if anchoring else None,
        tx_hash=anchoring.tx_hash if anchoring else None,
        suspended=is_suspended(session, row.root),
    )


def batch_at(session: Session, root: bytes) -> Batch:
    """The batch of a root; raises BatchUnknown."""
    return _view(session, row_at(session, root))


def batches(session: Session, *, limit: int, after: int = 0) -> list[Batch]:
    """Batches in order of planning; `after` is the id of the last one already seen."""
    query = select(BatchRow).where(col(BatchRow.id) > after).order_by(col(BatchRow.id)).limit(limit)
    return [_view(session, row) for row in session.exec(query).all()]
