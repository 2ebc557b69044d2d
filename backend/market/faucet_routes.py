"""`POST /faucet`: test money, on the local chain."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.market.cancel_routes import contracts_of
from backend.market.faucet import ask_faucet

router = APIRouter(tags=["market"])


class FaucetBody(Wire):
    """Who wants test money."""

    account: AddressText


class FaucetOut(Wire):
    """Today's grant, in payment-token base units. `state`: new, signed (sent), mined, confirmed or reverted. `isNew`:
    whether this request is the one that asked for it; from `nextAt` on there is more.
    """

    account: AddressText
    amount: Amount
    state: str
    tx_hash: HexBytes32 | None
    is_new: bool
    asked_at: Iso
    next_at: Iso


@router.post("/faucet", status_code=202)
def test_money(request: Request, body: FaucetBody) -> FaucetOut:
    """Sends an account payment tokens of the local chain, once a day (UTC); again tells where they are."""
    with database_of(request).write() as session:
        grant = ask_faucet(session, contracts_of(request), body.account, clock_of(request).now())
    return FaucetOut.model_validate({name: getattr(grant, name) for name in FaucetOut.model_fields})
