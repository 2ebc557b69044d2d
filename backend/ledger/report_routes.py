"""A year so far over HTTP: months and quarters, forecast, what is missing, why a total changed, the net position."""

from datetime import date, datetime
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.state import clock_of, database_of
from backend.access.wire import Amount, HexBytes32, Iso, Wire
from backend.footprint.place import place_of
from backend.kernel.errors import InvalidInput
from backend.ledger.caller import OnBehalf, SignedIn, acting, books_of
from backend.ledger.change import Difference
from backend.ledger.closing import reopen
from backend.ledger.deadline import due_of, returns_of
from backend.ledger.draft import draft_of
from backend.ledger.earning import earning_notices
from backend.ledger.notice_out import NoticeOut, notices_out
from backend.ledger.position import position_of
from backend.ledger.report import Forecast, Period, forecast_of, months_of, quarters_of, reminders_of
from backend.ledger.service import statement_of
from backend.ledger.state import State
from backend.ledger.statement_routes import Vintage
from backend.ledger.undo import withdraw
from backend.ledger.why import between_times, between_versions, latest_change, versions_of

router = APIRouter(tags=["statements"])


class ComparisonUnclear(InvalidInput):
    """One version alone, an end without a start, or versions and times together."""

    code = "statement.comparison_unclear"

    def __init__(self) -> None:
        super().__init__("give fromVersion and toVersion, or from (and to, now if left out), or none of them: not both")


SignedAmount: TypeAlias = str
"""Grams of CO2e as a decimal string, with a minus sign if less than nothing."""


class MonthOut(Wire):
    """One category in one month. `footprintGco2e` counts what is not measured at the high default."""

    category: str
    month: str
    status: str
    budget_gco2e: Amount
    reported_gco2e: Amount
    footprint_gco2e: Amount


class PeriodOut(Wire):
    """A month or a quarter: a report, nothing mints from it."""

    name: str
    is_over: bool
    budget_gco2e: Amount
    reported_gco2e: Amount
    footprint_gco2e: Amount
    measured_bps: int
    categories: list[MonthOut]


class ReminderOut(Wire):
    """A category's month that is over and not measured. `costsGco2e`: what leaving it so counts as on top."""

    category: str
    month: str
    covered_seconds: int
    whole_seconds: int
    missing: list[str]
    costs_gco2e: SignedAmount


class ForecastOut(Wire):
    """The year's end as seen today, no promise: months to come (`monthsAssumed`) are taken to be like the measured."""

    months_measured: int
    months_assumed: int
    budget_gco2e: Amount
    footprint_gco2e: Amount
    bound_gco2e: Amount
    surplus_gco2e: Amount
    credit_gco2e: Amount
    deficit_gco2e: Amount
    credit_if_nothing_more_gco2e: Amount


class ReportOut(Wire):
    """A vintage so far."""

    vintage: int
    state: str
    region: str
    credit_class: str
    first_day: date
    last_day: date
    submit_before: Iso
    """What is not submitted by then is closed with what is there."""
    budget_gco2e: Amount
    reported_gco2e: Amount
    outside_gco2e: Amount
    notes: list[NoticeOut]
    """Why nothing of it earns as it stands, whatever the forecast's surplus; empty if nothing stands in the way."""
    months: list[PeriodOut]
    quarters: list[PeriodOut]
    reminders: list[ReminderOut]
    forecast: ForecastOut


class ChangeOut(Wire):
    """One cause and its grams. All causes but `budget` add up to the footprint's difference."""

    cause: str
    category: str
    month: str
    delta_gco2e: SignedAmount
    what: str


class DifferenceOut(Wire):
    """Why a total changed, the weightiest cause first."""

    footprint_before_gco2e: Amount
    footprint_after_gco2e: Amount
    budget_before_gco2e: Amount
    budget_after_gco2e: Amount
    changes: list[ChangeOut]


