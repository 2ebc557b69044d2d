"""What the chain says of verifiers, batches and mints, and what that makes of our statements.

Of batches this database does not know only the fact is kept; statements are touched for our own leaves alone.
"""

import json

from sqlalchemy import inspect
from sqlmodel import Session, SQLModel, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.chain.events import ChainEvent
from backend.issuance.draw_list import DRAW_TOPIC
from backend.issuance.reading import digests_in
from backend.issuance.tables import (
    AnchoringRow,
    ClaimRow,
    DrawAnchoringRow,
    MintRow,
    ReversalRow,
    SuspensionChange,
    ThresholdChange,
    VerifierChange,
)
from backend.ledger.anchored import mark_all_anchored, unmark_all_anchored, unmark_all_claimed
from backend.ledger.service import mark_claimed, unmark_claimed


class IssuanceProjection:
    """Follows Issuance, and the mints of CarbonCredit. Register it before giving's."""

    name = "issuance"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Takes one event in; ignores those of no concern."""
        row = _row_of(event)
        if row is None:
            return
        session.add(row)
        if isinstance(row, AnchoringRow):
            mark_all_anchored(session, digests_in(row.root))
        elif isinstance(row, MintRow) and _is_ours(session, row):
            mark_claimed(session, row.statement_digest)
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes the latest applied event back."""
        made = _row_of(event)
        if made is None:
            return
        row = session.get_one(type(made), inspect(type(made)).primary_key_from_instance(made))
        if isinstance(row, AnchoringRow):
            unmark_all_anchored(session, digests_in(row.root))
        elif isinstance(row, MintRow) and _is_ours(session, row):
            unmark_claimed(session, row.statement_digest)
        session.delete(row)
        session.flush()

    def reset(self, session: Session) -> None:
        """Empties the tables and takes our statements back to attested."""
        unmark_all_claimed(session, _our_mints())
        anchored = col(ClaimRow.root).in_(select(AnchoringRow.root))
        unmark_all_anchored(session, select(ClaimRow.statement_digest).where(anchored))
        changes = (VerifierChange, ThresholdChange, SuspensionChange, ReversalRow, DrawAnchoringRow)
        for emptied in (MintRow, AnchoringRow, *changes):
            session.exec(delete(emptied))


def _row_of(event: ChainEvent) -> SQLModel | None:
    """The row that an event makes; None for events of no concern."""
    args, place = event.args, {"block_number": event.block_number, "log_index": event.log_index}
    row: SQLModel | None = None
    match (event.contract, event.name):
        case ("Issuance", "BatchAnchored"):
            row = AnchoringRow(
                root=args["root"],
                anchored_at=event.block_time,
                tx_hash=event.tx_hash,
                verifiers=json.dumps(args["verifiers"]),
            )
        case ("CarbonCredit", "Issued"):
            row = MintRow(
                nullifier=args["nullifier"],
                root=args["root"],
                statement_digest=args["statementDigest"],
                buffer_gco2e=args["bufferAmount"],
                minted_at=event.block_time,
                tx_hash=event.tx_hash,
            )
        case ("Issuance", "VerifierSet"):
            verifier, accredited = str(args["verifier"]), bool(args["accredited"])
            row = VerifierChange(verifier=verifier, accredited=accredited, changed_at=event.block_time, **place)
        case ("Issuance", "ThresholdSet"):
            row = ThresholdChange(threshold=args["threshold"], **place)
        case ("CarbonCredit", "RootSuspended"):
            row = SuspensionChange(root=args["root"], suspended=args["suspended"], **place)
        case ("CarbonCredit", "ReversalRecorded"):
            class_id, amount, reference = args["classId"], args["amount"], args["ref"]
            row = ReversalRow(class_id=class_id, amount_gco2e=amount, reference=reference, **place)
        case ("Anchors", "Anchored") if args["topic"] == DRAW_TOPIC:
            row = DrawAnchoringRow(
                day=args["day"], digest=args["digest"], anchored_at=event.block_time, tx_hash=event.tx_hash
            )
    return row


def _is_ours(session: Session, mint: MintRow) -> bool:
    """Whether a mint is the claim of a leaf of ours."""
    query = select(ClaimRow).where(
        col(ClaimRow.statement_digest) == mint.statement_digest,
        col(ClaimRow.root) == mint.root,
        col(ClaimRow.nullifier) == mint.nullifier,
    )
    return session.exec(query).first() is not None


def _our_mints() -> SelectOfScalar[bytes]:
    """The query for the digests of leaves of ours that minted."""
    return (
        select(ClaimRow.statement_digest)
        .join(MintRow, col(MintRow.statement_digest) == col(ClaimRow.statement_digest))
        .where(col(MintRow.root) == col(ClaimRow.root), col(MintRow.nullifier) == col(ClaimRow.nullifier))
    )
