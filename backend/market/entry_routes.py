"""Orders on their way in, over HTTP. An order needs no session: its signature is the authority."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.market.lean_route import LeanOrderRoute
from backend.market.routes import market_of
from backend.market.views import AckOut, OrderBody

router = APIRouter(tags=["market"], route_class=LeanOrderRoute)


@router.post("/orders", status_code=201)
def place_an_order(request: Request, body: OrderBody) -> AckOut:
    """Places a signed order. The answer comes once the order is durable; the same order again gets the same answer."""
    return AckOut.of(market_of(request).place(body.order(), body.signature))
