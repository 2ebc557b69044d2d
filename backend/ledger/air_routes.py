"""A statement's co-pollutants over HTTP. Private to the account."""

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import database_of
from backend.access.wire import Amount, Wire
from backend.footprint.views import PollutantOut, pollutants_from, pollutants_out
from backend.ledger.air import KindAir, air_of
from backend.ledger.caller import OnBehalf, SignedIn, acting
from backend.ledger.document import verify
from backend.ledger.service import StatementUnknown, statement_of
from backend.ledger.statement_routes import Vintage

router = APIRouter(tags=["statements"])


class KindAirOut(Wire):
    """One kind of activity over the year: carbon on one side, the air on the other."""

    kind: str
    footprint_gco2e: Amount
    pollutants: list[PollutantOut]


class AirOut(Wire):
    """By kind, in order of name. Pollutants are shown and never traded."""

    pollutants_from: str
    kinds: list[KindAirOut]


def air_out(kinds: list[KindAir]) -> AirOut:
    """A year's co-pollutants as JSON."""
    return AirOut(
        pollutants_from=pollutants_from(),
        kinds=[
            KindAirOut(kind=one.kind, footprint_gco2e=one.footprint_gco2e, pollutants=pollutants_out(one.pollutants))
            for one in kinds
        ],
    )


@router.get("/statements/{vintage}/air")
def read_air(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> AirOut:
    """What the year of a statement put into the air besides greenhouse gases: NOx, fine particles, sulphur."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        statement = statement_of(session, person.person_id, vintage)
    if statement is None:
        raise StatementUnknown(f"{vintage} is still open", vintage=vintage)
    return air_out(air_of(verify(statement.document).values))
