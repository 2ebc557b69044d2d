"""The channels that are kept up: each with its sequence, its snapshot, and one delta for everything that happened."""

import secrets
from collections.abc import Callable, Iterable, Sequence

from sqlmodel import Session

from backend.kernel.errors import TanyuError
from backend.link.index import indexed
from backend.market import frame
from backend.market.auction_channel import AuctionChannel
from backend.market.channel import Channel, Topic
from backend.market.feed import Heard
from backend.market.flights import Flights
from backend.market.frame import Why
from backend.market.hub import Delivery, Delta, Refusal, Snapshot, Want
from backend.market.journal import Line
from backend.market.listing import rules_of
from backend.market.news import Moment, News, Watched, orders_by_maker
from backend.market.private_channels import BalancesChannel, FillsChannel, OrdersChannel
from backend.market.public_channels import BookChannel, CandlesChannel, TickerChannel, TradesChannel
from backend.market.rules_channel import RulesChannel
from backend.market.tape import trades_since

_SEQUENCE_BITS = 20
"""A channel begins at a random multiple of 2**20, so that a sequence of an earlier run is not taken for one of this."""
_RUNS = 2**31


def _watched(channel: Channel) -> Watched:
    if channel.topic is Topic.CANDLES:
        assert channel.interval is not None
        return CandlesChannel(channel.class_id, channel.interval)
    if channel.topic in _OF_CLASS:
        return _OF_CLASS[channel.topic](channel.class_id)
    return _OF_ACCOUNT[channel.topic](channel.account)


_OF_CLASS: dict[Topic, Callable[[int], Watched]] = {
    Topic.BOOK: BookChannel,
    Topic.TRADES: TradesChannel,
    Topic.TICKER: TickerChannel,
    Topic.AUCTION: AuctionChannel,
    Topic.RULES: RulesChannel,
}
_OF_ACCOUNT: dict[Topic, Callable[[str], Watched]] = {
    Topic.ORDERS: OrdersChannel,
    Topic.FILLS: FillsChannel,
    Topic.BALANCES: BalancesChannel,
}


class Board:
    """All channels of one process. Only the publisher's thread touches it."""

    def __init__(self) -> None:
        self._channels: dict[Channel, Watched] = {}
        self._sequences: dict[Channel, int] = {}
        self._flights: Flights | None = None
        """None while nobody watches anything."""
        self._block: bytes | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no channel is kept up."""
        return not self._channels

    def hear(self, moment: Moment, lines: Sequence[Line], *, looks: bool, is_tick: bool) -> list[Delivery]:
        """Has the feed hear the lines; the deltas they make. `looks`: whether to look at what nobody tells: trades that
        settlement moved, funds that the chain moved.
        """
        before = moment.feed.trades
        heard = moment.feed.hear(lines)
        if self._flights is None:
            return []
        news = self._news(moment, heard, before, looks=looks)
        news.is_tick = is_tick
        return list(self._deltas(moment, news))

    def _news(self, moment: Moment, heard: Heard, trades_before: int, *, looks: bool) -> News:
        assert self._flights is not None
        session, until = moment.session, moment.feed.trades
        news = News(heard)
        if until > trades_before:
            news.trades = trades_since(session, trades_before, until)
            self._flights.told(news.trades)
        if looks:
            news.moved = self._flights.look(session)
            news.finished = self._flights.finished(session)
            news.is_block = self._has_moved(session)
        if heard.orders and self._has_private():
            news.orders = orders_by_maker(session, heard.orders)
        news.accounts.update(news.orders)
        for row in (*news.trades, *news.moved):
            news.accounts.update((row.buyer, row.seller))
        return news

    def _has_moved(self, session: Session) -> bool:
        """Whether the index stands elsewhere than at the last look."""
        cursor, before = indexed(session), self._block
        self._block = None if cursor is None else cursor.hash
        return self._block != before

    def _has_private(self) -> bool:
        return any(channel.account for channel in self._channels)

    def _deltas(self, moment: Moment, news: News) -> Iterable[Delta]:
        for channel, watched in self._channels.items():
            data = watched.delta(moment, news)
            if data is not None:
                sequence = self._sequences[channel] = self._sequences[channel] + 1
                yield Delta(channel, sequence, frame.delta(channel.name, sequence, data))

    def answer(self, moment: Moment, want: Want) -> Snapshot | Refusal:
        """The snapshot somebody asked for."""
        channel = want.channel
        if channel not in self._channels:
            try:
                _require_listed(moment.session, channel)
            except TanyuError as failure:
                return Refusal(want, frame.error(failure, want.name))
            if self._flights is None:
                self._flights = Flights(moment.session)
            self._keep(channel)
        return self._snapshot(moment, channel, want.why, want)

    def forget(self, channel: Channel) -> None:
        """A channel need not be kept up any more."""
        self._channels.pop(channel, None)
        self._sequences.pop(channel, None)
        if not self._channels:
            self._flights = None

    def begin_again(self, moment: Moment) -> list[Delivery]:
        """Every channel from now on, for everybody who watches it: deltas may have been lost."""
        if self._flights is not None:
            self._flights = Flights(moment.session)
        for channel in self._channels:
            self._keep(channel)
        return [self._snapshot(moment, channel, Why.MISSED, None) for channel in self._channels]

    def _keep(self, channel: Channel) -> None:
        self._channels[channel] = _watched(channel)
        self._sequences[channel] = secrets.randbelow(_RUNS) << _SEQUENCE_BITS

    def _snapshot(self, moment: Moment, channel: Channel, why: Why, want: Want | None) -> Snapshot:
        sequence = self._sequences[channel]
        text = frame.snapshot(channel.name, sequence, why, self._channels[channel].snapshot(moment))
        return Snapshot(channel, sequence, text, None if want is None else want.connection)


def _require_listed(session: Session, channel: Channel) -> None:
    if not channel.account:
        rules_of(session, channel.class_id)
