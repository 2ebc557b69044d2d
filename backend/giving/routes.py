"""Giving over HTTP. Signed acts need no session: the signature says whose they are. Own history does."""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query
from sqlmodel import Session
from starlette.requests import HTTPConnection, Request

from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, PageLimit
from backend.chain.contracts import Contracts
from backend.giving.approval import OPERATORS, relay_approval, relay_permit
from backend.giving.bodies import (
    ApproveBody,
    CreditApprovalsOut,
    DonateBody,
    NumberUseBody,
    PaymentApprovalOut,
    PermitBody,
    ReceiptOut,
    RelayOut,
    RetireBody,
    SignedBody,
    TransferBody,
)
from backend.giving.donation import relay_donation
from backend.giving.history import gifts_of, retirements_of
from backend.giving.number_use import relay_number_use
from backend.giving.receipt import receipt_at, receipt_of
from backend.giving.relay import Relayed, relays_of
from backend.giving.relaying import accepted, relayed
from backend.giving.retirement import receipt_digest, relay_retirement
from backend.giving.transfer import relay_transfer
from backend.link.balances import credit_approved
from backend.link.node import translated

router = APIRouter(tags=["giving"])

Account = Annotated[str, Depends(signed_in)]


def contracts_of(connection: HTTPConnection) -> Contracts:
    """The deployed contracts (`state.contracts`)."""
    return cast(Contracts, connection.app.state.contracts)


@router.post("/retirements", status_code=202)
def retire(request: Request, body: RetireBody) -> RelayOut:
    """Relays a signed `Retire` message: the credits are gone for ever once the chain has it. Sent once, however often
    posted. With `receiptSignature` the account is issued a receipt that cannot be moved, in the same transaction.
    """
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    asked = body.receipt_signature
    kept = None if asked is None else accepted(request, act.account, receipt_digest(contracts, act), asked)
    return _relayed(
        request,
        body,
        lambda session, signature: relay_retirement(session, contracts, act, signature, now, receipt_signature=kept),
    )


@router.post("/donations", status_code=202)
def donate(request: Request, body: DonateBody) -> RelayOut:
    """Relays a signed `Donate` message to a campaign. The Charity contract must have been approved before."""
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return _relayed(request, body, lambda session, signature: relay_donation(session, contracts, act, signature, now))


@router.post("/approvals", status_code=202)
def approve(request: Request, body: ApproveBody) -> RelayOut:
    """Relays a signed `Approve` message: lets the Exchange or the Charity contract move credits, or takes that back."""
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return _relayed(request, body, lambda session, signature: relay_approval(session, contracts, act, signature, now))


@router.post("/approvals/payment", status_code=202)
def permit(request: Request, body: PermitBody) -> RelayOut:
    """Relays a signed EIP-2612 permit: lets the Exchange take payment tokens, up to `value`."""
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return _relayed(request, body, lambda session, signature: relay_permit(session, contracts, act, signature, now))


@router.post("/transfers", status_code=202)
def transfer(request: Request, body: TransferBody) -> RelayOut:
    """Relays a signed `Transfer` message: the credits are another account's once the chain has it."""
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return _relayed(request, body, lambda session, signature: relay_transfer(session, contracts, act, signature, now))


@router.post("/numbers/used", status_code=202)
def use_a_number(request: Request, body: NumberUseBody) -> RelayOut:
    """Relays a signed `UseNumber` message: nothing that was signed under that number can be used any more. Orders have
    numbers of their own: `POST /orders/cancel`.
    """
    act, contracts, now = body.act(), contracts_of(request), clock_of(request).now()
    return _relayed(request, body, lambda session, signature: relay_number_use(session, contracts, act, signature, now))


def _relayed(request: Request, body: SignedBody, relay: Callable[[Session, bytes], Relayed]) -> RelayOut:
    return RelayOut.of(relayed(request, body.signature, relay))


@router.get("/approvals/payment")
def payment_approval(request: Request, account: Annotated[AddressText, Query()]) -> PaymentApprovalOut:
    """What the Exchange may take of an account's payment tokens, and the nonce of its next permit, as the chain has
    them. Raises NodeUnavailable.
    """
    contracts = contracts_of(request)
    token, exchange = contracts.payment.functions, contracts.deployment.address("Exchange")
    with translated():
        allowed, nonce = token.allowance(account, exchange).call(), token.nonces(account).call()
    return PaymentApprovalOut(allowed=allowed, nonce=nonce)


@router.get("/approvals")
def credit_approvals(request: Request, account: Annotated[AddressText, Query()]) -> CreditApprovalsOut:
    """Which of our contracts an account has let move its credits. All of this is public on the chain."""
    address = contracts_of(request).deployment.address
    with database_of(request).read() as session:
        exchange, charity = (credit_approved(session, account, address(name)) for name in OPERATORS)
    return CreditApprovalsOut(exchange=exchange, charity=charity)


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
