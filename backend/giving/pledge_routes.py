"""Pledges and refund wallets over HTTP. What is signed needs no session: the signature says whose it is."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.giving.bodies import RelayOut
from backend.giving.pledge_bodies import PledgeBody, PledgeOut, RefundToBody, WithdrawalBody
from backend.giving.pledging import keep_pledge, pledges_of, relay_withdrawal, signed_pledge
from backend.giving.refund import relay_refund_to
from backend.giving.relaying import relayed
from backend.giving.routes import contracts_of
from backend.link.node import Node

router = APIRouter(tags=["giving"])

Account = Annotated[str, Depends(signed_in)]


@router.post("/pledges", status_code=201)
def pledge(request: Request, body: PledgeBody) -> PledgeOut:
    """Keeps a signed `Pledge`: a share of what its donor sells, or all that is left, goes to a campaign by itself, at
    most once a day and up to its maximum. The Charity contract must be approved for a draw to succeed.
    """
    contracts, promised, now = contracts_of(request), body.pledge(), clock_of(request).now()
    signature = signed_pledge(contracts, promised, body.signature, Node(contracts.w3).wallet_accepts)
    with database_of(request).write() as session:
        return PledgeOut.of(keep_pledge(session, promised, signature, now))


@router.get("/pledges")
def my_pledges(request: Request, account: Account) -> list[PledgeOut]:
    """The signed-in account's pledges, newest first, and how each stands."""
    with database_of(request).read() as session:
        return [PledgeOut.of(view) for view in pledges_of(session, account, clock_of(request).now())]


@router.post("/pledges/withdrawals", status_code=202)
def withdraw_pledge(request: Request, body: WithdrawalBody) -> RelayOut:
    """Relays a signed `UseNumber` for the Charity contract: it ends the pledge under that number for ever. At any time;
    what was drawn before stays given.
    """
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return RelayOut.of(
        relayed(
            request,
            body.signature,
            lambda session, signature: relay_withdrawal(session, contracts, act, signature, now),
        )
    )


@router.post("/refund-wallets", status_code=202)
def direct_refunds(request: Request, body: RefundToBody) -> RelayOut:
    """Relays a signed `RefundTo`: refunds of a donor's gifts go to another wallet of its from now on, such as the one
    it has after changing keys. The zero address: to the donor itself again.
    """
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return RelayOut.of(
        relayed(
            request,
            body.signature,
            lambda session, signature: relay_refund_to(session, contracts, act, signature, now),
        )
    )
