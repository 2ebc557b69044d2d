"""The life of an account over HTTP: what to know first, another key, another region, growing up, the end."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import AddressText, Iso, SignatureText, Wire
from backend.ledger.address import addresses_of
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.ending import leave, report_death
from backend.ledger.hand_over import HandOver, ask_hand_over, complete_hand_over, withdraw_hand_over
from backend.ledger.notice_out import NoticeOut, notices_out
from backend.ledger.notices import NOTICES
from backend.ledger.person import Person
from backend.ledger.residence import move, residences_of
from backend.ledger.rotation import rotate, rotation_text

router = APIRouter(tags=["accounts"])

AccountPath = Annotated[AddressText, Path(description="The account's present address.")]


class RotationTextOut(Wire):
    """The text that the old and the new key both sign as a personal message (EIP-191)."""

    text: str


class RotationBody(Wire):
    """`signature` by the account's key and `newSignature` by the new one, both of the text of these fields."""

    account: AddressText
    new_address: AddressText
    signed_at: Iso
    signature: SignatureText
    new_signature: SignatureText


class MoveBody(Wire):
    """The new region and the first day in it: within the last 31 days, in this year."""

    region: str
    since_on: date


class LeaveBody(Wire):
    """The last day: within the last 31 days, in this year."""

    on: date


class DeathBody(Wire):
    """`identity` is the issuer's proof of the person who died; `on` its last day."""

    identity: str
    on: date


class HandOverBody(Wire):
    """`identity` is the issuer's proof of who grew up. The signed-in key takes over."""

    identity: str


class HandOverOut(Wire):
    """A hand-over that waits until `effectiveAt`; then `newAddress` completes it."""

    new_address: AddressText
    asked_at: Iso
    effective_at: Iso


class ResidenceOut(Wire):
    """A region from a day on."""

    region: str
    since_on: date


class LifeOut(Wire):
    """Where an account stands after such an act."""

    address: AddressText
    addresses: list[AddressText]
    """Every address it has or had, the present one last."""
    region: str
    residences: list[ResidenceOut]
    guardian: AddressText | None
    left_on: date | None


def _life(request: Request, person: Person) -> LifeOut:
    with database_of(request).read() as session:
        residences = residences_of(session, person.person_id)
        addresses = addresses_of(session, person.person_id)
    return LifeOut(
        address=person.address,
        addresses=addresses,
        region=person.region,
        residences=[ResidenceOut(region=one.region, since_on=one.since_on) for one in residences],
        guardian=person.guardian,
        left_on=person.left_on,
    )


def _waiting(waits: HandOver) -> HandOverOut:
    return HandOverOut(new_address=waits.new_address, asked_at=waits.asked_at, effective_at=waits.effective_at)


@router.get("/accounts/notices")
def what_to_know_first() -> list[NoticeOut]:
    """What a person is told before it signs up."""
    return notices_out(NOTICES)


@router.get("/accounts/me/life")
def see_your_life(request: Request, account: SignedIn, ward: OnBehalf = None) -> LifeOut:
    """The addresses and regions of the signed-in account, or of its ward, over time."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
    return _life(request, person)


@router.get("/accounts/rotations/text")
def text_of_a_rotation(
    request: Request,
    account: AddressText,
    new_address: Annotated[AddressText, Query(alias="newAddress")],
    signed_at: Annotated[Iso, Query(alias="signedAt")],
) -> RotationTextOut:
    """The text to sign for a new key. Good for an hour."""
    chain_id = deployment_of(request).chain_id
    return RotationTextOut(
        text=rotation_text(account=account, new_address=new_address, chain_id=chain_id, signed_at=signed_at)
    )


@router.post("/accounts/rotations", status_code=201)
def rotate_a_key(request: Request, body: RotationBody) -> LifeOut:
    """Moves an account to a new key at once. Needs no session: both keys signed. Credits stay where they are."""
    with database_of(request).write() as session:
        person = rotate(
            session,
            account=body.account,
            new_address=body.new_address,
            chain_id=deployment_of(request).chain_id,
            signed_at=body.signed_at,
            signature=body.signature,
            new_signature=body.new_signature,
            at=clock_of(request).now(),
        )
    return _life(request, person)


@router.post("/accounts/me/moves", status_code=201)
def move_to_a_region(request: Request, account: SignedIn, body: MoveBody, ward: OnBehalf = None) -> LifeOut:
    """The account belongs to another region from a day on. The year's statement is of the region of 31 December."""
    with database_of(request).write() as session:
        own = acting(session, request, account, ward)
        now = clock_of(request).now()
        person = move(session, own.person_id, region=body.region, since_on=body.since_on, at=now)
    return _life(request, person)


@router.post("/accounts/me/leaving", status_code=201)
def leave_tanyu(request: Request, account: SignedIn, body: LeaveBody, ward: OnBehalf = None) -> LifeOut:
    """Ends the membership, and its stays in homes, with its last day. The year is still to be closed."""
    with database_of(request).write() as session:
        own = acting(session, request, account, ward)
        person = leave(session, own.person_id, on=body.on, at=clock_of(request).now())
    return _life(request, person)


@router.post("/accounts/{account}/death", status_code=201)
def report_a_death(request: Request, _caller: SignedIn, account: AccountPath, body: DeathBody) -> LifeOut:
    """Whoever has the issuer's proof reports a death: the membership ends with its last day."""
    with database_of(request).write() as session:
        books, now = books_of(request), clock_of(request).now()
        person = report_death(session, books, account=account, identity=body.identity, on=body.on, at=now)
    return _life(request, person)


@router.post("/accounts/{account}/hand-over", status_code=202)
def ask_for_a_hand_over(request: Request, caller: SignedIn, account: AccountPath, body: HandOverBody) -> HandOverOut:
    """Who grew up asks for its account with the issuer's proof; the signed-in key takes over after 14 days."""
    with database_of(request).write() as session:
        books, now = books_of(request), clock_of(request).now()
        waits = ask_hand_over(session, books, account=account, new_address=caller, identity=body.identity, at=now)
    return _waiting(waits)


@router.post("/accounts/{account}/hand-over/completion", status_code=201)
def complete_the_hand_over(request: Request, caller: SignedIn, account: AccountPath) -> LifeOut:
    """The signed-in key takes the account over, after the waiting time. It has no guardian any more."""
    with database_of(request).write() as session:
        person = complete_hand_over(session, account=account, new_address=caller, at=clock_of(request).now())
    return _life(request, person)


@router.delete("/accounts/{account}/hand-over", status_code=204)
def withdraw_the_hand_over(request: Request, caller: SignedIn, account: AccountPath) -> Response:
    """The signed-in key takes its request back."""
    with database_of(request).write() as session:
        withdraw_hand_over(session, account=account, new_address=caller)
    return Response(status_code=204)
