"""A class's rules, phase and auction over HTTP: everybody reads them, the operator sets them."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.etag import tagged
from backend.access.page import Page, PageCursor, key_of, page_of
from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import PageLimit
from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.kernel.errors import Forbidden
from backend.market.governing import Act, GoingOn, SettingReference, SettingRules, Stopping, Word, history
from backend.market.governing_views import (
    ActOut,
    AuctionOut,
    ChangeOut,
    GovernedOut,
    MarketOut,
    PhaseBody,
    ReferenceBody,
    RulesBody,
)
from backend.market.listing import class_of, rules_of
from backend.market.measuring import days_of
from backend.market.routes import ClassRef, market_of
from backend.market.rules import ClassRules
from backend.market.spread_views import SpreadOut

router = APIRouter(tags=["market"])


class NotTheOperator(Forbidden):
    """Only the operator of the market governs its classes."""

    code = "market.not_the_operator"

    def __init__(self, account: str) -> None:
        super().__init__(f"{account} does not operate this market", account=account)


def class_rules(request: Request, class_ref: ClassRef) -> ClassRules:
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
DryRun = Annotated[bool, Query(alias="dryRun", description="Only say what would change, and whether it may be done.")]


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


@router.get("/market/{class_ref}/spread")
def read_spread(request: Request, rules: Rules, limit: PageLimit = 20) -> SpreadOut:
    """How far apart buyers and sellers of the class stood on its trading days, and by which rule that earns it a mode.
    A class whose mode is pinned is not measured.
    """
    with database_of(request).read() as session:
        days = days_of(session, rules.class_id, limit)
    return market_of(request).sequencer.ask(lambda engine, sequence: SpreadOut.of(rules, engine, sequence, days))


@router.get("/market/{class_ref}/governance")
def read_history(request: Request, rules: Rules, limit: PageLimit = 50, cursor: PageCursor = None) -> Page[ActOut]:
    """Every change of the class's rules, reference price and phase that governance made or its spread earned, newest
    first: who, why, and what was before.
    """
    before = key_of("governance", cursor, 1)
    with database_of(request).read() as session:
        acts = history(session, rules.class_id, limit + 1, None if before is None else before[0])
    return page_of("governance", acts, limit, ActOut.of, lambda act: (act.sequence,))


@router.put("/market/{class_ref}/rules")
def set_rules(
    request: Request, account: Operator, rules: Rules, body: RulesBody, *, dry_run: DryRun = False
) -> GovernedOut:
    """The operator gives a class other rules; orders that stand stay."""
    act = SettingRules(body.rules(rules.class_id), Word(account, body.why))
    return _governed(request, act, dry_run=dry_run)


@router.put("/market/{class_ref}/reference")
def set_reference(
    request: Request, account: Operator, rules: Rules, body: ReferenceBody, *, dry_run: DryRun = False
) -> GovernedOut:
    """The operator sets a class's reference price: the first one begins the price band."""
    act = SettingReference(rules, body.price_per_kg, Word(account, body.why))
    return _governed(request, act, dry_run=dry_run)


@router.put("/market/{class_ref}/phase")
def set_phase(
    request: Request, account: Operator, rules: Rules, body: PhaseBody, *, dry_run: DryRun = False
) -> GovernedOut:
    """The operator stops a class, or lets it go on through a call."""
    word = Word(account, body.why)
    act = GoingOn(rules, word) if body.phase is None else Stopping(rules, body.phase, word)
    return _governed(request, act, dry_run=dry_run)


def _governed(request: Request, act: Act, *, dry_run: bool) -> GovernedOut:
    sequencer = market_of(request).sequencer
    if dry_run:
        return GovernedOut(sequence=None, changes=ChangeOut.all_of(sequencer.call(act.changes)))
    done = sequencer.call(act)
    return GovernedOut(sequence=done.sequence, changes=ChangeOut.all_of(done.changes))
