"""What the market shows: book, tape, ticker, orders. The book names prices and lots, never accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session, col, func, or_, select

from backend.kernel.digest import to_hex
from backend.market.book import Ladder, PriceLevel
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
class QueuePlace:
    """An order by its place at its price, 1 being filled first. Lots are what is still open."""

    order_id: int
    price_per_kg: int
    place: int
    lots: int


@dataclass(frozen=True)
class QueueView:
    """The orders of a class after a journal sequence, in the order in which they would be filled."""

    sequence: int
    bids: list[QueuePlace]
    asks: list[QueuePlace]


@dataclass(frozen=True)
class QueueQuestion:
    """For `Sequencer.ask`: the first `count` orders of each side of a class."""

    class_id: int
    count: int

    def __call__(self, engine: Engine, sequence: int) -> QueueView:
        """The view; empty for a class nobody has traded in."""
        book = engine.books.get(self.class_id)
        if book is None:
            return QueueView(sequence, [], [])
        return QueueView(sequence, self._places(book.bids), self._places(book.asks))

    def _places(self, ladder: Ladder) -> list[QueuePlace]:
        found: list[QueuePlace] = []
        for order in islice(ladder.orders(), self.count):
            price = order.entry.price_per_kg
            place = found[-1].place + 1 if found and found[-1].price_per_kg == price else 1
            found.append(QueuePlace(order.entry.order_id, price, place, order.lots))
        return found


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


def trades_since(session: Session, after: int, until: int) -> list[TradeRow]:
    """Trades of every class with ids above `after`, up to `until`, oldest first."""
    query = select(TradeRow).where(col(TradeRow.id) > after, col(TradeRow.id) <= until).order_by(col(TradeRow.id))
    return list(session.exec(query).all())


def trades_of_account(session: Session, account: str, limit: int, before: int | None = None) -> list[TradeRow]:
    """An account's trades on either side, newest first; with `before`, those with smaller ids."""
    found: list[TradeRow] = []
    for own_side in (col(TradeRow.buyer), col(TradeRow.seller)):
        query = select(TradeRow).where(own_side == account).order_by(col(TradeRow.id).desc()).limit(limit)
        if before is not None:
            query = query.where(col(TradeRow.id) < before)
        found += session.exec(query).all()
    by_id = {row.id: row for row in found}
    return [by_id[trade_id] for trade_id in sorted(by_id, reverse=True)[:limit]]


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
