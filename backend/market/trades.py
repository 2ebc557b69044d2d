"""The way of a trade to the chain, for settlement: matched -> sent -> settled, and back when the chain takes it back.

A bust goes through the market's service instead, since it changes the books.
"""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.settle_batch import WalletSignature
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict
from backend.market.bust import TradeUnknown
from backend.market.cancel import OrderUnknown
from backend.market.order import SignedOrder
from backend.market.order_row import order_of
from backend.market.tables import OrderRow, TradeRow, TradeState


class TradeStateWrong(Conflict):
    """The trade is not where that step starts."""

    code = "market.trade_state_wrong"

    def __init__(self, trade: TradeRow, expected: Collection[str]) -> None:
        super().__init__(
            f"trade {trade.id} is {trade.state}", trade_id=trade.id, state=trade.state, expected=sorted(expected)
        )


def unsettled_trades(session: Session, limit: int) -> list[TradeRow]:
    """Trades that wait for a batch, oldest first."""
    query = select(TradeRow).where(TradeRow.state == TradeState.MATCHED).order_by(col(TradeRow.id)).limit(limit)
    return list(session.exec(query).all())


def mark_sent(session: Session, trade_ids: Collection[int], batch_id: int, *, at: datetime) -> None:
    """These trades are in a batch. Raises TradeUnknown, TradeStateWrong."""
    for trade in _trades(session, trade_ids, {TradeState.MATCHED}):
        trade.state, trade.batch_id, trade.sent_at = TradeState.SENT, batch_id, at
        session.add(trade)


def mark_settled(session: Session, trade_id: int, *, tx_hash: bytes, at: datetime) -> None:
    """The chain filled this trade. Raises TradeUnknown, TradeStateWrong.

    Call it in the transaction that takes in the fill's balances, so that funds are never counted twice or not at all.
    """
    for trade in _trades(session, [trade_id], {TradeState.SENT}):
        trade.state, trade.tx_hash, trade.settled_at = TradeState.SETTLED, tx_hash, at
        session.add(trade)


def unmark_settled(session: Session, trade_id: int) -> None:
    """The fill's block is gone; the batch is sent again. Raises TradeUnknown, TradeStateWrong."""
    for trade in _trades(session, [trade_id], {TradeState.SETTLED}):
        trade.state, trade.tx_hash, trade.settled_at = TradeState.SENT, None, None
        session.add(trade)


def reopen(session: Session, trade_ids: Collection[int]) -> None:
    """The batch came back having done nothing: these trades wait for another. Raises TradeUnknown, TradeStateWrong."""
    for trade in _trades(session, trade_ids, {TradeState.SENT}):
        trade.state, trade.batch_id, trade.sent_at = TradeState.MATCHED, None, None
        session.add(trade)


def signed_order(session: Session, order_hash: bytes) -> tuple[SignedOrder, bytes]:
    """An accepted order as its maker signed it, and the signature: a key's 65 bytes, or a `WalletSignature`. Raises
    OrderUnknown.
    """
    row = session.exec(select(OrderRow).where(OrderRow.order_hash == order_hash)).first()
    if row is None:
        raise OrderUnknown(order_hash=to_hex(order_hash))
    return order_of(row), WalletSignature.unless_keys(row.maker, row.order_hash, row.signature)


def _trades(session: Session, trade_ids: Collection[int], expected: Collection[str]) -> list[TradeRow]:
    found = []
    for trade_id in trade_ids:
        trade = session.get(TradeRow, trade_id)
        if trade is None:
            raise TradeUnknown(trade_id)
        if trade.state not in expected:
            raise TradeStateWrong(trade, expected)
        found.append(trade)
    return found
