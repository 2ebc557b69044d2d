"""Cancelling over HTTP: by a signature, which needs no session; or by who is signed in, or holds a key that cancels."""

from typing import Annotated, cast

from fastapi import APIRouter, Query
from starlette.requests import HTTPConnection, Request

from backend.access.authority import Canceller
from backend.access.state import database_of
from backend.access.wire import HexBytes32
from backend.chain.contracts import Contracts
from backend.market.cancel_views import (
    CancelAllBody,
    CancelBatchBody,
    CancelBody,
    CancelledAllOut,
    CancelledEpochOut,
    CancelledOut,
    CancelOutcomeOut,
    HeartbeatBody,
    HeartbeatOut,
)
from backend.market.listing import class_of, rules_of
from backend.market.routes import market_of

router = APIRouter(tags=["market"])


def contracts_of(connection: HTTPConnection) -> Contracts:
    """The deployed contracts (`state.contracts`)."""
    return cast(Contracts, connection.app.state.contracts)


@router.post("/orders/cancel")
def cancel_by_signature(request: Request, body: CancelBody) -> CancelledOut:
    """Takes the order under a number off the book by its maker's signed `Cancel`; no session is needed.

    With `hard` the chain is told too, at no cost to the maker: from then on nobody can settle the order. Ask again to
    see where that stands. A fill that the chain has already stands.
    """
    market = market_of(request)
    if body.hard:
        return CancelledOut.of(*market.cancel_hard(contracts_of(request), body.cancel()))
    return CancelledOut.of(market.cancel_signed(body.maker, body.number, body.deadline, body.signature))


@router.post("/orders/cancel/epoch")
def cancel_an_epoch(request: Request, body: CancelAllBody) -> CancelledEpochOut:
    """Takes every order of a maker's epoch off the book and tells the chain, by the maker's signed `CancelAll`:
    whatever was signed under it can never be settled then, wherever it is. No session is needed. Ask again to see where
    it stands.
    """
    return CancelledEpochOut.of(*market_of(request).cancel_epoch(contracts_of(request), body.cancel()))


@router.post("/orders/cancel/batch")
def cancel_some(request: Request, account: Canceller, body: CancelBatchBody) -> list[CancelOutcomeOut]:
    """Takes several orders off the book; each has its own outcome, in the order asked."""
    found = market_of(request).cancel_each(account, body.order_hashes)
    return [CancelOutcomeOut.of(*each) for each in zip(body.order_hashes, found, strict=True)]


@router.delete("/orders")
def cancel_all(
    request: Request,
    account: Canceller,
    class_ref: Annotated[str | None, Query(alias="class", description="Only of this class: its code or id.")] = None,
) -> CancelledAllOut:
    """Takes every open order of the account off the book, in one class if it is named, at once. Raises ClassUnknown."""
    class_id = None
    if class_ref is not None:
        with database_of(request).read() as session:
            class_id = rules_of(session, class_of(class_ref)).class_id
    return CancelledAllOut.of(market_of(request).cancel_all(account, class_id))


@router.post("/orders/heartbeat")
def beat(request: Request, account: Canceller, body: HeartbeatBody) -> HeartbeatOut:
    """Says that the account is there: unless it says so again within `seconds`, all its open orders are cancelled. 0
    switches that off.
    """
    return HeartbeatOut.of(market_of(request).beat(account, body.seconds))


@router.delete("/orders/{order_hash}")
def cancel_an_order(request: Request, account: Canceller, order_hash: HexBytes32) -> CancelledOut:
    """Takes an order of the account off the book. A trade already matched stands."""
    return CancelledOut.of(market_of(request).cancel(account, order_hash))
