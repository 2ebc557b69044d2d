"""The channels of an account: its orders, its trades on their way to the chain, its funds."""

from backend.access.wire import Wire
from backend.market.balances import balances_of
from backend.market.news import Moment, News
from backend.market.own_trades import own_trades
from backend.market.public_channels import TRADE_BUSTED
from backend.market.tables import TradeRow, TradeState
from backend.market.tape import orders_of, trades_of_account
from backend.market.tape_views import BalancesOut, OwnTradeOut
from backend.market.views import OrderOut

FILLS_SHOWN = 50
ORDERS_SHOWN = 10_000
"""More open orders than the rules of all classes let an account have."""


class OrdersData(Wire):
    """Orders as they are: every open one, or those that changed."""

    orders: tuple[OrderOut, ...]


class FillsData(Wire):
    """The latest trades of the account, newest first."""

    fills: tuple[OwnTradeOut, ...]


class FillEvent(Wire):
    """`matched`, `sent`, `mined`, `final`, or `trade_busted`: what a trade of the account's came to."""

    event: str
    fill: OwnTradeOut


class FillsDelta(Wire):
    """What happened to trades of the account, in order."""

    events: tuple[FillEvent, ...]


class OrdersChannel:
    """An account's orders."""

    def __init__(self, account: str) -> None:
        self._account = account

    def snapshot(self, moment: Moment) -> OrdersData:
        """Every open order, oldest first."""
        rows = orders_of(moment.session, self._account, only_open=True, limit=ORDERS_SHOWN)
        return OrdersData(orders=tuple(OrderOut.model_validate(OrderOut.fields_of(row)) for row in rows))

    def delta(self, _moment: Moment, news: News) -> OrdersData | None:
        """Orders that came in, were matched, shrank or left: as they are now."""
        rows = news.orders.get(self._account)
        if not rows:
            return None
        return OrdersData(orders=tuple(OrderOut.model_validate(OrderOut.fields_of(row)) for row in rows))


class FillsChannel:
    """An account's trades."""

    def __init__(self, account: str) -> None:
        self._account = account

    def snapshot(self, moment: Moment) -> FillsData:
        """The latest, newest first."""
        rows = trades_of_account(moment.session, self._account, FILLS_SHOWN, before=moment.feed.trades + 1)
        return FillsData(fills=tuple(self._shown(moment, rows)))

    def delta(self, moment: Moment, news: News) -> FillsDelta | None:
        """New trades, and what became of older ones."""
        rows = news.own(self._account)
        if not rows:
            return None
        shown = self._shown(moment, rows)
        return FillsDelta(
            events=tuple(
                FillEvent(event=TRADE_BUSTED if fill.state == TradeState.BUSTED else fill.state, fill=fill)
                for fill in shown
            )
        )

    def _shown(self, moment: Moment, rows: list[TradeRow]) -> list[OwnTradeOut]:
        return [OwnTradeOut.of(own) for own in own_trades(moment.session, moment.fees_of, self._account, rows)]


class BalancesChannel:
    """An account's funds."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._last: BalancesOut | None = None
        """What was told to everybody."""
        self._differs = False
        """Whether somebody was told something else since."""

    def snapshot(self, moment: Moment) -> BalancesOut:
        """Held, tied up, in flight, free."""
        now = self._now(moment)
        self._differs |= self._last not in {None, now}
        self._last = self._last or now
        return now

    def delta(self, moment: Moment, news: News) -> BalancesOut | None:
        """The whole again, if anything in it changed."""
        if self._account not in news.accounts and not news.is_block:
            return None
        now = self._now(moment)
        if now == self._last and not self._differs:
            return None
        self._last, self._differs = now, False
        return now

    def _now(self, moment: Moment) -> BalancesOut:
        return BalancesOut.of(balances_of(moment.session, moment.chain, self._account))
