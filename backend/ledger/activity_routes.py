"""Activities over HTTP, one by one: self-declared until they are inspected. Files of them are in `intake_routes.py`."""

from collections.abc import Collection
from datetime import date

from fastapi import APIRouter
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import Iso, PageAfter, PageLimit, Wire
from backend.footprint.activity import activity_of, span_of, span_until
from backend.footprint.place import place_of
from backend.footprint.span import local_days, span_between
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.notice_out import NoticeOut, notices_out
from backend.ledger.record import activities_of, record
from backend.ledger.tables import ActivityRow
from backend.ledger.uncounted import activity_notices
from backend.ledger.undo import withdrawable

router = APIRouter(tags=["activities"])

NOW = "now"


class ActivityBody(Wire):
    """`from` and `to` are local dates, both included, or times with an offset, the end not included; `to` may be `now`,
    for a day that is not over. `quantity` is a decimal string. `home` (a home's code) and `meter` are for a home's
    energy and water.
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
    """An activity as kept: quantity in the kind's unit, time as [start, end) and as local days, both included."""

    id: int
    category: str
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
    evidence: str
    source: str
    """How it came in: `manual`, `csv`, `green_button`, `gpx`, `odometer`."""
    is_shared: bool
    """Whether it belongs to a home or a vehicle and is shared among those who live there or use it."""
    can_take_back: bool
    """Whether the account may take it back now: its own, and no year it touches is handed in by anybody it concerns."""


class RecordedOut(ActivityOut):
    """The activity as kept, and what of it counts for nothing."""

    notes: list[NoticeOut]


class ActivitiesOut(Wire):
    """In order of entry; `id` of the last is the next page's `after`."""

    activities: list[ActivityOut]


def _out(row: ActivityRow, mine: Collection[int]) -> ActivityOut:
    assert row.id is not None
    first, last = local_days(span_between(row.start_at, row.end_at), place_of(row.place).zone)
    return ActivityOut(
        id=row.id,
        category=row.category,
        kind=row.kind,
        quantity=row.quantity,
        unit=row.unit,
        given=row.given,
        start=row.start_at,
        end=row.end_at,
        first_day=first,
        last_day=last,
        place=row.place,
        grade=row.grade,
        evidence=row.evidence,
        source=row.source,
        is_shared=row.premises_id is not None or row.vehicle_id is not None,
        can_take_back=row.id in mine,
    )


@router.post("/activities", status_code=201)
def record_activity(request: Request, account: SignedIn, body: ActivityBody, ward: OnBehalf = None) -> RecordedOut:
    """Keeps one activity, self-declared."""
    now = clock_of(request).now()
    span = span_until(body.from_, now, body.place) if body.to == NOW else span_of(body.from_, body.to, body.place)
    activity = activity_of(
        kind=body.kind,
        quantity=body.quantity,
        unit=body.unit,
        span=span,
        place=body.place,
        evidence=body.evidence,
        meter=body.meter,
    )
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        kept = record(session, books_of(request), person_id=person.person_id, activity=activity, home=body.home, at=now)
        row = session.get(ActivityRow, kept)
        assert row is not None
        notes = notices_out(activity_notices(activity, person.joined_on))
        mine = withdrawable(session, [row], person.person_id)
        return RecordedOut(**_out(row, mine).model_dump(), notes=notes)


@router.get("/activities")
def list_activities(
    request: Request, account: SignedIn, after: PageAfter = 0, limit: PageLimit = 100, ward: OnBehalf = None
) -> ActivitiesOut:
    """What the account entered, and what was entered for its homes."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        rows = activities_of(session, person.person_id, after=after, limit=limit)
        mine = withdrawable(session, rows, person.person_id)
        return ActivitiesOut(activities=[_out(row, mine) for row in rows])
