"""A class's rules, phase and auction over HTTP: everybody reads them, the operator sets them."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from backend.access.etag import tagged
from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.kernel.errors import Forbidden
from backend.market.governing import GoingOn, SettingReference, SettingRules, Stopping
from backend.market.governing_views import AuctionOut, GovernedOut, MarketOut, PhaseBody, ReferenceBody, RulesFields
from backend.market.listing import class_of, rules_of
from backend.market.routes import market_of
from backend.market.rules import ClassRules

router = APIRouter(tags=["market"])


class NotTheOperator(Forbidden):
    """Only the operator of the market governs its classes."""

    code = "market.not_the_operator"

    def __init__(self, account: str) -> None:
        super().__init__(f"{account} does not operate this market", account=account)


def class_rules(request: Request, class_ref: str) -> ClassRules:
    """FastAPI dependency: the rules of the class in a path. Raises ClassUnknown."""
    with database_of(request).read() as session:
        return rules_of(session, class_of(class_ref))


def operator(request: Request, account: Annotated[str, Depends(signed_in)]) -> str:
    """FastAPI dependency: the signed-in operator. Raises NotSignedIn, NotTheOperator."""
    if account != cast(Signer, request.app.state.operator).address:
        raise NotTheOperator(account)
    return account


Rules = Annotated[ClassRules, Depends(class_rules)]
Operator = Annotated[str, Depends(operator)]


@router.get("/market/{class_ref}/rules", response_model=MarketOut)
def read_rules(request: Request, rules: Rules) -> Response:
    """A class's rules, the phase it is in, its reference price and band, its next call."""
    now_s = unix_s(clock_of(request).now())
    found = market_of(request).sequencer.ask(lambda engine, sequence: MarketOut.of(rules, engine, sequence, now_s))
    return tagged(request, found)


@router.get("/market/{class_ref}/auction", response_model=AuctionOut)
def read_auction(request: Request, rules: Rules) -> Response:
    """What a call auction of the class would do now: price, lots, imbalance."""
    found = market_of(request).sequencer.ask(lambda engine, sequence: AuctionOut.of(rules, engine, sequence))
    return tagged(request, found)


@router.put("/market/{class_ref}/rules")
def set_rules(request: Request, _operator: Operator, rules: Rules, body: RulesFields) -> GovernedOut:
    """The operator gives a class other rules; orders that stand stay."""
    changed = body.rules(rules.class_id)
    return GovernedOut(sequence=market_of(request).sequencer.call(SettingRules(changed)))


@router.put("/market/{class_ref}/reference")
def set_reference(request: Request, _operator: Operator, rules: Rules, body: ReferenceBody) -> GovernedOut:
    """The operator sets a class's reference price: the first one begins the price band."""
    return GovernedOut(sequence=market_of(request).sequencer.call(SettingReference(rules, body.price_per_kg)))


@router.put("/market/{class_ref}/phase")
def set_phase(request: Request, _operator: Operator, rules: Rules, body: PhaseBody) -> GovernedOut:
    """The operator stops a class, or lets it go on through a call."""
    command = GoingOn(rules) if body.phase is None else Stopping(rules.class_id, body.phase)
    return GovernedOut(sequence=market_of(request).sequencer.call(command))
