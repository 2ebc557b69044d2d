"""Activities over HTTP: one by one or a CSV of them. Whatever comes in here is self-declared until it is inspected."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from backend.access.problems import MediaTypeUnsupported
from backend.access.state import clock_of, database_of
from backend.access.wire import Iso, PageAfter, PageLimit, Wire
from backend.footprint.activity import activity_of, span_of
from backend.footprint.csv_intake import BYTES_LIMIT, COLUMNS, CsvRefused
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.record import activities_of, import_csv, record
from backend.ledger.tables import ActivityRow

router = APIRouter(tags=["activities"])

HomeCode = Annotated[str | None, Query(description="Code of the home that the file's electricity and gas belong to.")]


class CsvExpected(MediaTypeUnsupported):
    """The body is not declared as CSV."""

    code = "activity.csv_expected"

    def __init__(self) -> None:
        super().__init__("send the file as the body, with Content-Type: text/csv", expected="text/csv")


class ActivityBody(Wire):
    """`from` and `to` are local dates, both included, or times with an offset, the end not included. `quantity` is a
    decimal string. `home` (a home's code) and `meter` are for electricity and gas.
    """

    kind: str
    quantity: str
    unit: str
    from_: str
    to: str
    place: str
    evidence: str = ""
    meter: str | None = None
    home: str | None = None


class ActivityOut(Wire):
    """An activity as kept: quantity in the kind's unit, time as [start, end)."""

    id: int
    category: str
    kind: str
    quantity: str
    unit: str
    given: str
    start: Iso
    end: Iso
    place: str
    grade: str
    evidence: str
    is_shared: bool
    """Whether it belongs to a home or a vehicle and is shared among those who live there or use it."""


class ActivitiesOut(Wire):
    """In order of entry; `id` of the last is the next page's `after`."""

    activities: list[ActivityOut]


class ImportOut(Wire):
    """How many rows were kept, and their ids in the file's order."""

    kept: int
    ids: list[int]


def _out(row: ActivityRow) -> ActivityOut:
    assert row.id is not None
    return ActivityOut(
        id=row.id,
        category=row.category,
        kind=row.kind,
        quantity=row.quantity,
        unit=row.unit,
        given=row.given,
        start=row.start_at,
        end=row.end_at,
        place=row.place,
        grade=row.grade,
        evidence=row.evidence,
        is_shared=row.premises_id is not None or row.vehicle_id is not None,
    )


@router.post("/activities", status_code=201)
def record_activity(request: Request, account: SignedIn, body: ActivityBody, ward: OnBehalf = None) -> ActivityOut:
    """Keeps one activity, self-declared."""
    activity = activity_of(
        kind=body.kind,
        quantity=body.quantity,
        unit=body.unit,
        span=span_of(body.from_, body.to, body.place),
        place=body.place,
        evidence=body.evidence,
        meter=body.meter,
    )
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        kept = record(session, books_of(request), person_id=person.person_id, activity=activity, home=body.home, at=now)
        row = session.get(ActivityRow, kept)
        assert row is not None
        return _out(row)


async def csv_body(request: Request) -> str:
    """The body as CSV text. Raises CsvExpected, CsvRefused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise CsvExpected
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > BYTES_LIMIT:
            raise CsvRefused([f"the file is larger than {BYTES_LIMIT} bytes"])
    try:
        return read.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise CsvRefused([f"the file is not UTF-8: {failure.reason} at byte {failure.start}"]) from failure


@router.post(
    "/activities/import",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "description": f"Columns: {', '.join(COLUMNS)}"}}},
        }
    },
)
def import_activities(
    request: Request,
    account: SignedIn,
    text: Annotated[str, Depends(csv_body)],
    home: HomeCode = None,
    ward: OnBehalf = None,
) -> ImportOut:
    """Keeps every row of a CSV, or none: bad rows are named by line and column."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        now = clock_of(request).now()
        ids = import_csv(session, books_of(request), person_id=person.person_id, text=text, home=home, at=now)
    return ImportOut(kept=len(ids), ids=ids)


@router.get("/activities")
def list_activities(
    request: Request, account: SignedIn, after: PageAfter = 0, limit: PageLimit = 100, ward: OnBehalf = None
) -> ActivitiesOut:
    """What the account entered, and what was entered for its homes."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        rows = activities_of(session, person.person_id, after=after, limit=limit)
        return ActivitiesOut(activities=[_out(row) for row in rows])
