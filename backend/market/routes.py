"""The market over HTTP. An order needs no session: its signature is the authority."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends
from starlette.requests import Request

from backend.access.session import signed_in
from backend.access.state import database_of
from backend.access.wire import HexBytes32
from backend.market.listing import class_of, rules_of
from backend.market.service import Market
from backend.market.views import (
    AckOut,
    CancelBody,
    CancelledOut,
    NumbersBody,
    NumbersOut,
    OrderBody,
)

router = APIRouter(tags=["market"])


def market_of(request: Request) -> Market:
    """The market (`state.market`)."""
    return cast(Market, request.app.state.market)


def listed_class(request: Request, class_ref: str) -> int:
    """FastAPI dependency: the class id of a path such as `CN-SC~2025~SIM`. Raises ClassUnknown."""
    class_id = class_of(class_ref)
    with database_of(request).read() as session:
        return rules_of(session, class_id).class_id


ListedClass = Annotated[int, Depends(listed_class)]
SignedIn = Annotated[str, Depends(signed_in)]


@router.post("/orders/numbers", status_code=201)
def lease_numbers(request: Request, account: SignedIn, body: NumbersBody) -> NumbersOut:
    """Order numbers for the signed-in account: each order needs one, and only this account may use them."""
    return NumbersOut.of(market_of(request).lease_numbers(account, body.count))


@router.post("/orders", status_code=201)
def place_an_order(request: Request, body: OrderBody) -> AckOut:
    """Places a signed order. The answer comes once the order is durable; the same order again gets the same answer."""
    return AckOut.of(market_of(request).place(body.order(), body.signature))


@router.post("/orders/cancel")
def cancel_by_signature(request: Request, body: CancelBody) -> CancelledOut:
    """Takes the order under a number off the book by its maker's signed `Cancel`; no session is needed."""
    return CancelledOut.of(market_of(request).cancel_signed(body.maker, body.number, body.deadline, body.signature))


@router.delete("/orders/{order_hash}")
def cancel_an_order(request: Request, account: SignedIn, order_hash: HexBytes32) -> CancelledOut:
    """Takes an order of the signed-in account off the book. A trade already matched stands."""
    return CancelledOut.of(market_of(request).cancel(account, order_hash))
