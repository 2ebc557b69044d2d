"""`tanyu trade`: one's own orders, trades and funds, now and as they change."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from backend.access.terminal import AsJson, failing_plainly, to_json
from backend.access.wire import PAGE_LIMIT_MAX
from backend.kernel.mass import lots_of
from backend.market.figures import money_text
from backend.market.order_life import life_of
from backend.market.order_ref import order_named
from backend.market.own_stream import FillNews, FundsNews, News, OrderNews
from backend.market.tables import OrderState
from backend.market.trade_cancel_commands import app
from backend.market.trade_commands import OrderRef, session
from backend.market.trade_tables import (
    balances_tables,
    fees_table,
    life_table,
    movements_table,
    orders_table,
    trades_table,
)
from backend.market.words import Words

__all__ = ["app"]

Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")]


@app.command()
def orders(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Limit = PAGE_LIMIT_MAX,
    *,
    as_json: AsJson = False,
) -> None:
    """Lists your open orders, oldest first."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = list(islice(trader.orders(only_open=not every), limit))
        session.tell(found, orders_table, as_json=as_json)


@app.command()
def order(order_ref: OrderRef, *, as_json: AsJson = False) -> None:
    """Tells the life of one of your orders, with times: accepted, matched, sent, mined, final, or how it ended."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = order_named(trader, order_ref)
            steps = life_of(found, trader.trades_of(found))
        shown = {"order": found, "life": steps}
        session.tell(shown, lambda _shown, words: life_table(found, steps, words), as_json=as_json)


@app.command()
def fills(limit: Limit = 20, *, as_json: AsJson = False) -> None:
    """Lists your trades, newest first, and how far the chain is with each: matched, sent, mined, final or busted."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = list(islice(trader.trades(), limit))
        session.tell(found, trades_table, as_json=as_json)


@app.command()
def fees(*, as_json: AsJson = False) -> None:
    """Tells what you traded and paid in fees, by class."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = trader.fees()
        session.tell(found, fees_table, as_json=as_json)


@app.command()
def balances(*, as_json: AsJson = False) -> None:
    """Tells what you have to trade with: held, tied up in orders, in flight, free; and what the Exchange may take."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = trader.balances()
        session.tell(found, balances_tables, as_json=as_json)


@app.command()
def movements(limit: Limit = 20, *, as_json: AsJson = False) -> None:
    """Lists your deposits and withdrawals, newest first: what came and went other than by trades."""
    with failing_plainly(as_json=as_json):
        with session.trader() as trader:
            found = list(islice(trader.movements(), limit))
        session.tell(found, movements_table, as_json=as_json)


def _told(news: News, words: Words) -> str:
    """What happened, in a line."""
    if isinstance(news, FundsNews):
        return words.says("fundsLine", money=money_text(news.balances.money.free))
    if isinstance(news, FillNews):
        fill = news.fill
        return words.says(
            "fillLine",
            trade=fill.trade_id,
            state=words.value(fill.state),
            side=words.value(fill.side),
            kg=fill.lots,
            price=money_text(fill.price_per_kg),
        )
    found = news.order
    reason = f" ({words.value(found.reason)})" if found.reason else ""
    is_open = found.state == OrderState.OPEN
    return words.says(
        "orderLine",
        number=found.number,
        side=words.value(found.side),
        kg=lots_of(found.amount_gco2e),
        code=found.class_code,
        price=money_text(found.price_per_kg),
        left=words.says("openKg", kg=found.lots_open) if is_open else words.value(found.state) + reason,
    )


def _as_json(news: News) -> str:
    kinds = {OrderNews: "order", FillNews: "fill", FundsNews: "balances"}
    (value,) = vars(news).values()
    return json.dumps({"event": kinds[type(news)], kinds[type(news)]: to_json(value)}, ensure_ascii=False)


@app.command()
def watch(
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many; else at Ctrl-C.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tells what happens to your orders, trades and funds as it happens, each once, coming back after a cut."""
    with failing_plainly(as_json=as_json), session.trader() as trader:
        told: Iterator[News] = trader.follow().news()
        for news in islice(told, count):
            typer.echo(_as_json(news) if as_json else _told(news, session.words))
