"""Files of activities over HTTP: CSV, Green Button, GPX. Asked without `confirm` nothing is kept, only told."""

from datetime import date
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from starlette.requests import Request

from backend.access.problems import MediaTypeUnsupported
from backend.access.state import clock_of, database_of, deployment_of
from backend.access.wire import HexBytes32, Iso, SignatureText, Wire
from backend.footprint import csv_intake, csv_table, espi_feed, gpx
from backend.footprint.activity import span_of
from backend.footprint.csv_intake import columns_told
from backend.footprint.csv_table import CsvTooLarge, csv_text
from backend.footprint.green_button import GreenButton, GreenButtonReader, meters_of
from backend.footprint.place import place_of
from backend.footprint.quantity import plain
from backend.footprint.span import local_days
from backend.footprint.trip import Gpx, GpxFileReader
from backend.kernel.clock import from_unix_s
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.intake import Taken, csv_of, gpx_of, green_button_of, take_in
from backend.ledger.meter_month import MeterMonth, meter_months
from backend.ledger.notice_out import NoticeOut, notices_out
from backend.ledger.record import Item
from backend.ledger.utility import Delivery, DeliveryIncomplete

router = APIRouter(tags=["activities"])

STREAMED = {"/activities/green-button": espi_feed.BYTES_LIMIT, "/activities/gpx": gpx.BYTES_LIMIT}
"""Paths whose bodies are read as they come, with the most bytes each takes."""

XML_TYPES = frozenset({"application/xml", "text/xml", "application/atom+xml", "application/gpx+xml"})

HomeCode = Annotated[str | None, Query(description="Code of the home that the file's energy and water belong to.")]
Confirm = Annotated[
    HexBytes32 | None,
    Query(description="The `confirm` of an earlier answer: record exactly that. Left out, nothing is kept."),
]


class CsvExpected(MediaTypeUnsupported):
    """The body is not declared as CSV."""

    code = "activity.csv_expected"

    def __init__(self) -> None:
        super().__init__("send the file as the body, with Content-Type: text/csv", expected="text/csv")


class XmlExpected(MediaTypeUnsupported):
    """The body is not declared as XML."""

    code = "intake.xml_expected"

    def __init__(self) -> None:
        super().__init__("send the file as the body, with Content-Type: application/xml", expected="application/xml")


class PlannedOut(Wire):
    """An activity that is or would be recorded: quantity in the kind's unit, time as [start, end) and as local days,
    both included.
    """

    line: int | None
    kind: str
    quantity: str
    unit: str
    given: str
    start: Iso
    end: Iso
    first_day: date
    last_day: date
    place: str
    grade: str
    meter: str | None
    evidence: str


class MeterMonthOut(Wire):
    """A meter's local month, and how many of its seconds have a reading. From 95 % on it is measured."""

    meter: str
    kind: str
    month: str
    covered_seconds: int
    whole_seconds: int


class IntakeOut(Wire):
    """What of a file was kept, or would be: give `confirm` back to record exactly `activities`. `leftOut` says in words
    what of the file does not count, or counts and can never be evidence, or counts for nothing of the person's.
    """

    kept: int
    ids: list[int]
    confirm: HexBytes32
    activities: list[PlannedOut]
    months: list[MeterMonthOut]
    left_out: list[NoticeOut]


class _Fed(Protocol):
    def feed(self, data: bytes) -> None: ...


def _planned(item: Item) -> PlannedOut:
    activity = item.activity
    first, last = local_days(activity.span, place_of(activity.place).zone)
    return PlannedOut(
        line=item.line,
        kind=activity.kind.name,
        quantity=plain(activity.quantity),
        unit=activity.kind.unit,
        given=activity.given,
        start=from_unix_s(activity.span.start_s),
        end=from_unix_s(activity.span.end_s),
        first_day=first,
        last_day=last,
        place=activity.place,
        grade=activity.grade,
        meter=activity.meter,
        evidence=activity.evidence,
    )


def _month(month: MeterMonth) -> MeterMonthOut:
    return MeterMonthOut(
        meter=month.meter,
        kind=month.kind,
        month=month.month,
        covered_seconds=month.covered_s,
        whole_seconds=month.whole_s,
    )


def _out(taken: Taken, response: Response) -> IntakeOut:
    response.status_code = 201 if taken.ids else 200
    items = taken.intake.items
    return IntakeOut(
        kept=len(taken.ids),
        ids=list(taken.ids),
        confirm=taken.digest,
        activities=[_planned(item) for item in items],
        months=[_month(month) for month in meter_months(item.activity for item in items)],
        left_out=notices_out(taken.told),
    )


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def csv_body(request: Request) -> str:
    """The body as CSV text. Raises CsvExpected, CsvTooLarge, CsvEncodingWrong."""
    if _media_type(request) != "text/csv":
        raise CsvExpected
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > csv_table.BYTES_LIMIT:
            raise CsvTooLarge
    return csv_text(read)


