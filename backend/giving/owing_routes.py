"""What a person owes and how it could be settled; what was retired for it. Private to the account."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.giving.owing import owed_by
from backend.giving.owing_bodies import OwedOut, RetiredOut
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.link.balances import credit_holdings
from backend.market.routes import market_of

router = APIRouter(tags=["giving"])


@router.get("/deficits")
def deficits(request: Request, account: SignedIn, ward: OnBehalf = None) -> list[OwedOut]:
    """What is owed, by when, what settled it, and three ways to settle the rest: own credits, what the book asks for
    them now, and aid.
    """
    fee_bps, now = market_of(request).fee_bps, clock_of(request).now()
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        found = owed_by(session, books_of(request), person, account=account, now=now, fee_bps=fee_bps)
        return [OwedOut.of(owed) for owed in found]


@router.get("/retired")
def retired(request: Request, account: SignedIn, ward: OnBehalf = None) -> RetiredOut:
    """The running balance of what was retired for the account, as the chain counts it (`retiredOf`)."""
    with database_of(request).read() as session:
        address = acting(session, request, account, ward).address if ward else account
        return RetiredOut.of(address, credit_holdings(session, address))
