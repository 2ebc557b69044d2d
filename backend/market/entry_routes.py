"""Orders on their way in, over HTTP. An order needs no session: its signature is the authority. A plan needs one, since
it hands out order numbers.
"""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.authority import Reader, Trader
from backend.access.state import database_of
from backend.access.wire import HexBytes32
from backend.kernel.errors import TanyuError
from backend.market.batch_views import OrderBatchBody, OrderOutcomeOut
from backend.market.buy_plan_views import BoughtOut, BuyBody, BuyPlanOut, Reference
from backend.market.fast_orders import placed
from backend.market.planning import orders_under
from backend.market.routes import market_of
from backend.market.service import Ack
from backend.market.tape import trades_of_order
from backend.market.validate_views import VerdictOut
from backend.market.views import AckOut, OrderBody, OrderDraft

router = APIRouter(tags=["market"])


@router.post("/orders", status_code=201)
def place_an_order(request: Request, body: OrderBody) -> AckOut:
    """Places a signed order. The answer comes once the order is durable; the same order again gets the same answer.

    An `ioc` or `fok` that finds nothing is accepted too: its `outcome` says what became of it.
    """
    return AckOut.of(market_of(request).place(body.order(), body.signature, body.instructions()))


@router.post("/orders/{order_hash}/replace", status_code=201)
def replace_an_order(request: Request, order_hash: HexBytes32, body: OrderBody) -> AckOut:
    """Puts a signed order in the place of an open one of the same maker, number, class and side, of which nothing was
    matched: only one of the two can ever fill. It keeps the place in the queue if it asks for no more lots at the same
    price. The same again gets the same answer.
    """
    return AckOut.of(market_of(request).replace(order_hash, body.order(), body.signature, body.instructions()))


@router.post("/orders/batch")
async def place_some(request: Request, body: OrderBatchBody) -> list[OrderOutcomeOut]:
    """Places several signed orders, in this order; each has its own outcome. They share a commit, not a fate."""
    market = market_of(request)
    answers = [
        asyncio.ensure_future(placed(market, each.order(), each.signature, each.instructions())) for each in body.orders
    ]
    found: list[Ack | TanyuError] = []
    for answer in answers:
        try:
            found.append(await answer)
        except TanyuError as refusal:
            found.append(refusal)
    return [OrderOutcomeOut.of(each) for each in found]


@router.post("/orders/validate")
def validate_an_order(request: Request, body: OrderBody) -> VerdictOut:
    """Says whether a signed order would be accepted now, why not, and what of it would be filled at once. The code is
    that of placing it; nothing is written, and the next order may change the answer.
    """
    return VerdictOut.of(market_of(request).validate(body.order(), body.signature, body.instructions()))


@router.post("/orders/preview")
def preview_an_order(request: Request, account: Reader, body: OrderDraft) -> VerdictOut:
    """Says the same of an order of the account's own that is not signed yet: so a page shows what would come of it
    before it asks for a signature.
    """
    return VerdictOut.of(market_of(request).preview(account, body.order(), body.instructions()))


@router.post("/orders/plan")
def plan_a_buy(request: Request, account: Trader, body: BuyBody) -> BuyPlanOut:
    """Plans a buy over all classes that meet criteria: the best offers of their books together, as one order a class
    that cannot wait. Each comes with a number, ready to be signed. Nothing is placed, and the next order may change
    what stands.
    """
    market = market_of(request)
    wish = body.wish(market.door.owner_of(account))
    return BuyPlanOut.of(market.plan_buy(account, body.specimen(account), wish, body.reference))


@router.get("/orders/plan/{reference}")
def what_was_bought(request: Request, account: Reader, reference: Reference) -> BoughtOut:
    """What became of a plan: the account's orders under its reference, their trades and sums."""
    with database_of(request).read() as session:
        orders = orders_under(session, account, reference)
        return BoughtOut.of(reference, [(row, trades_of_order(session, row.id)) for row in orders])