async def _feed(request: Request, reader: _Fed) -> None:
    """Reads the body as it comes, a piece at a time and never all of it. Raises XmlExpected."""
    if _media_type(request) not in XML_TYPES:
        raise XmlExpected
    async for chunk in request.stream():
        await run_in_threadpool(reader.feed, chunk)


async def green_button_body(request: Request, _account: SignedIn) -> GreenButton:
    """The body as a Green Button file. Raises XmlExpected and what `GreenButtonReader` raises."""
    reader = GreenButtonReader()
    await _feed(request, reader)
    return await run_in_threadpool(reader.close)


async def gpx_body(request: Request, _account: SignedIn) -> Gpx:
    """The body as a GPX file. Raises XmlExpected and what `GpxFileReader` raises."""
    reader = GpxFileReader()
    await _feed(request, reader)
    return await run_in_threadpool(reader.close)


def _body(media_type: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "description": description}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


@router.get("/activities/template", response_class=PlainTextResponse)
def csv_template() -> PlainTextResponse:
    """A CSV to fill in: every column, and an example row for each category."""
    headers = {"Content-Disposition": 'attachment; filename="tanyu-activities.csv"'}
    return PlainTextResponse(csv_intake.template(), media_type="text/csv", headers=headers)


@router.post("/activities/import", openapi_extra=_body("text/csv", columns_told()))
def import_activities(
    *,
    request: Request,
    response: Response,
    account: SignedIn,
    text: Annotated[str, Depends(csv_body)],
    home: HomeCode = None,
    confirm: Confirm = None,
    ward: OnBehalf = None,
) -> IntakeOut:
    """Tells what a CSV would record; with `confirm`, records every row of it or none. Bad rows are named by line and
    column.
    """
    intake = csv_of(text, home)
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        return _out(take_in(session, books_of(request), intake, person=person, confirm=confirm, at=now), response)


def _delivery(utility: str | None, signature: bytes | None) -> Delivery | None:
    if utility is None and signature is None:
        return None
    if utility is None or signature is None:
        raise DeliveryIncomplete
    return Delivery(utility, signature)


@router.post(
    "/activities/green-button",
    openapi_extra=_body(
        "application/xml", f"A Green Button (Atom with ESPI) file of at most {espi_feed.BYTES_LIMIT} bytes"
    ),
)
def import_green_button(
    *,
    request: Request,
    response: Response,
    account: SignedIn,
    file: Annotated[GreenButton, Depends(green_button_body)],
    meter: Annotated[
        list[str] | None,
        Query(description="The number printed on the meter; `POINT=NUMBER` for each usage point if there are several."),
    ] = None,
    home: HomeCode = None,
    only_new: Annotated[
        bool, Query(alias="onlyNew", description="Leave out readings that touch what is recorded already.")
    ] = False,
    utility: Annotated[str | None, Query(description="The registered utility that signed this file for you.")] = None,
    signature: Annotated[SignatureText | None, Query(description="Its signature; 0x and hex.")] = None,
    confirm: Confirm = None,
    ward: OnBehalf = None,
) -> IntakeOut:
    """Tells what a Green Button file would record by meter and month; with `confirm`, records it. Self-declared until a
    verifier inspects the file, unless the utility signed it for this account and these meters.
    """
    books, now = books_of(request), clock_of(request).now()
    meters = meters_of(file, meter or [])
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        intake = green_button_of(
            session,
            books,
            file,
            person=person,
            home=home,
            meters=meters,
            only_new=only_new,
            delivery=_delivery(utility, signature),
            at=now,
            chain_id=deployment_of(request).chain_id,
        )
        return _out(take_in(session, books, intake, person=person, confirm=confirm, at=now), response)


@router.post(
    "/activities/gpx",
    openapi_extra=_body("application/gpx+xml", f"A GPX file with tracks, of at most {gpx.BYTES_LIMIT} bytes"),
)
def import_gpx(
    *,
    request: Request,
    response: Response,
    account: SignedIn,
    file: Annotated[Gpx, Depends(gpx_body)],
    kind: Annotated[str, Query(description="How the tracks were travelled, such as bus or car_petrol.")],
    place: Annotated[str, Query(description="Where, such as CN-SC.")],
    from_: Annotated[
        str | None, Query(alias="from", description="First day, or time, of tracks without times.")
    ] = None,
    to: Annotated[str | None, Query(description="Last day, or time, of tracks without times.")] = None,
    confirm: Confirm = None,
    ward: OnBehalf = None,
) -> IntakeOut:
    """Tells what a GPX file's tracks would record as trips by the mode chosen; with `confirm`, records them. Tracks are
    self-declared: they count and never earn.
    """
    instead = span_of(from_ or to or "", to or from_ or "", place) if from_ or to else None
    intake = gpx_of(file, kind=kind, place=place, instead=instead)
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        return _out(take_in(session, books_of(request), intake, person=person, confirm=confirm, at=now), response)
