"""`POST /faucet`: test money, on the local chain."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Wire
from backend.market.cancel_routes import contracts_of
from backend.market.faucet import ask_faucet

router = APIRouter(tags=["market"])


class FaucetBody(Wire):
    """Who wants test money."""

    account: AddressText


class FaucetOut(Wire):
    """Today's grant, in payment-token base units. `state`: new, signed (sent), mined, confirmed or reverted."""

    account: AddressText
    amount: Amount
    state: str
    tx_hash: HexBytes32 | None


@router.post("/faucet", status_code=202)
def test_money(request: Request, body: FaucetBody) -> FaucetOut:
    """Sends an account payment tokens of the local chain, once a day (UTC); again tells where they are."""
    with database_of(request).write() as session:
        grant = ask_faucet(session, contracts_of(request), body.account, clock_of(request).now())
    return FaucetOut(account=grant.account, amount=grant.amount, state=grant.state, tx_hash=grant.tx_hash)
