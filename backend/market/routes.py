"""What every route of the market asks, and the numbers that orders come under, over HTTP."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request

from backend.access.authority import Trader
from backend.access.state import database_of
from backend.market.listing import class_of, rules_of
from backend.market.service import Market
from backend.market.views import NumbersBody, NumbersOut

router = APIRouter(tags=["market"])


def market_of(request: Request) -> Market:
    """The market (`state.market`)."""
    return cast(Market, request.app.state.market)


ClassRef = Annotated[str, Path(description="A class: its decimal id, or its code with `~` for `/`: `CN-SC~2025~SIM`.")]


def listed_class(request: Request, class_ref: ClassRef) -> int:
    """FastAPI dependency: the class id of a path such as `CN-SC~2025~SIM`. Raises ClassUnknown."""
    class_id = class_of(class_ref)
    with database_of(request).read() as session:
        return rules_of(session, class_id).class_id


ListedClass = Annotated[int, Depends(listed_class)]


@router.post("/orders/numbers", status_code=201)
def lease_numbers(request: Request, account: Trader, body: NumbersBody) -> NumbersOut:
    """Order numbers for the signed-in account: each order needs one, and only this account may use them."""
    return NumbersOut.of(market_of(request).lease_numbers(account, body.count))
