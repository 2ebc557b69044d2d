"""What the market shows: book, tape, ticker, orders. The book names prices and lots, never accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from backend.kernel.digest import to_hex
from backend.market.book import PriceLevel
from backend.market.cancel import OrderUnknown
from backend.market.matching import Engine
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState

TICKER_WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class BookView:
    """The book of a class after a journal sequence: price levels, best first."""

    sequence: int
    bids: list[PriceLevel]
    asks: list[PriceLevel]


@dataclass(frozen=True)
class BookQuestion:
    """For `Sequencer.ask`: the best `depth` levels of each side of a class."""

    class_id: int
    depth: int

    def __call__(self, engine: Engine, sequence: int) -> BookView:
        """The view; empty for a class nobody has traded in."""
        book = engine.books.get(self.class_id)
        if book is None:
            return BookView(sequence, [], [])
        return BookView(sequence, book.bids.depth(self.depth), book.asks.depth(self.depth))


@dataclass(frozen=True)
class DayView:
    """The last 24 hours of a class, busted trades left out. Prices are None without a trade."""

    last_price_per_kg: int | None
    """Of the latest trade, however old."""
    last_at: datetime | None
    high_per_kg: int | None
    low_per_kg: int | None
    volume_lots: int
    trades: int


def trades_of_class(session: Session, class_id: int, limit: int, before: int | None = None) -> list[TradeRow]:
    """Trades newest first, busted ones included (they say so); with `before`, those with smaller ids."""
    query = select(TradeRow).where(TradeRow.class_id == class_id).order_by(col(TradeRow.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(TradeRow.id) < before)
    return list(session.exec(query).all())


def day_view(session: Session, class_id: int, now: datetime) -> DayView:
    """The last 24 hours of a class."""
    stands = (TradeRow.class_id == class_id, TradeRow.state != TradeState.BUSTED)
    last = session.exec(select(TradeRow).where(*stands).order_by(col(TradeRow.id).desc()).limit(1)).first()
    price = col(TradeRow.price_per_kg)
    high, low, volume, count = session.exec(
        select(func.max(price), func.min(price), func.sum(TradeRow.lots), func.count()).where(
            *stands, col(TradeRow.matched_at) > now - TICKER_WINDOW
        )
    ).one()
    return DayView(
        last_price_per_kg=last.price_per_kg if last else None,
        last_at=last.matched_at if last else None,
        high_per_kg=high,
        low_per_kg=low,
        volume_lots=int(volume or 0),
        trades=count,
    )


def order_with_hash(session: Session, order_hash: bytes) -> OrderRow:
    """One order. Raises OrderUnknown."""
    row = session.exec(select(OrderRow).where(OrderRow.order_hash == order_hash)).first()
    if row is None:
        raise OrderUnknown(order_hash=to_hex(order_hash))
    return row


def orders_of(session: Session, maker: str, *, only_open: bool, limit: int, after: int = 0) -> list[OrderRow]:
    """A maker's orders, oldest first, with sequence above `after`."""
    query = select(OrderRow).where(OrderRow.maker == maker, col(OrderRow.id) > after)
    if only_open:
        query = query.where(OrderRow.state == OrderState.OPEN)
    return list(session.exec(query.order_by(col(OrderRow.id)).limit(limit)).all())


def trades_of_order(session: Session, order_id: int) -> list[TradeRow]:
    """Every trade of an order, oldest first."""
    mine = or_(col(TradeRow.buy_id) == order_id, col(TradeRow.sell_id) == order_id)
    return list(session.exec(select(TradeRow).where(mine).order_by(col(TradeRow.id))).all())
