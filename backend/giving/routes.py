"""Giving over HTTP. Signed acts need no session: the signature says whose they are. Own history does."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path
from starlette.requests import HTTPConnection, Request

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import PageLimit
from backend.chain.contracts import Contracts
from backend.giving.approval import relay_approval, relay_permit
from backend.giving.bodies import (
    ApproveBody,
    DonateBody,
    PermitBody,
    ReceiptOut,
    RelayOut,
    RetireBody,
)
from backend.giving.donation import relay_donation
from backend.giving.history import gifts_of, retirements_of
from backend.giving.receipt import receipt_at, receipt_of
from backend.giving.relay import relays_of
from backend.giving.retirement import relay_retirement

router = APIRouter(tags=["giving"])

Account = Annotated[str, Depends(signed_in)]


def contracts_of(connection: HTTPConnection) -> Contracts:
    """The deployed contracts (`state.contracts`)."""
    return cast(Contracts, connection.app.state.contracts)


@router.post("/retirements", status_code=202)
def retire(request: Request, body: RetireBody) -> RelayOut:
    """Relays a signed `Retire` message: the credits are gone for ever once the chain has it. Sent once, however often
    posted.
    """
    with database_of(request).write() as session:
        contracts, now = contracts_of(request), clock_of(request).now()
        return RelayOut.of(relay_retirement(session, contracts, body.act(), body.signature, now))


@router.post("/donations", status_code=202)
def donate(request: Request, body: DonateBody) -> RelayOut:
    """Relays a signed `Donate` message to a campaign. The Charity contract must have been approved before."""
    with database_of(request).write() as session:
        contracts, now = contracts_of(request), clock_of(request).now()
        return RelayOut.of(relay_donation(session, contracts, body.act(), body.signature, now))


@router.post("/approvals", status_code=202)
def approve(request: Request, body: ApproveBody) -> RelayOut:
    """Relays a signed `Approve` message: lets the Exchange or the Charity contract move credits, or takes that back."""
    with database_of(request).write() as session:
        contracts, now = contracts_of(request), clock_of(request).now()
        return RelayOut.of(relay_approval(session, contracts, body.act(), body.signature, now))


@router.post("/approvals/payment", status_code=202)
def permit(request: Request, body: PermitBody) -> RelayOut:
    """Relays a signed EIP-2612 permit: lets the Exchange take payment tokens, up to `value`."""
    with database_of(request).write() as session:
        contracts, now = contracts_of(request), clock_of(request).now()
        return RelayOut.of(relay_permit(session, contracts, body.act(), body.signature, now))


@router.get("/relays")
def my_relays(request: Request, account: Account, limit: PageLimit = 50) -> list[RelayOut]:
    """The signed-in account's acts that were relayed here, newest first, and where each stands."""
    with database_of(request).read() as session:
        return [RelayOut.of(relayed) for relayed in relays_of(session, account, limit)]


@router.get("/retirements")
def my_retirements(request: Request, account: Account, limit: PageLimit = 50) -> list[ReceiptOut]:
    """What the signed-in account retired, and what was retired for it; newest first."""
    with database_of(request).read() as session:
        return [ReceiptOut.of(receipt_of(session, row)) for row in retirements_of(session, account, limit)]


@router.get("/donations")
def my_donations(request: Request, account: Account, limit: PageLimit = 50) -> list[ReceiptOut]:
    """What the signed-in account gave, and what it got back; newest first."""
    with database_of(request).read() as session:
        return [ReceiptOut.of(receipt_of(session, row)) for row in gifts_of(session, account, limit)]


@router.get("/receipts/{receiptId}")
def receipt(request: Request, receipt_id: Annotated[str, Path(alias="receiptId")]) -> ReceiptOut:
    """A receipt by its id, `<transaction hash>-<log index>`: recomputed from the chain's events each time."""
    with database_of(request).read() as session:
        return ReceiptOut.of(receipt_at(session, receipt_id))
