"""What the market has of a person: its orders and trades for the export, and what is in the way of its erasure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.kernel.digest import Json
from backend.ledger.export import exported_rows
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState


def orders_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Every order, with its signature."""
    query = select(OrderRow).where(col(OrderRow.maker).in_(addresses))
    yield from exported_rows(session, query.order_by(col(OrderRow.id)))


def trades_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Every trade, on either side."""
    query = select(TradeRow).where(col(TradeRow.buyer).in_(addresses) | col(TradeRow.seller).in_(addresses))
    yield from exported_rows(session, query.order_by(col(TradeRow.id)))


def trading_in_the_way(session: Session, _person_id: int, addresses: Sequence[str], _at: datetime) -> list[str]:
    """Open orders, and trades on their way to the chain, have to end before a person is erased."""
    orders = session.exec(
        select(func.count()).where(col(OrderRow.maker).in_(addresses), col(OrderRow.state) == OrderState.OPEN)
    ).one()
    trades = session.exec(
        select(func.count()).where(
            col(TradeRow.buyer).in_(addresses) | col(TradeRow.seller).in_(addresses),
            col(TradeRow.state).in_([TradeState.MATCHED, TradeState.SENT]),
        )
    ).one()
    found = [f"{orders} of your orders are open: cancel them"] if orders else []
    return found + ([f"{trades} of your trades are on their way to the chain: wait for them"] if trades else [])
