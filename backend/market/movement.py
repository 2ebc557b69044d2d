"""Deposits and withdrawals: what came to and went from an account on the chain, other than by its trades.

The projection keeps every transfer; a fill's own transfers are known by their transaction, and left out when read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, and_, col, delete, exists, or_, select

from backend.chain.events import ChainEvent
from backend.link.funds import ZERO_ADDRESS
from backend.link.index import indexed
from backend.link.tables import IndexedEvent
from backend.market.movement_tables import MovementRow

SEEN = "seen"
FINAL = "final"
"""Its block has the confirmation depth; one that is only seen may still vanish."""


class MovementProjection:
    """Follows the transfers of PaymentToken and CarbonCredit."""

    name = "market.movements"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Adds both sides of a transfer."""
        for part, (class_id, amount) in enumerate(_transferred(event)):
            sender, receiver = event.args["from"], event.args["to"]
            for side, (account, other) in enumerate(((sender, receiver), (receiver, sender))):
                if account != ZERO_ADDRESS:
                    session.add(
                        MovementRow(
                            block_number=event.block_number,
                            log_index=event.log_index,
                            part=2 * part + side,
                            account=account,
                            other=other,
                            is_in=bool(side),
                            class_id=class_id,
                            amount=amount,
                            tx_hash=event.tx_hash,
                            at=event.block_time,
                        )
                    )
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes the event's rows away."""
        of_event = (
            col(MovementRow.block_number) == event.block_number,
            col(MovementRow.log_index) == event.log_index,
        )
        session.exec(delete(MovementRow).where(*of_event))

    def reset(self, session: Session) -> None:
        """Empties the table."""
        session.exec(delete(MovementRow))


def _transferred(event: ChainEvent) -> Iterator[tuple[int | None, int]]:
    """Class and amount of each transfer in an event; the class is None for payment tokens."""
    kind = (event.contract, event.name)
    if kind == ("PaymentToken", "Transfer"):
        yield None, event.args["value"]
    elif kind == ("CarbonCredit", "TransferSingle"):
        yield event.args["id"], event.args["value"]
    elif kind == ("CarbonCredit", "TransferBatch"):
        yield from zip(event.args["ids"], event.args["values"], strict=True)


@dataclass(frozen=True)
class Movement:
    """A deposit or a withdrawal, and whether it is final."""

    row: MovementRow
    state: str


Key = tuple[int, int, int]
"""(block number, log index, part)."""


def key_of_row(row: MovementRow) -> Key:
    """What movements are sorted by."""
    return row.block_number, row.log_index, row.part


def movements_of(session: Session, account: str, limit: int, before: Key | None = None) -> list[Movement]:
    """An account's deposits and withdrawals, newest first; with `before`, older ones."""
    block, log_index, part = col(MovementRow.block_number), col(MovementRow.log_index), col(MovementRow.part)
    of_a_fill = exists().where(
        col(IndexedEvent.tx_hash) == col(MovementRow.tx_hash), col(IndexedEvent.name) == "Filled"
    )
    query = select(MovementRow).where(MovementRow.account == account, ~of_a_fill)
    if before is not None:
        older = or_(
            block < before[0],
            and_(block == before[0], log_index < before[1]),
            and_(block == before[0], log_index == before[1], part < before[2]),
        )
        query = query.where(older)
    rows = session.exec(query.order_by(block.desc(), log_index.desc(), part.desc()).limit(limit)).all()
    cursor = indexed(session)
    final_number = -1 if cursor is None else cursor.final_number
    return [Movement(row, FINAL if row.block_number <= final_number else SEEN) for row in rows]
