"""Taking all of a maker's open orders off the book, of one class or of every class, in one command: no order can come
in between and be forgotten, and either all of them are off or none.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from backend.market.cancel import Cancelling
from backend.market.tables import OrderRow, OrderState
from backend.market.turn import Turn


@dataclass(frozen=True)
class CancelledAll:
    """The journal's latest line when they were off, and their hashes in order of entry."""

    sequence: int
    order_hashes: tuple[bytes, ...]
    cancelled_at: datetime


@dataclass(frozen=True)
class CancellingAll:
    """Cancel every open order of an account, in one class if it is named."""

    account: str
    class_id: int | None

    def __call__(self, turn: Turn) -> CancelledAll:
        """Takes them off; with none it does nothing."""
        turn.flush()
        query = select(OrderRow.order_hash).where(OrderRow.maker == self.account, OrderRow.state == OrderState.OPEN)
        if self.class_id is not None:
            query = query.where(OrderRow.class_id == self.class_id)
        hashes = tuple(turn.session.exec(query.order_by(col(OrderRow.id))).all())
        for order_hash in hashes:
            Cancelling(self.account, order_hash)(turn)
        return CancelledAll(turn.head.sequence, hashes, turn.now)
