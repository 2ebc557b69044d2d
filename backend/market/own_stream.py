"""What happens to an account's own orders, trades and funds: each once and in order, across gaps, cuts and restarts.

The stream makes up for what a cut connection missed where it can. Where it cannot, it sends the whole again; what
happened in between is then found by comparing, and read over HTTP.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, TypeAlias

from backend.access.client import ApiProblem, read_as
from backend.market.order import Side
from backend.market.private_channels import FillsData, FillsDelta, OrdersData
from backend.market.stream_client import StreamClient, Update
from backend.market.tables import OrderState
from backend.market.tape_views import BalancesOut, OwnTradeOut
from backend.market.views import OrderOut


@dataclass(frozen=True)
class OrderNews:
    """An order as it is now: it came in, was matched, shrank, or left the book."""

    order: OrderOut


@dataclass(frozen=True)
class FillNews:
    """What a trade of the account's came to: `fill.state` is matched, sent, mined, final or busted."""

    fill: OwnTradeOut


@dataclass(frozen=True)
class FundsNews:
    """What the account has to trade with now."""

    balances: BalancesOut


STAGES_KEPT = 10_000
"""Trades whose stage is remembered; what is forgotten first has long been final."""

News: TypeAlias = OrderNews | FillNews | FundsNews


class Account(Protocol):
    """What is asked for what the stream cannot tell: an `AccountReader`."""

    def own_channels(self) -> StreamClient:
        """The account's own channels."""
        ...

    def own_channels_again(self) -> StreamClient:
        """The same in a new session."""
        ...

    def order(self, order_hash: bytes) -> OrderOut:
        """One order as it is."""
        ...

    def trades(self) -> Iterator[OwnTradeOut]:
        """The account's trades, newest first."""
        ...


class OwnStream:
    """Iterate over `news`. The first of it is what is there: every open order, and the funds; trades only from then on.

    `open_orders` and `balances` are as of the news told last.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stages: dict[tuple[int, Side], str] | None = None
        """Where each trade was when last told, by its id and the account's side; None before the first snapshot."""
        self.open_orders: dict[bytes, OrderOut] = {}
        self.balances: BalancesOut | None = None
        self._client: StreamClient | None = None

    def news(self) -> Generator[News]:
        """Without end. Raises ApiProblem for what the server refuses, ServerUnreachable if it does not come back."""
        self._client = self._account.own_channels()
        while True:
            heard = False
            try:
                for update in self._client.updates():
                    heard = True
                    yield from self.taken(update)
            except ApiProblem as problem:
                if not heard or problem.status != HTTPStatus.UNAUTHORIZED:
                    raise
            self._client = self._account.own_channels_again()

    def drop(self) -> None:
        """Cuts the connection, as a bad network would."""
        if self._client is not None:
            self._client.drop()

    def taken(self, update: Update) -> Iterator[News]:
        """What an update of a channel of the account's has that was not told before."""
        if update.channel == "orders":
            yield from self._orders(update)
        elif update.channel == "fills":
            yield from self._fills(update)
        else:
            balances = read_as(BalancesOut, update.data)
            if balances != self.balances:
                self.balances = balances
                yield FundsNews(balances)

    def _orders(self, update: Update) -> Iterator[OrderNews]:
        found = read_as(OrdersData, update.data).orders
        if update.is_snapshot:
            present = {order.order_hash for order in found}
            for order_hash in [each for each in self.open_orders if each not in present]:
                yield from self._changed(self._account.order(order_hash))
        for order in found:
            yield from self._changed(order)

    def _changed(self, order: OrderOut) -> Iterator[OrderNews]:
        if self.open_orders.get(order.order_hash) == order:
            return
        if order.state == OrderState.OPEN:
            self.open_orders[order.order_hash] = order
        else:
            self.open_orders.pop(order.order_hash, None)
        yield OrderNews(order)

    def _fills(self, update: Update) -> Iterator[FillNews]:
        if not update.is_snapshot:
            for event in read_as(FillsDelta, update.data).events:
                yield from self._moved(event.fill)
            return
        shown = read_as(FillsData, update.data).fills
        if self._stages is None:
            self._stages = {(fill.trade_id, fill.side): fill.state for fill in shown}
            return
        for fill in reversed(self._missed(shown)):
            yield from self._moved(fill)

    def _missed(self, shown: tuple[OwnTradeOut, ...]) -> list[OwnTradeOut]:
        """The trades that may have moved since, newest first: those shown, and older ones until all that was on its way
        and all that is new is among them.
        """
        assert self._stages is not None
        known = [trade_id for trade_id, _ in self._stages]
        on_their_way = [trade_id for (trade_id, _), stage in self._stages.items() if stage not in {"final", "busted"}]
        oldest = min([*on_their_way, max(known, default=0) + 1])
        if not shown or shown[-1].trade_id <= oldest:
            return list(shown)
        found = []
        for fill in self._account.trades():
            if fill.trade_id < oldest:
                break
            found.append(fill)
        return found

    def _moved(self, fill: OwnTradeOut) -> Iterator[FillNews]:
        stages = self._stages = self._stages or {}
        if stages.get((fill.trade_id, fill.side)) != fill.state:
            stages[fill.trade_id, fill.side] = fill.state
            if len(stages) > STAGES_KEPT:
                del stages[next(iter(stages))]
            yield FillNews(fill)
