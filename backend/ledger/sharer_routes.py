"""Who shares a home or a vehicle, over HTTP: what a household needs to split it, and to see what is metered."""

from datetime import date

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import database_of
from backend.access.wire import AddressText, Wire
from backend.ledger.caller import OnBehalf, SignedIn, acting
from backend.ledger.home import home_of
from backend.ledger.sharers import Sharer, meters_in_service, sharers_with
from backend.ledger.split import Shared
from backend.ledger.vehicle import vehicle_of

router = APIRouter(tags=["sharing"])


class SharerOut(Wire):
    """An account and its first and last day; no last day while it stays."""

    account: AddressText
    since_on: date
    until_on: date | None


class MetersOut(Wire):
    """How many meters of a category are in service. Their numbers are not kept."""

    category: str
    count: int


class MembersOut(Wire):
    """Who lives or lived in a home while the account did, and the meters it is known by."""

    members: list[SharerOut]
    meters: list[MetersOut]


class UsersOut(Wire):
    """Who uses or used a vehicle while the account did."""

    users: list[SharerOut]


def _out(sharers: list[Sharer]) -> list[SharerOut]:
    return [SharerOut(account=one.account, since_on=one.since_on, until_on=one.until_on) for one in sharers]


@router.get("/homes/{code}/members")
def list_members(request: Request, account: SignedIn, code: str, ward: OnBehalf = None) -> MembersOut:
    """Who lives in a home of the account's, and what of it is metered."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        home = home_of(session, person.person_id, code)
        meters = meters_in_service(session, home)
        return MembersOut(
            members=_out(sharers_with(session, Shared.home(home), person.person_id)),
            meters=[MetersOut(category=category, count=count) for category, count in meters.items()],
        )


@router.get("/vehicles/{code}/users")
def list_users(request: Request, account: SignedIn, code: str, ward: OnBehalf = None) -> UsersOut:
    """Who uses a vehicle of the account's."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        vehicle = vehicle_of(session, person.person_id, code)
        return UsersOut(users=_out(sharers_with(session, Shared.vehicle(vehicle), person.person_id)))
