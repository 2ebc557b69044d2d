"""An account's own orders, trades and funds as they happen: each once, whatever is missed on the way."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.access.sender_proof import ApiKey
from backend.chain.node import free_port
from backend.market.own_stream import FillNews, FundsNews, News, OrderNews
from backend.market.trader import Trader
from backend.settlement.trade_routes import router as trade_router
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.unit.market.world import ANA, BO


@contextmanager
def following(base_url: str) -> Iterator[Trader]:
    with ApiClient(base_url) as client, Trader(client, ANA, Patience(60)) as trader:
        yield trader


@pytest.fixture
def served(database: Database) -> Iterator[StreamWorld]:
    with streaming(database) as made:
        made.app.include_router(trade_router)
        yield made


def until(news: Generator[News], happened: Callable[[News], bool]) -> list[News]:
    """All that is told until then, that included."""
    found = []
    for each in news:
        found.append(each)
        if happened(each):
            return found
    raise AssertionError("the news ended")


def is_left(one: News, state: str) -> bool:
    return isinstance(one, OrderNews) and one.order.state == state


def test_follow__from_the_first_order_to_a_trade__tells_each_once(served: StreamWorld) -> None:
    first = served.world.sell(ANA, 5, 100).accepted
    with following(served.base_url) as ana:
        own = ana.follow()
        news = own.news()
        there = until(news, lambda one: isinstance(one, FundsNews))
        orders = [one.order.order_hash for one in there if isinstance(one, OrderNews)]
        assert orders == [first.order_hash] == list(own.open_orders)
        assert own.balances is not None

        served.world.buy(BO, 5, 100)
        told = until(news, lambda one: is_left(one, "filled")) + until(news, lambda one: isinstance(one, FundsNews))
        (fill,) = [one.fill for one in told if isinstance(one, FillNews)]
        assert (fill.lots, fill.state, fill.order_hash) == (5, "matched", first.order_hash)
        assert own.open_orders == {}
        news.close()


def test_follow__cut_off_while_things_happen__tells_them_afterwards(served: StreamWorld) -> None:
    with following(served.base_url) as ana:
        own = ana.follow()
        news = own.news()
        until(news, lambda one: isinstance(one, FundsNews))
        for price in range(100, 104):
            order = served.world.sell(ANA, 1, price).accepted
            own.drop()
            served.world.buy(BO, 1, price)
        told = until(news, lambda one: is_left(one, "filled") and order.order_hash not in own.open_orders)
        while len({one.fill.trade_id for one in told if isinstance(one, FillNews)}) < 4:
            told.append(next(news))

        fills = [one.fill.trade_id for one in told if isinstance(one, FillNews)]
        assert sorted(fills) == [1, 2, 3, 4]
        news.close()


def test_follow__of_a_server_started_again__reads_how_what_vanished_ended(database: Database) -> None:
    port = free_port()
    with ExitStack() as stack:
        with streaming(database, port=port) as served:
            served.app.include_router(trade_router)
            own = stack.enter_context(following(served.base_url)).follow()
            news = own.news()
            gone = served.world.sell(ANA, 1, 100).accepted
            stays = served.world.sell(ANA, 2, 200).accepted
            until(news, lambda one: isinstance(one, FundsNews))
        served = stack.enter_context(streaming(database, port=port, is_listed=True))
        served.app.include_router(trade_router)
        stack.callback(news.close)
        served.world.buy(BO, 1, 100)

        told = until(news, lambda one: is_left(one, "filled"))
        while not any(isinstance(one, FillNews) for one in told):
            told.append(next(news))
        assert [one.order.order_hash for one in told if isinstance(one, OrderNews)] == [gone.order_hash]
        assert list(own.open_orders) == [stays.order_hash]


def test_follow__of_more_trades_than_a_snapshot_shows__reads_the_rest(served: StreamWorld) -> None:
    with following(served.base_url) as ana:
        own = ana.follow()
        news = own.news()
        until(news, lambda one: isinstance(one, FundsNews))
        client = own._client
        assert client is not None
        served.world.sell(ANA, 60, 100)
        for _ in range(55):
            served.world.buy(BO, 1, 100)
        own._stages = {}
        client._sequences["fills"] = 10**6
        client._lacking.add("fills")
        client.drop()
        fills: list[int] = []
        while len(fills) < 55:
            one = next(news)
            fills += [one.fill.trade_id] if isinstance(one, FillNews) else []
        assert fills == list(range(1, 56))
        news.close()


def test_follow__by_an_api_key__goes_on_after_a_cut(served: StreamWorld) -> None:
    with ApiClient(served.base_url) as session, ApiClient(served.base_url) as client:
        session.sign_in(ANA)
        made = session.post("/api-keys", {"name": "bot", "scopes": ["read"]})
        client.prove_by(ApiKey(made["keyId"], made["secret"], served.world.clock))
        own = Trader(client, None, Patience(60)).follow()
        news = own.news()
        until(news, lambda one: isinstance(one, FundsNews))
        own.drop()
        order = served.world.sell(ANA, 1, 100).accepted
        (told,) = [one for one in until(news, lambda one: isinstance(one, OrderNews)) if isinstance(one, OrderNews)]
        assert told.order.order_hash == order.order_hash
        news.close()


def test_follow__whose_session_ended__signs_in_again(served: StreamWorld) -> None:
    with following(served.base_url) as ana:
        own = ana.follow()
        news = own.news()
        until(news, lambda one: isinstance(one, FundsNews))
        served.world.clock.at += timedelta(hours=13)
        own.drop()
        order = served.world.sell(ANA, 1, 100).accepted
        told = until(news, lambda one: isinstance(one, OrderNews))[-1]
        assert isinstance(told, OrderNews)
        assert told.order.order_hash == order.order_hash
        news.close()
