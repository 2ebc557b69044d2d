"""The channels of a class: book, trades, ticker, candles. They name prices and lots, never accounts."""

from datetime import datetime, timedelta

from backend.access.wire import Amount, Wire
from backend.market.book import PriceLevel
from backend.market.candle import Interval
from backend.market.candles import candle_at, candles_of_class
from backend.market.news import Moment, News
from backend.market.order import Side
from backend.market.tables import TradeState
from backend.market.tape import BookView, day_view, trades_of_class
from backend.market.tape_views import CandleOut
from backend.market.views import LevelOut, TickerOut, TradeOut

TRADES_SHOWN = 50
CANDLES_SHOWN = 100
TICKER_EVERY = timedelta(seconds=1)
"""The least time between two tickers of a class."""

TRADE = "trade"
TRADE_BUSTED = "trade_busted"


class BookData(Wire):
    """Price levels after a line of the journal: all of them, or those that changed (no orders: the level is gone).
    `checksum`: CRC-32 of the ten best asks, then bids, as `price:lots:orders` joined by `,`.
    """

    class_id: Amount
    journal_sequence: int
    bids: tuple[LevelOut, ...]
    asks: tuple[LevelOut, ...]
    checksum: int


class TapeEvent(Wire):
    """`trade`, or `trade_busted`: the chain skipped it and it no longer counts."""

    event: str
    trade: TradeOut


class TradesData(Wire):
    """The latest trades, newest first."""

    trades: tuple[TradeOut, ...]


class TradesDelta(Wire):
    """What happened on the tape, in order."""

    events: tuple[TapeEvent, ...]


class CandlesData(Wire):
    """The latest candles, newest first, gaps included."""

    candles: tuple[CandleOut, ...]


class CandlesDelta(Wire):
    """Candles that changed, whole. `event`: `trade`, or `trade_busted` if a trade was taken out of one."""

    event: str
    candles: tuple[CandleOut, ...]


def _levels(levels: list[PriceLevel]) -> tuple[LevelOut, ...]:
    return tuple(LevelOut(price_per_kg=price, lots=lots, orders=orders) for price, lots, orders in levels)


class BookChannel:
    """Price levels."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id

    def snapshot(self, moment: Moment) -> BookData:
        """Every level, best first."""
        depth = moment.feed.depth(self._class_id)
        return self._data(moment, depth.best(Side.BUY), depth.best(Side.SELL))

    def delta(self, moment: Moment, news: News) -> BookData | None:
        """The levels that changed."""
        if self._class_id not in news.heard.levels:
            return None
        changes = news.heard.changes(moment.feed.depth(self._class_id), self._class_id)
        return self._data(moment, changes[Side.BUY], changes[Side.SELL])

    def _data(self, moment: Moment, bids: list[PriceLevel], asks: list[PriceLevel]) -> BookData:
        return BookData(
            class_id=self._class_id,
            journal_sequence=moment.feed.head.sequence,
            bids=_levels(bids),
            asks=_levels(asks),
            checksum=moment.feed.depth(self._class_id).checksum(),
        )


class TradesChannel:
    """The tape."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id

    def snapshot(self, moment: Moment) -> TradesData:
        """The latest trades that the feed has heard of."""
        rows = trades_of_class(moment.session, self._class_id, TRADES_SHOWN, before=moment.feed.trades + 1)
        return TradesData(trades=tuple(TradeOut.of(row) for row in rows))

    def delta(self, _moment: Moment, news: News) -> TradesDelta | None:
        """New trades, and those that were busted."""
        events = [
            TapeEvent(event=event, trade=TradeOut.of(row))
            for event, rows in ((TRADE, news.trades), (TRADE_BUSTED, news.busted))
            for row in rows
            if row.class_id == self._class_id
        ]
        return TradesDelta(events=tuple(events)) if events else None


class TickerChannel:
    """The class at a glance; at most once a second."""

    def __init__(self, class_id: int) -> None:
        self._class_id = class_id
        self._last: TickerOut | None = None
        """What was told to everybody."""
        self._differs = False
        """Whether somebody was told something else since."""
        self._is_stale = False
        """Whether there is news that was not looked at."""
        self._not_before: datetime | None = None

    def snapshot(self, moment: Moment) -> TickerOut:
        """As it is now."""
        now = self._now(moment)
        self._differs |= self._last is not None and not _same(now, self._last)
        self._last = self._last or now
        return now

    def _now(self, moment: Moment) -> TickerOut:
        depth = moment.feed.depth(self._class_id)
        view = BookView(moment.feed.head.sequence, depth.best(Side.BUY, 1), depth.best(Side.SELL, 1))
        day = day_view(moment.session, self._class_id, moment.now)
        return TickerOut.of(self._class_id, view, day, moment.now)

    def delta(self, moment: Moment, news: News) -> TickerOut | None:
        """The whole again, if anything in it but its time changed."""
        is_traded = any(row.class_id == self._class_id for row in (*news.trades, *news.busted))
        self._is_stale |= news.is_tick or is_traded or self._class_id in news.heard.levels
        if not self._is_stale or (self._not_before is not None and moment.now < self._not_before):
            return None
        self._is_stale, self._not_before = False, moment.now + TICKER_EVERY
        now = self._now(moment)
        if self._last is not None and _same(now, self._last) and not self._differs:
            return None
        self._last, self._differs = now, False
        return now


def _same(one: TickerOut, other: TickerOut) -> bool:
    """Whether they say the same, at whatever time."""
    return one.model_copy(update={"sequence": other.sequence, "at": other.at}) == other


class CandlesChannel:
    """The candles of one interval."""

    def __init__(self, class_id: int, interval: Interval) -> None:
        self._class_id = class_id
        self._interval = interval

    def snapshot(self, moment: Moment) -> CandlesData:
        """The latest, up to the one that is not over yet."""
        last = self._interval.start_of(moment.now)
        first = last - (CANDLES_SHOWN - 1) * self._interval.length
        found = candles_of_class(moment.session, self._class_id, self._interval, first=first, last=last)
        return CandlesData(candles=tuple(CandleOut.of(candle) for candle in found))

    def delta(self, moment: Moment, news: News) -> CandlesDelta | None:
        """The candles in which something was traded or busted."""
        rows = [row for row in (*news.trades, *news.busted) if row.class_id == self._class_id]
        if not rows:
            return None
        starts = sorted({self._interval.start_of(row.matched_at) for row in rows})
        found = [candle_at(moment.session, self._class_id, self._interval, start) for start in starts]
        is_busted = any(row.state == TradeState.BUSTED for row in rows)
        return CandlesDelta(
            event=TRADE_BUSTED if is_busted else TRADE, candles=tuple(CandleOut.of(candle) for candle in found)
        )