class VersionOut(Wire):
    """One version of a statement; those closed anew are history."""

    version: int
    state: str
    is_current: bool
    digest: HexBytes32
    closed_at: Iso
    budget_gco2e: Amount
    footprint_gco2e: Amount
    credit_gco2e: Amount
    deficit_gco2e: Amount


class VersionsOut(Wire):
    """Every version, the first first."""

    versions: list[VersionOut]


class VintagePositionOut(Wire):
    """One closed vintage of the position."""

    vintage: int
    state: str
    credit_class: str
    budget_gco2e: Amount
    footprint_gco2e: Amount
    minted_gco2e: Amount


class EffectOut(Wire):
    """What a second look found: `debt` (less than 0, or 0 since an appeal lifted it) or `memo` (more than 0, or 0 if it
    tells what was paid of a debt that was lifted).
    """

    vintage: int
    kind: str
    effect_gco2e: SignedAmount
    made_at: Iso


class PositionOut(Wire):
    """budget - footprint + corrected - minted + retired for me (by myself, or by others for my deficits) = net."""

    vintages: list[VintagePositionOut]
    corrections: list[EffectOut]
    budget_gco2e: Amount
    footprint_gco2e: Amount
    corrected_gco2e: SignedAmount
    minted_gco2e: Amount
    retired_gco2e: Amount
    settled_by_others_gco2e: Amount
    net_gco2e: SignedAmount
    owed_gco2e: Amount


def _period(period: Period, vintage: int) -> PeriodOut:
    return PeriodOut(
        name=period.name,
        is_over=period.is_over,
        budget_gco2e=period.budget_gco2e,
        reported_gco2e=period.reported_gco2e,
        footprint_gco2e=period.footprint_gco2e,
        measured_bps=period.measured_bps,
        categories=[
            MonthOut(
                category=one.category,
                month=f"{vintage}-{one.month:02d}",
                status=one.status,
                budget_gco2e=one.budget_gco2e,
                reported_gco2e=one.reported_gco2e,
                footprint_gco2e=one.footprint_gco2e,
            )
            for one in period.categories
        ],
    )


def _forecast(found: Forecast) -> ForecastOut:
    return ForecastOut(**vars(found))


def _difference(found: Difference) -> DifferenceOut:
    return DifferenceOut(
        footprint_before_gco2e=found.footprint_before_gco2e,
        footprint_after_gco2e=found.footprint_after_gco2e,
        budget_before_gco2e=found.budget_before_gco2e,
        budget_after_gco2e=found.budget_after_gco2e,
        changes=[
            ChangeOut(
                cause=one.cause,
                category=one.category,
                month=one.month,
                delta_gco2e=str(one.delta_gco2e),
                what=one.what,
            )
            for one in found.changes
        ],
    )


