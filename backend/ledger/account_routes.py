"""Accounts and homes over HTTP: join, see yourself, register a home, move in and out."""

from contextlib import suppress
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from backend.access.routes import SessionOut
from backend.access.session import OpenSession, session_if_any
from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Iso, Wire
from backend.footprint.place import place_of
from backend.ledger.accrual import membership_of
from backend.ledger.books import Books
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.earning import part_year_notice
from backend.ledger.hand_over import waiting_hand_over
from backend.ledger.home import HomeView, found_home, homes_of, move_in, move_out, stays
from backend.ledger.notice_out import NoticeOut, notices_out
from backend.ledger.notices import NOTICES
from backend.ledger.person import AccountErased, AccountUnknown, Person, join, person_at, wards_of
from backend.ledger.uncounted import stay_notices

router = APIRouter(tags=["accounts"])


class JoinBody(Wire):
    """`identity` is the proof of personhood for the identity issuer; it is not kept. `ward`: the address of a child
    whose account the signed-in guardian opens; then `bornOn` is needed.
    """

    region: str
    identity: str
    born_on: date | None = None
    ward: AddressText | None = None


class HomeOut(Wire):
    """A home. `code` lets a housemate move in; share it with nobody else."""

    code: str
    region: str
    grid_area: str


class MovedInOut(HomeOut):
    """The home, and what to know of living there from that day on."""

    notes: list[NoticeOut]


class AccountOut(Wire):
    """An account with its homes and, for a guardian, its wards."""

    address: AddressText
    region: str
    joined_on: date
    left_on: date | None
    born_on: date | None
    is_minor: bool
    guardian: AddressText | None
    homes: list[HomeOut]
    wards: list[AddressText]
    hand_over_to: AddressText | None
    """The key that takes over, while a hand-over waits."""
    hand_over_at: Iso | None


class MeOut(Wire):
    """Who asks: nulls of a visitor, and of an address that has no account under its present key."""

    session: SessionOut | None
    account: AccountOut | None


class JoinedOut(AccountOut):
    """The new account, and what its person must know: always, and of this first year."""

    notices: list[str]
    notes: list[NoticeOut]


class HomeBody(Wire):
    """`gridArea` is the region or its regional grid, to be named where there is a choice; `sinceOn` the first day
    there.
    """

    region: str
    since_on: date
    grid_area: str | None = None


class MoveInBody(Wire):
    """The first day there."""

    since_on: date


class MoveOutBody(Wire):
    """The last day there."""

    until_on: date


def _home(home: HomeView) -> HomeOut:
    return HomeOut(code=home.code, region=home.region, grid_area=home.grid_area)


def _moved_in(session: Session, home: HomeView, person: Person, since_on: date) -> MovedInOut:
    elsewhere = [
        (other.code, stay)
        for other in homes_of(session, person.person_id)
        if other.premises_id != home.premises_id
        for stay in stays(session, other.premises_id)
        if stay.person_id == person.person_id
    ]
    notes = notices_out(stay_notices(since_on, person.joined_on, elsewhere))
    return MovedInOut(**_home(home).model_dump(), notes=notes)


def _first_year(books: Books, person: Person) -> list[NoticeOut]:
    policy = books.policies.find(person.region, person.joined_on.year)
    if policy is None:
        return []
    member = membership_of(person.joined_on.year, person.joined_on, None, person.born_on)
    part = part_year_notice(policy, member)
    return notices_out([part] if part else [])


def _account(session: Session, request: Request, person: Person) -> AccountOut:
    today = clock_of(request).now().astimezone(place_of(person.region).zone).date()
    waits = waiting_hand_over(session, person.person_id)
    return AccountOut(
        hand_over_to=waits.new_address if waits else None,
        hand_over_at=waits.effective_at if waits else None,
        address=person.address,
        region=person.region,
        joined_on=person.joined_on,
        left_on=person.left_on,
        born_on=person.born_on,
        is_minor=person.is_minor_on(today),
        guardian=person.guardian,
        homes=[_home(home) for home in homes_of(session, person.person_id)],
        wards=[ward.address for ward in wards_of(session, person.address)],
    )


@router.post("/accounts", status_code=201)
def join_tanyu(request: Request, account: SignedIn, body: JoinBody) -> JoinedOut:
    """Opens the signed-in account, or one for its ward. Membership begins today, in the region's time. Read
    `GET /accounts/notices` first: a lost key's credits are lost.
    """
    now = clock_of(request).now()
    with database_of(request).write() as session:
        person = join(
            session,
            books_of(request),
            address=body.ward or account,
            region=body.region,
            identity=body.identity,
            joined_on=now.astimezone(place_of(body.region).zone).date(),
            at=now,
            born_on=body.born_on,
            guardian=account if body.ward is not None else None,
        )
        opened = _account(session, request, person)
    notes = _first_year(books_of(request), person)
    return JoinedOut(**opened.model_dump(), notices=[one.en for one in NOTICES], notes=notes)


@router.get("/me")
def see_who_asks(
    request: Request, response: Response, opened: Annotated[OpenSession | None, Depends(session_if_any)]
) -> MeOut:
    """The session of the request and its account, as pages ask when they begin: nobody signed in is no failure."""
    response.headers["Cache-Control"] = "no-store"
    if opened is None:
        return MeOut(session=None, account=None)
    account = None
    with database_of(request).read() as session, suppress(AccountUnknown, AccountErased):
        account = _account(session, request, person_at(session, opened.address))
    return MeOut(session=SessionOut(address=opened.address, expires_at=opened.expires_at), account=account)


@router.get("/accounts/me")
def see_yourself(request: Request, account: SignedIn, ward: OnBehalf = None) -> AccountOut:
    """The signed-in account, or a ward's."""
    with database_of(request).read() as session:
        return _account(session, request, acting(session, request, account, ward))


@router.post("/homes", status_code=201)
def register_home(request: Request, account: SignedIn, body: HomeBody, ward: OnBehalf = None) -> MovedInOut:
    """Registers a home and moves the account in."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        home = found_home(
            session,
            person_id=person.person_id,
            region=body.region,
            grid_area=body.grid_area,
            since_on=body.since_on,
            at=clock_of(request).now(),
        )
        return _moved_in(session, home, person, body.since_on)


@router.post("/homes/{code}/members", status_code=201)
def move_into_home(
    request: Request, account: SignedIn, code: str, body: MoveInBody, ward: OnBehalf = None
) -> MovedInOut:
    """Moves the account into a home whose code it was given. From that day its energy is shared among one more."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        home = move_in(session, code, person_id=person.person_id, since_on=body.since_on, at=clock_of(request).now())
        return _moved_in(session, home, person, body.since_on)


@router.delete("/homes/{code}/members/me")
def move_out_of_home(
    request: Request,
    account: SignedIn,
    code: str,
    until_on: Annotated[date, Query(alias="untilOn", description="The last day there.")],
    ward: OnBehalf = None,
) -> HomeOut:
    """Ends the account's stay in a home."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        home = move_out(session, code, person_id=person.person_id, until_on=until_on, at=clock_of(request).now())
    return _home(home)
