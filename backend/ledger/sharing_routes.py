"""Vehicles, their odometers, and splits of homes and vehicles over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from backend.access.state import clock_of, database_of
from backend.access.wire import AddressText, Iso, SignatureText, Wire
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.home import home_of
from backend.ledger.odometer import KM_LIMIT, OdometerReading, read_odometer, readings_of, undo_reading
from backend.ledger.split import Shared, SplitView, propose_split, sign_split, split_views
from backend.ledger.vehicle import Vehicle, join_vehicle, leave_vehicle, register_vehicle, vehicle_of, vehicles_of

router = APIRouter(tags=["sharing"])

SplitId = Annotated[int, Path(alias="splitId", ge=1, le=2**53 - 1)]


class VehicleBody(Wire):
    """`kind` is what its kilometres are (`car_petrol`, ...), `place` the region it is driven and charged in. The plate
    is kept as a peppered hash only, so that a vehicle is registered once.
    """

    kind: str
    place: str
    plate: str
    since_on: date


class VehicleOut(Wire):
    """A vehicle. `code` lets another user join; share it with nobody else."""

    code: str
    kind: str
    place: str


class VehiclesOut(Wire):
    """In order of registration."""

    vehicles: list[VehicleOut]


class UserBody(Wire):
    """The first day with the vehicle: not before the latest reading of its odometer."""

    since_on: date


class ReadingBody(Wire):
    """The odometer as it stood when the local day `readOn` began. `chargedHome` and `chargedKwh` (a decimal string) say
    what an electric car drew at a home since the reading before: that is in the home's bill already.
    """

    read_on: date
    km: Annotated[int, Field(ge=0, le=KM_LIMIT)]
    evidence: str = ""
    charged_home: str | None = None
    charged_kwh: str = "0"


class ReadingOut(Wire):
    """A reading. `countedKm` is what counts of the way since the one before, `activityId` what holds it."""

    read_on: date
    km: int
    counted_km: str | None
    activity_id: int | None


class ReadingsOut(Wire):
    """The first first."""

    readings: list[ReadingOut]


class PartBody(Wire):
    """One sharer's part, in basis points."""

    account: AddressText
    part_bps: Annotated[int, Field(ge=1, le=10_000)]


class SplitBody(Wire):
    """Parts of everybody who shares it, 10,000 together, from tomorrow at the earliest."""

    since_on: date
    parts: Annotated[list[PartBody], Field(min_length=1, max_length=100)]


class SplitSignatureBody(Wire):
    """A sharer's signature of the proposal's `text` as a personal message (EIP-191)."""

    signature: SignatureText


class SplitOut(Wire):
    """A split. It holds once `agreedAt` is set: when all have signed."""

    id: int
    since_on: date
    agreed_at: Iso | None
    parts: list[PartBody]
    signed: list[AddressText]
    text: str


class SplitsOut(Wire):
    """Every split proposed, the first first."""

    splits: list[SplitOut]


def _vehicle(vehicle: Vehicle) -> VehicleOut:
    return VehicleOut(code=vehicle.code, kind=vehicle.kind, place=vehicle.place)


def _reading(reading: OdometerReading) -> ReadingOut:
    return ReadingOut(
        read_on=reading.read_on, km=reading.km, counted_km=reading.counted_km, activity_id=reading.activity_id
    )


def _split(split: SplitView) -> SplitOut:
    return SplitOut(
        id=split.split_id,
        since_on=split.since_on,
        agreed_at=split.agreed_at,
        parts=[PartBody(account=account, part_bps=bps) for account, bps in split.parts_bps.items()],
        signed=list(split.signed),
        text=split.text,
    )


def _shared(session: Session, request: Request, person_id: int, code: str) -> Shared:
    """What a path names; raises HomeUnknown, VehicleUnknown."""
    if request.url.path.startswith("/homes/"):
        return Shared.home(home_of(session, person_id, code))
    return Shared.vehicle(vehicle_of(session, person_id, code))


