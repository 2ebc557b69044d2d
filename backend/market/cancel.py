"""Taking an order off the book at its maker's word: at once, free, and final for the book. A trade already matched
stands.

The chain is told separately (a signed `Cancel`, relayed): until then the operator could still settle the order.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import Conflict, Forbidden, NotFound
from backend.market.journal import Kind
from backend.market.memory import NUMBER_MAX
from backend.market.tables import OrderRow, OrderState
from backend.market.turn import Turn

BY_MAKER = "by_maker"


class OrderUnknown(NotFound):
    """No such order was ever accepted."""

    code = "market.order_unknown"

    def __init__(self, **what: str | int) -> None:
        named = ", ".join(f"{name} {value}" for name, value in what.items())
        super().__init__(f"no order with {named} was accepted", **what)


class NotYourOrder(Forbidden):
    """Somebody else's order."""

    code = "market.not_your_order"

    def __init__(self, order_hash: bytes) -> None:
        super().__init__("only an order's maker may cancel it or ask what comes of it", order_hash=to_hex(order_hash))


class OrderClosed(Conflict):
    """The order is off the book already, and not by a cancellation."""

    code = "market.order_closed"

    def __init__(self, row: OrderRow) -> None:
        self.order_hash = row.order_hash
        super().__init__(
            f"the order is {row.state}", order_hash=to_hex(row.order_hash), state=row.state, reason=row.reason
        )


@dataclass(frozen=True)
class Cancelled:
    """A cancelled order: the journal sequence that took it off, and the lots that had been matched by then."""

    sequence: int
    order_hash: bytes
    lots_matched: int
    cancelled_at: datetime


@dataclass(frozen=True)
class Cancelling:
    """Cancel the order with this hash, for this maker."""

    maker: str
    order_hash: bytes

    def __call__(self, turn: Turn) -> Cancelled:
        """Takes it off; a second time gives the first answer. Raises OrderUnknown, NotYourOrder, OrderClosed."""
        row = turn.order(self.order_hash)
        if row is None:
            raise OrderUnknown(order_hash=to_hex(self.order_hash))
        if row.maker != self.maker:
            raise NotYourOrder(self.order_hash)
        return _cancel(turn, row)


@dataclass(frozen=True)
class CancellingNumber:
    """Cancel the order under this number, the latest if one replaced another, for this maker."""

    maker: str
    number: int

    def __call__(self, turn: Turn) -> Cancelled:
        """Takes it off; a second time gives the first answer. Raises OrderUnknown, OrderClosed."""
        order_hash = None
        if self.number <= NUMBER_MAX:
            turn.flush()
            query = select(OrderRow.order_hash).where(OrderRow.maker == self.maker, OrderRow.number == self.number)
            order_hash = turn.session.exec(query.order_by(col(OrderRow.id).desc())).first()
        row = turn.order(order_hash) if order_hash else None
        if row is None:
            raise OrderUnknown(maker=self.maker, number=self.number)
        return _cancel(turn, row)


def _cancel(turn: Turn, row: OrderRow) -> Cancelled:
    if row.state == OrderState.CANCELLED:
        return Cancelled(row.changed_sequence, row.order_hash, row.lots_matched, row.changed_at)
    if row.state != OrderState.OPEN:
        raise OrderClosed(row)
    payload: dict[str, Json] = {"orderId": row.id, "orderHash": to_hex(row.order_hash), "reason": BY_MAKER}
    line, _ = turn.write(Kind.CANCEL, payload)
    return Cancelled(line.sequence, row.order_hash, row.lots_matched, line.time)
