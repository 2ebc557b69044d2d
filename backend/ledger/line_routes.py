"""A year's lines over HTTP, each with the factors it was multiplied with; how sure they are; what would save most."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request

from backend.access.state import clock_of, database_of
from backend.access.wire import Amount, Iso, PageAfter, PageLimit, Wire
from backend.footprint.kind import Category
from backend.footprint.quantity import plain
from backend.footprint.views import ChoiceOut, choice_out
from backend.kernel.clock import from_unix_s
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.draft import draft_of
from backend.ledger.interval import Interval, intervals_of
from backend.ledger.lines import Line
from backend.ledger.report import month_name
from backend.ledger.saving import Saving, savings_of
from backend.ledger.statement import Year
from backend.ledger.statement_routes import Vintage

router = APIRouter(tags=["statements"])

MonthName = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="A month, such as 2025-03.")]


class LineOut(Wire):
    """One activity in one month. `part` of its quantity (`1/24`) is the person's in that month; times the factors, and
    rounded up, it is `amountGco2e`.
    """

    id: int
    category: str
    month: str
    kind: str
    place: str
    grade: str
    quantity: str
    unit: str
    start: Iso
    end: Iso
    part: str
    amount_gco2e: Amount
    choice: ChoiceOut


class LinesOut(Wire):
    """In the order in which a statement has them; `id` of the last is the next page's `after`."""

    lines: list[LineOut]
    total: int
    """How many there are, whatever page this is."""


class RangeOut(Wire):
    """What was reported, and the ends of its two-sided 95 % interval. `name`: a category, a month or the year."""

    name: str
    reported_gco2e: Amount
    low_gco2e: Amount
    high_gco2e: Amount


class IntervalsOut(Wire):
    """The year and its months hold what the policy covers. The ends of parts do not add up: errors partly cancel."""

    year: RangeOut
    categories: list[RangeOut]
    months: list[RangeOut]


class SavingOut(Wire):
    """What an action would have saved of the year so far: `partBps` of what was done by `kinds`, done without or by the
    kind `instead`.
    """

    name: str
    kinds: list[str]
    part_bps: int
    instead: str | None
    reported_gco2e: Amount
    saved_gco2e: Amount


class SavingsOut(Wire):
    """The one that would save most first. Each is counted by itself."""

    savings: list[SavingOut]


def _line(number: int, line: Line, vintage: int, today: date) -> LineOut:
    activity = line.reading.activity
    return LineOut(
        id=number,
        category=line.category,
        month=month_name(vintage, line.month),
        kind=activity.kind.name,
        place=activity.place,
        grade=activity.grade,
        quantity=plain(activity.quantity),
        unit=activity.kind.unit,
        start=from_unix_s(activity.span.start_s),
        end=from_unix_s(activity.span.end_s),
        part=f"{line.weight.numerator}/{line.weight.denominator}",
        amount_gco2e=line.gco2e,
        choice=choice_out(line.choice, today),
    )


def _interval(name: str, one: Interval) -> RangeOut:
    return RangeOut(name=name, **vars(one))


def _saving(one: Saving) -> SavingOut:
    return SavingOut(
        name=one.action.name,
        kinds=list(one.kinds),
        part_bps=one.action.part_bps,
        instead=one.action.instead,
        reported_gco2e=one.reported_gco2e,
        saved_gco2e=one.saved_gco2e,
    )


def _year(request: Request, account: str, vintage: int, ward: str | None) -> Year:
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        return draft_of(session, books_of(request), person.person_id, vintage).year


@router.get("/statements/{vintage}/lines")
def list_lines(
    *,
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    category: Category | None = None,
    month: MonthName = None,
    after: PageAfter = 0,
    limit: PageLimit = 100,
    ward: OnBehalf = None,
) -> LinesOut:
    """What a year's figures are made of, as it stands: every line, or those of a category and month."""
    year, today = _year(request, account, vintage, ward), clock_of(request).now().date()
    found = [
        (number, line)
        for number, line in enumerate(year.lines, 1)
        if category in {None, line.category} and month in {None, month_name(vintage, line.month)}
    ]
    page = [(number, line) for number, line in found if number > after][:limit]
    return LinesOut(lines=[_line(number, line, vintage, today) for number, line in page], total=len(found))


@router.get("/statements/{vintage}/intervals")
def list_intervals(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> IntervalsOut:
    """How sure what was reported is: the 95 % interval of the year, and of each category and month."""
    found = intervals_of(_year(request, account, vintage, ward))
    return IntervalsOut(
        year=_interval(str(vintage), found.year),
        categories=[_interval(name, one) for name, one in found.categories.items()],
        months=[_interval(name, one) for name, one in found.months.items()],
    )


@router.get("/statements/{vintage}/savings")
def list_savings(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> SavingsOut:
    """What the account could do, worked out from its own lines: what would have saved most of the year so far."""
    return SavingsOut(savings=[_saving(one) for one in savings_of(_year(request, account, vintage, ward))])
