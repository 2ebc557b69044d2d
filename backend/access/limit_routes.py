"""`GET /limits`: what may be asked how often, so that a program can keep to it instead of finding out."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.limits import BURST_S, COSTS, OTHER_COST, READ_COST
from backend.access.pressure import AT_ONCE_MAX
from backend.access.state import limits_of
from backend.access.wire import Wire

router = APIRouter(tags=["service"])


class CostOut(Wire):
    """The points of one request."""

    method: str
    path: str
    points: int


class LimitsOut(Wire):
    """Points an address, and an account, gets a second, up to `burstS` seconds' worth at once; null: no limit here.

    A request takes its points from its address, and from its account once it is proven whose it is. Too few: 429 with
    Retry-After in seconds. `costs` names what is dearer or cheaper than `readPoints` and `otherPoints`.
    """

    address_points_per_s: int | None
    account_points_per_s: int | None
    burst_s: int
    at_once_max: int
    read_points: int
    other_points: int
    costs: tuple[CostOut, ...]


@router.get("/limits")
def limits(request: Request) -> LimitsOut:
    """How often one address and one account may ask, and what each request costs."""
    found = limits_of(request)
    return LimitsOut(
        address_points_per_s=None if found is None else found.addresses.points_per_s,
        account_points_per_s=None if found is None else found.accounts.points_per_s,
        burst_s=BURST_S,
        at_once_max=AT_ONCE_MAX,
        read_points=READ_COST,
        other_points=OTHER_COST,
        costs=tuple(CostOut(method=method, path=path, points=points) for (method, path), points in COSTS.items()),
    )
