"""What the market shows, over HTTP: rules, book at three depths, tape, candles, and an account's own orders and funds.

Lists come in pages; what is asked for again and again has an ETag.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backend.access.authority import Reader
from backend.access.etag import tagged
from backend.access.page import Page, PageCursor, key_of, page_of
from backend.access.state import clock_of, database_of
from backend.access.wire import HexBytes32, Iso, PageLimit
from backend.kernel.clock import from_unix_s, unix_s
from backend.market.balances import balances_of
from backend.market.candle import Interval
from backend.market.candles import candles_of_class, first_trade_at
from backend.market.listing import all_rules
from backend.market.movement import key_of_row, movements_of
from backend.market.routes import ListedClass, market_of
from backend.market.tape import (
    BookQuestion,
    QueueQuestion,
    day_view,
    order_with_hash,
    orders_of,
    trades_of_class,
    trades_of_order,
)
from backend.market.tape_csv import trades_csv
from backend.market.tape_views import BalancesOut, BestOut, CandleOut, MovementOut, QueueOut
from backend.market.views import BookOut, OrderOut, OrderWithTradesOut, RulesOut, TickerOut, TradeOut

router = APIRouter(tags=["market"])

DEPTH_MAX = 500
CANDLES_MAX = 1_000
CSV = "text/csv; charset=utf-8"

Since = Annotated[Iso | None, Query(description="From this time on.")]
Until = Annotated[Iso | None, Query(description="Before this time.")]


@router.get("/market/classes", response_model=list[RulesOut])
def classes(request: Request) -> Response:
    """Every class with a market, and its rules."""
    fee_bps = market_of(request).fee_bps
    with database_of(request).read() as session:
        return tagged(request, [RulesOut.of(rules, fee_bps) for rules in all_rules(session)])


@router.get("/market/{class_ref}/best", response_model=BestOut)
def best(request: Request, class_id: ListedClass) -> Response:
    """L1: the best price of each side, its lots and orders."""
    return tagged(request, BestOut.of(class_id, market_of(request).sequencer.ask(BookQuestion(class_id, 1))))


@router.get("/market/{class_ref}/book", response_model=BookOut)
def book(request: Request, class_id: ListedClass, depth: Annotated[int, Query(ge=1, le=DEPTH_MAX)] = 50) -> Response:
    """L2: price levels, best first."""
    return tagged(request, BookOut.of(class_id, market_of(request).sequencer.ask(BookQuestion(class_id, depth))))


@router.get("/market/{class_ref}/queue", response_model=QueueOut)
def queue(request: Request, class_id: ListedClass, count: Annotated[int, Query(ge=1, le=DEPTH_MAX)] = 50) -> Response:
    """L3: the orders in the sequence in which they would be filled, with their place at their price; no accounts."""
    return tagged(request, QueueOut.of(class_id, market_of(request).sequencer.ask(QueueQuestion(class_id, count))))


@router.get("/market/{class_ref}/ticker")
def ticker(request: Request, class_id: ListedClass) -> TickerOut:
    """Last price, best bid and ask, the last 24 hours."""
    now = clock_of(request).now()
    view = market_of(request).sequencer.ask(BookQuestion(class_id, 1))
    with database_of(request).read() as session:
        return TickerOut.of(class_id, view, day_view(session, class_id, now), now)


@router.get("/market/{class_ref}/trades", response_model=Page[TradeOut])
def trades(request: Request, class_id: ListedClass, limit: PageLimit = 50, cursor: PageCursor = None) -> Response:
    """The tape of a class, newest first. A busted trade stays on it and says so."""
    before = key_of("trades", cursor, 1)
    with database_of(request).read() as session:
        rows = trades_of_class(session, class_id, limit + 1, before[0] if before else None)
        return tagged(request, page_of("trades", rows, limit, TradeOut.of, lambda row: (row.id,)))


@router.get("/market/{class_ref}/trades.csv", response_class=StreamingResponse)
def trades_as_csv(request: Request, class_id: ListedClass, since: Since = None, until: Until = None) -> Response:
    """The tape of a class as CSV, oldest first, as it comes."""
    lines: Iterator[str] = trades_csv(database_of(request), class_id, since, until)
    return StreamingResponse(lines, media_type=CSV)


@router.get("/market/{class_ref}/candles", response_model=Page[CandleOut])
def candles(
    request: Request,
    class_id: ListedClass,
    interval: Interval = Interval.HOUR,
    limit: Annotated[int, Query(ge=1, le=CANDLES_MAX, description="Most candles to return.")] = 100,
    cursor: PageCursor = None,
) -> Response:
    """Candles, newest first, back to the class's first trade. Where nothing was traded a candle has no prices."""
    until = key_of("candles", cursor, 1)
    with database_of(request).read() as session:
        began = first_trade_at(session, class_id)
        last = interval.start_of(clock_of(request).now())
        if until is not None:
            last = min(last, interval.start_of(from_unix_s(min(until[0], unix_s(last)))) - interval.length)
        first = max(last - limit * interval.length, interval.start_of(began or last))
        found = candles_of_class(session, class_id, interval, first=first, last=last)
        shown = page_of("candles", found, limit, CandleOut.of, lambda candle: (unix_s(candle.start),))
        return tagged(request, shown)


@router.get("/orders")
def my_orders(
    request: Request,
    account: Reader,
    only_open: Annotated[bool, Query(alias="onlyOpen")] = False,
    limit: PageLimit = 100,
    cursor: PageCursor = None,
) -> Page[OrderOut]:
    """The signed-in account's orders, oldest first."""
    after = key_of("orders", cursor, 1)
    with database_of(request).read() as session:
        rows = orders_of(session, account, only_open=only_open, limit=limit + 1, after=after[0] if after else 0)
        return page_of(
            "orders", rows, limit, lambda row: OrderOut.model_validate(OrderOut.fields_of(row)), lambda row: (row.id,)
        )


@router.get("/orders/{order_hash}")
def one_order(request: Request, order_hash: HexBytes32) -> OrderWithTradesOut:
    """One order and its trades, for whoever knows its hash: its maker, until a fill publishes it on the chain."""
    with database_of(request).read() as session:
        row = order_with_hash(session, order_hash)
        trades_out = tuple(TradeOut.of(trade) for trade in trades_of_order(session, row.id))
        return OrderWithTradesOut.model_validate(OrderOut.fields_of(row) | {"trades": trades_out})


@router.get("/balances")
def my_balances(request: Request, account: Reader) -> BalancesOut:
    """What the signed-in account has to trade with: held, tied up in orders, in flight, free."""
    with database_of(request).read() as session:
        return BalancesOut.of(balances_of(session, market_of(request).chain, account))


@router.get("/movements")
def my_movements(
    request: Request, account: Reader, limit: PageLimit = 100, cursor: PageCursor = None
) -> Page[MovementOut]:
    """The signed-in account's deposits and withdrawals, newest first: what came and went other than by its trades."""
    key = key_of("movements", cursor, 3)
    before = None if key is None else (key[0], key[1], key[2])
    with database_of(request).read() as session:
        found = movements_of(session, account, limit + 1, before)
        return page_of("movements", found, limit, MovementOut.of, lambda movement: key_of_row(movement.row))