@router.post("/vehicles", status_code=201)
def register_a_vehicle(request: Request, account: SignedIn, body: VehicleBody, ward: OnBehalf = None) -> VehicleOut:
    """Registers a vehicle with the account as its first user."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        vehicle = register_vehicle(
            session,
            books_of(request),
            person_id=person.person_id,
            kind=body.kind,
            place=body.place,
            plate=body.plate,
            since_on=body.since_on,
            at=clock_of(request).now(),
        )
    return _vehicle(vehicle)


@router.get("/vehicles")
def list_vehicles(request: Request, account: SignedIn, ward: OnBehalf = None) -> VehiclesOut:
    """The vehicles the account uses or used."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return VehiclesOut(vehicles=[_vehicle(one) for one in vehicles_of(session, person.person_id)])


@router.post("/vehicles/{code}/users", status_code=201)
def join_a_vehicle(request: Request, account: SignedIn, code: str, body: UserBody, ward: OnBehalf = None) -> VehicleOut:
    """Joins the users of a vehicle whose code the account was given. From that day its way is shared by one more."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        return _vehicle(join_vehicle(session, code, person_id=person.person_id, since_on=body.since_on, at=now))


@router.delete("/vehicles/{code}/users/me")
def leave_a_vehicle(
    request: Request,
    account: SignedIn,
    code: str,
    until_on: Annotated[date, Query(alias="untilOn", description="The last day with it; read the odometer after it.")],
    ward: OnBehalf = None,
) -> VehicleOut:
    """Ends the account's use of a vehicle."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        return _vehicle(leave_vehicle(session, code, person_id=person.person_id, until_on=until_on, at=now))


@router.post("/vehicles/{code}/readings", status_code=201)
def read_an_odometer(
    request: Request, account: SignedIn, code: str, body: ReadingBody, ward: OnBehalf = None
) -> ReadingOut:
    """Keeps an odometer reading, self-declared; each is of a later day and of no fewer kilometres than the last."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        found = read_odometer(
            session,
            books_of(request),
            code,
            person_id=person.person_id,
            read_on=body.read_on,
            km=body.km,
            at=clock_of(request).now(),
            evidence=body.evidence,
            charged_home=body.charged_home,
            charged_kwh=body.charged_kwh,
        )
    return _reading(found)


@router.get("/vehicles/{code}/readings")
def list_readings(request: Request, account: SignedIn, code: str, ward: OnBehalf = None) -> ReadingsOut:
    """A vehicle's odometer readings."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        vehicle = vehicle_of(session, person.person_id, code)
        return ReadingsOut(readings=[_reading(one) for one in readings_of(session, vehicle)])


@router.delete("/vehicles/{code}/readings/latest", status_code=204)
def take_a_reading_back(request: Request, account: SignedIn, code: str, ward: OnBehalf = None) -> Response:
    """Takes the latest reading back, if the account entered it and its year is not submitted."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        undo_reading(session, code, person_id=person.person_id, at=clock_of(request).now())
    return Response(status_code=204)


@router.post("/homes/{code}/splits", status_code=201)
@router.post("/vehicles/{code}/splits", status_code=201)
def propose_a_split(request: Request, account: SignedIn, code: str, body: SplitBody, ward: OnBehalf = None) -> SplitOut:
    """Proposes another split than equal shares. Nothing changes until all have signed its text."""
    parts = {part.account: part.part_bps for part in body.parts}
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        shared = _shared(session, request, person.person_id, code)
        now = clock_of(request).now()
        return _split(propose_split(session, shared, parts_bps=parts, since_on=body.since_on, at=now))


@router.get("/homes/{code}/splits")
@router.get("/vehicles/{code}/splits")
def list_splits(request: Request, account: SignedIn, code: str, ward: OnBehalf = None) -> SplitsOut:
    """The splits of a home or vehicle, and who signed each."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        shared = _shared(session, request, person.person_id, code)
        return SplitsOut(splits=[_split(one) for one in split_views(session, shared)])


@router.post("/homes/{code}/splits/{splitId}/signatures", status_code=201)
@router.post("/vehicles/{code}/splits/{splitId}/signatures", status_code=201)
def sign_a_split(
    request: Request, account: SignedIn, code: str, split_id: SplitId, body: SplitSignatureBody
) -> SplitOut:
    """Adds a sharer's signature, for itself and its wards. With the last one the split holds, from the day after."""
    with database_of(request).write() as session:
        person = acting(session, request, account, None)
        shared = _shared(session, request, person.person_id, code)
        now = clock_of(request).now()
        return _split(sign_split(session, shared, split_id, signature=body.signature, at=now))
