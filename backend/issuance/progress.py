"""How far a statement has come on its way to credits: closed, submitted, attested, in a batch, anchored, minted."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.issuance.reading import Batch, batch_at
from backend.issuance.tables import AttestationRow, ClaimRow, MintRow
from backend.ledger.service import StatementUnknown
from backend.ledger.tables import StatementRow


@dataclass(frozen=True)
class Step:
    """One step, and when it was taken; not yet if there is no time."""

    name: str
    at: datetime | None = None
    by: str | None = None
    """The verifier, where one acted."""
    tx_hash: bytes | None = None


@dataclass(frozen=True)
class Progress:
    """The steps in order. Those on the chain may be undone by a reorg."""

    steps: tuple[Step, ...]
    batch: Batch | None
    mints_gco2e: int | None
    """What its leaf mints to the holder; None while it is in no batch."""


def progress_of(session: Session, person_id: int, vintage: int) -> Progress:
    """The current statement's way so far. Raises StatementUnknown for a year that is open."""
    row = session.exec(
        select(StatementRow).where(
            col(StatementRow.person_id) == person_id, col(StatementRow.vintage) == vintage, col(StatementRow.current)
        )
    ).one_or_none()
    if row is None:
        raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
    attestation = session.get(AttestationRow, row.digest)
    leaf = session.get(ClaimRow, row.digest)
    batch = batch_at(session, leaf.root) if leaf else None
    mint = session.get(MintRow, leaf.nullifier) if leaf else None
    if mint is not None and leaf is not None and mint.root != leaf.root:
        mint = None
    steps = (
        Step("closed", row.closed_at),
        Step("submitted", row.submitted_at),
        Step("attested", attestation.attested_at, attestation.verifier) if attestation else Step("attested"),
        Step("batched", batch.planned_at) if batch else Step("batched"),
        Step("anchored", batch.anchored_at, tx_hash=batch.tx_hash) if batch else Step("anchored"),
        Step("minted", mint.minted_at, tx_hash=mint.tx_hash) if mint else Step("minted"),
    )
    return Progress(steps, batch, leaf.amount_gco2e if leaf else None)
