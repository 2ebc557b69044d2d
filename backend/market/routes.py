"""The market over HTTP. An order needs no session: its signature is the authority."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from backend.access.authority import Reader, Trader
from backend.access.state import clock_of, database_of
from backend.access.wire import HexBytes32, PageAfter, PageLimit
from backend.market.listing import all_rules, class_of, rules_of
from backend.market.service import Market
from backend.market.tape import BookQuestion, day_view, order_with_hash, orders_of, trades_of_class, trades_of_order
from backend.market.views import (
    BookOut,
    NumbersBody,
    NumbersOut,
    OrderOut,
    OrderWithTradesOut,
    RulesOut,
    TickerOut,
    TradeOut,
)

router = APIRouter(tags=["market"])

DEPTH_MAX = 500


def market_of(request: Request) -> Market:
    """The market (`state.market`)."""
    return cast(Market, request.app.state.market)


def listed_class(request: Request, class_ref: str) -> int:
    """FastAPI dependency: the class id of a path such as `CN-SC~2025~SIM`. Raises ClassUnknown."""
    class_id = class_of(class_ref)
    with database_of(request).read() as session:
        return rules_of(session, class_id).class_id


ListedClass = Annotated[int, Depends(listed_class)]


@router.get("/market/classes")
def classes(request: Request) -> list[RulesOut]:
    """Every class with a market, and its rules."""
    fee_bps = market_of(request).fee_bps
    with database_of(request).read() as session:
        return [RulesOut.of(rules, fee_bps) for rules in all_rules(session)]


@router.get("/market/{class_ref}/book")
def book(request: Request, class_id: ListedClass, depth: Annotated[int, Query(ge=1, le=DEPTH_MAX)] = 50) -> BookOut:
    """Price levels of a class, best first. `class_ref`: the decimal class id, or its code as `CN-SC~2025~SIM`."""
    return BookOut.of(class_id, market_of(request).sequencer.ask(BookQuestion(class_id, depth)))


@router.get("/market/{class_ref}/trades")
def trades(
    request: Request,
    class_id: ListedClass,
    limit: PageLimit = 50,
    before: Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Trades before this tradeId.")] = None,
) -> list[TradeOut]:
    """The tape of a class, newest first."""
    with database_of(request).read() as session:
        return [TradeOut.of(row) for row in trades_of_class(session, class_id, limit, before)]


@router.get("/market/{class_ref}/ticker")
def ticker(request: Request, class_id: ListedClass) -> TickerOut:
    """Last price, best bid and ask, the last 24 hours."""
    now = clock_of(request).now()
    view = market_of(request).sequencer.ask(BookQuestion(class_id, 1))
    with database_of(request).read() as session:
        return TickerOut.of(class_id, view, day_view(session, class_id, now), now)


@router.post("/orders/numbers", status_code=201)
def lease_numbers(request: Request, account: Trader, body: NumbersBody) -> NumbersOut:
    """Order numbers for the signed-in account: each order needs one, and only this account may use them."""
    return NumbersOut.of(market_of(request).lease_numbers(account, body.count))


@router.get("/orders")
def my_orders(
    request: Request,
    account: Reader,
    only_open: Annotated[bool, Query(alias="onlyOpen")] = False,
    limit: PageLimit = 100,
    after: PageAfter = 0,
) -> list[OrderOut]:
    """The signed-in account's orders, oldest first; `after` is the last sequence already seen."""
    with database_of(request).read() as session:
        rows = orders_of(session, account, only_open=only_open, limit=limit, after=after)
        return [OrderOut.model_validate(OrderOut.fields_of(row)) for row in rows]


@router.get("/orders/{order_hash}")
def one_order(request: Request, order_hash: HexBytes32) -> OrderWithTradesOut:
    """One order and its trades, for whoever knows its hash: its maker, until a fill publishes it on the chain."""
    with database_of(request).read() as session:
        row = order_with_hash(session, order_hash)
        trades_out = tuple(TradeOut.of(trade) for trade in trades_of_order(session, row.id))
        return OrderWithTradesOut.model_validate(OrderOut.fields_of(row) | {"trades": trades_out})