@router.get("/statements/{vintage}/report")
def report_a_vintage(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> ReportOut:
    """The year so far, by months and quarters, with what is missing and a forecast of its credit."""
    now = clock_of(request).now()
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        draft = draft_of(session, books_of(request), person.person_id, vintage)
        statement = statement_of(session, person.person_id, vintage)
        returned_at = returns_of(session, person.person_id).get((person.person_id, vintage))
    year, region = draft.year, draft.policy.region
    today = now.astimezone(place_of(region).zone).date()
    return ReportOut(
        vintage=vintage,
        state=statement.state if statement else State.OPEN,
        region=region,
        credit_class=draft.policy.credit_class.code,
        first_day=year.member.first,
        last_day=year.member.last,
        submit_before=due_of(vintage, region, returned_at),
        budget_gco2e=year.budget_gco2e,
        reported_gco2e=sum(one.reported_gco2e for one in year.months),
        outside_gco2e=year.outside_gco2e,
        notes=notices_out(earning_notices(year, today)),
        months=[_period(one, vintage) for one in months_of(year, today)],
        quarters=[_period(one, vintage) for one in quarters_of(year, today)],
        reminders=[
            ReminderOut(
                category=one.category,
                month=one.month,
                covered_seconds=one.covered_s,
                whole_seconds=one.whole_s,
                missing=list(one.missing),
                costs_gco2e=str(one.costs_gco2e),
            )
            for one in reminders_of(year, draft.homes, today)
        ],
        forecast=_forecast(forecast_of(year, today)),
    )


@router.get("/statements/{vintage}/versions")
def list_versions(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> VersionsOut:
    """Every version of a statement that was ever closed."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        found = versions_of(session, person.person_id, vintage)
    return VersionsOut(
        versions=[
            VersionOut(is_current=one.current, **{k: v for k, v in vars(one).items() if k != "current"})
            for one in found
        ]
    )


@router.get("/statements/{vintage}/changes")
def why_did_it_change(  # noqa: PLR0917 - FastAPI's parameters, each by its name
    request: Request,
    account: SignedIn,
    vintage: Vintage,
    from_version: Annotated[int | None, Query(alias="fromVersion", ge=1)] = None,
    to_version: Annotated[int | None, Query(alias="toVersion", ge=1)] = None,
    start: Annotated[Iso | None, Query(alias="from", description="What was known then.")] = None,
    end: Annotated[Iso | None, Query(alias="to", description="What was known then; now if left out.")] = None,
    ward: OnBehalf = None,
) -> DifferenceOut:
    """Why a total changed between two versions, or between what was known at two times: which lines, which factor
    revision, which activity, by how much. Asked for neither, it tells the last version from the one before, or all that
    was recorded since the account was opened.
    """
    by_version = from_version is not None and to_version is not None and start is None and end is None
    by_time = start is not None and from_version is None and to_version is None
    by_itself = from_version is None and to_version is None and start is None and end is None
    if not by_version and not by_time and not by_itself:
        raise ComparisonUnclear
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        if from_version is not None and to_version is not None:
            found = between_versions(session, person.person_id, vintage, before=from_version, after=to_version)
        elif start is not None:
            until: datetime = end or clock_of(request).now()
            found = between_times(session, books_of(request), person.person_id, vintage, start=start, end=until)
        else:
            now = clock_of(request).now()
            found = latest_change(session, books_of(request), person, vintage, at=now)
    return _difference(found)


@router.post("/statements/{vintage}/reopen", status_code=204)
def reopen_vintage(request: Request, account: SignedIn, vintage: Vintage, ward: OnBehalf = None) -> Response:
    """Undoes a closing that was not submitted: the year is open again."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        reopen(session, person_id=person.person_id, vintage=vintage)
    return Response(status_code=204)


@router.delete("/activities/{activityId}", status_code=204, tags=["activities"])
def take_an_activity_back(
    request: Request,
    account: SignedIn,
    activity_id: Annotated[int, Path(alias="activityId", ge=1, le=2**53 - 1)],
    ward: OnBehalf = None,
) -> Response:
    """Takes back what the account entered, before its year is submitted."""
    with database_of(request).write() as session:
        person = acting(session, request, account, ward)
        withdraw(session, person_id=person.person_id, activity_id=activity_id, at=clock_of(request).now())
    return Response(status_code=204)


@router.get("/position")
def see_your_position(request: Request, account: SignedIn, ward: OnBehalf = None) -> PositionOut:
    """The net position, always whole: budget - footprint + what was corrected - minted + retired for me."""
    with database_of(request).read() as session:
        person = acting(session, request, account, ward)
        found = position_of(session, person.person_id)
    return PositionOut(
        vintages=[VintagePositionOut(**vars(one)) for one in found.vintages],
        corrections=[
            EffectOut(vintage=one.vintage, kind=one.kind, effect_gco2e=str(one.effect_gco2e), made_at=one.made_at)
            for one in found.corrections
        ],
        budget_gco2e=found.budget_gco2e,
        footprint_gco2e=found.footprint_gco2e,
        corrected_gco2e=str(found.corrected_gco2e),
        minted_gco2e=found.minted_gco2e,
        retired_gco2e=found.retired_gco2e,
        settled_by_others_gco2e=found.settled_by_others_gco2e,
        net_gco2e=str(found.net_gco2e),
        owed_gco2e=found.owed_gco2e,
    )
