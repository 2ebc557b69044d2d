"""What happened since the publisher last looked, gathered once for every channel."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel
from sqlmodel import Session, col, select

from backend.market.feed import Feed, Heard
from backend.market.funds import ChainView
from backend.market.own_trades import FeesOf
from backend.market.tables import OrderRow, TradeRow, TradeState

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Moment:
    """What a channel reads from: one snapshot of the database, and the books as the feed has heard them."""

    session: Session
    feed: Feed
    chain: ChainView
    fees_of: FeesOf
    now: datetime


@dataclass
class News:
    """What changed. Rows are as the moment's snapshot has them."""

    heard: Heard
    trades: list[TradeRow] = field(default_factory=list)
    """New ones, oldest first."""
    moved: list[TradeRow] = field(default_factory=list)
    """Older ones that were sent, filled, returned or busted."""
    finished: list[TradeRow] = field(default_factory=list)
    """Those whose fill became final."""
    orders: dict[str, list[OrderRow]] = field(default_factory=dict)
    """By maker."""
    accounts: set[str] = field(default_factory=set)
    """Whose orders or trades changed."""
    is_block: bool = False
    """Whether the chain moved, and with it maybe anybody's funds."""
    is_tick: bool = False
    """Whether time alone may have changed something."""

    @property
    def busted(self) -> list[TradeRow]:
        """Trades that the chain skipped."""
        return [row for row in (*self.trades, *self.moved) if row.state == TradeState.BUSTED]

    def own(self, account: str) -> list[TradeRow]:
        """The account's trades of which there is news, each once."""
        found = {row.id: row for row in (*self.trades, *self.moved, *self.finished)}
        return [row for row in found.values() if account in {row.buyer, row.seller}]


class Watched(Protocol):
    """A channel that is kept up."""

    def snapshot(self, moment: Moment) -> BaseModel:
        """The channel as it is."""
        ...

    def delta(self, moment: Moment, news: News) -> BaseModel | None:
        """What changed of it; None if nothing did."""
        ...


def orders_by_maker(session: Session, order_ids: set[int]) -> dict[str, list[OrderRow]]:
    """The rows of these orders, each maker's in order of entry."""
    ids, found = sorted(order_ids), dict[str, list[OrderRow]]()
    for at in range(0, len(ids), _AT_ONCE):
        some = col(OrderRow.id).in_(ids[at : at + _AT_ONCE])
        for row in session.exec(select(OrderRow).where(some).order_by(col(OrderRow.id))).all():
            found.setdefault(row.maker, []).append(row)
    return found
