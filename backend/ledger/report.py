"""A vintage so far: months and quarters as reports, what is missing, and a forecast of the year. No framework.

Only a closed vintage year mints; everything here is a report. The forecast is no promise: it takes the rest of the year
to be like what was measured of it so far, category by category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from backend.footprint.kind import METERED, Category, Grade, told_of
from backend.ledger.accrual import BPS
from backend.ledger.coverage import Home
from backend.ledger.netting import largest_mint
from backend.ledger.statement import Month, Status, Withheld, Year

MONTHS_IN_QUARTER = 3


@dataclass(frozen=True)
class Period:
    """A month or a quarter of a vintage, in grams. What is not measured counts as the high default."""

    name: str
    """`2025-03` or `2025-Q1`."""
    is_over: bool
    budget_gco2e: int
    reported_gco2e: int
    footprint_gco2e: int
    measured_bps: int
    """Share of the period's budget whose months are evidenced."""
    categories: tuple[Month, ...]


@dataclass(frozen=True)
class Reminder:
    """A category's month that is over and not measured: what to send."""

    category: Category
    month: str
    covered_s: int
    whole_s: int
    missing: tuple[str, ...]
    """Streams (or kinds that add up, where the policy asks for each), or `meter`, without evidence for the month."""
    costs_gco2e: int
    """What it counts as beyond what was reported, as long as it is missing."""


@dataclass(frozen=True)
class Forecast:
    """The year's end as seen today, in grams."""

    months_measured: int
    months_assumed: int
    """Months to come, taken to be like the measured ones of their category; 0 once the year is over."""
    budget_gco2e: int
    footprint_gco2e: int
    bound_gco2e: int
    surplus_gco2e: int
    credit_gco2e: int
    deficit_gco2e: int
    credit_if_nothing_more_gco2e: int
    """What would mint if nothing more were sent: every month to come counts as the high default."""


def month_name(vintage: int, month: int) -> str:
    """Such as `2025-03`."""
    return f"{vintage}-{month:02d}"


def _first_after(vintage: int, month: int) -> date:
    return date(vintage + month // 12, month % 12 + 1, 1)


def is_over(vintage: int, month: int, last: date, today: date) -> bool:
    """Whether a member's month has ended by today; `last` is its last day in the vintage."""
    return today >= min(_first_after(vintage, month), last + timedelta(days=1))


def _period(name: str, months: Sequence[Month], year: Year, today: date) -> Period:
    budget = sum(one.budget_gco2e for one in months)
    measured = sum(one.budget_gco2e for one in months if one.status is not Status.UNMEASURED)
    return Period(
        name=name,
        is_over=all(is_over(year.member.vintage, one.month, year.member.last, today) for one in months),
        budget_gco2e=budget,
        reported_gco2e=sum(one.reported_gco2e for one in months),
        footprint_gco2e=sum(one.footprint_gco2e for one in months),
        measured_bps=measured * BPS // budget if budget else 0,
        categories=tuple(months),
    )


def months_of(year: Year, today: date) -> list[Period]:
    """The member's months, in order."""
    vintage = year.member.vintage
    found = sorted({one.month for one in year.months})
    return [
        _period(month_name(vintage, month), [one for one in year.months if one.month == month], year, today)
        for month in found
    ]


def quarters_of(year: Year, today: date) -> list[Period]:
    """The member's quarters, in order; each holds the months it has in them."""
    found = sorted({quarter_of(one.month) for one in year.months})
    return [
        _period(
            f"{year.member.vintage}-Q{quarter}",
            [one for one in year.months if quarter_of(one.month) == quarter],
            year,
            today,
        )
        for quarter in found
    ]


def quarter_of(month: int) -> int:
    """1 .. 4."""
    return (month - 1) // MONTHS_IN_QUARTER + 1


def reminders_of(year: Year, homes: Sequence[Home], today: date) -> list[Reminder]:
    """Every month that is over and not measured, in order of time."""
    vintage = year.member.vintage
    found = [
        Reminder(
            category=one.category,
            month=month_name(vintage, one.month),
            covered_s=one.covered_s,
            whole_s=one.whole_s,
            missing=_missing(one, year, homes),
            costs_gco2e=one.footprint_gco2e - one.reported_gco2e,
        )
        for one in year.months
        if _is_asked_for(one, year) and is_over(vintage, one.month, year.member.last, today)
    ]
    return sorted(found, key=lambda one: (one.month, one.category))


def _is_asked_for(month: Month, year: Year) -> bool:
    """Whether something of it has to be sent: all of it where only whole years mint."""
    return month.status is Status.UNMEASURED or bool(year.policy.guards.whole_years_only and month.gap_s)


def _missing(month: Month, year: Year, homes: Sequence[Home]) -> tuple[str, ...]:
    every_kind = year.policy.guards.every_kind
    kinds = [
        line.reading.activity.kind
        for line in year.lines
        if (line.category, line.month) == (month.category, month.month) and line.reading.activity.grade is not Grade.S
    ]
    told = {kind.told_as if every_kind else kind.stream for kind in kinds}
    asked = told_of(month.category, every_kind=every_kind)
    if month.category in METERED:
        silent = asked - told if every_kind and told else ()
        return tuple(sorted(silent)) or (("meter",) if homes else ("home",))
    return tuple(sorted(asked - told)) or tuple(sorted(asked))


def _scaled_up(amount: int, part: int, whole: int) -> int:
    return -(-amount * part // whole) if whole else 0


def forecast_of(year: Year, today: date) -> Forecast:
    """The year's end if the months to come are like the measured ones. Without a measured month of a category its
    months to come stay at the high default.
    """
    policy, vintage = year.policy, year.member.vintage
    footprint = bound = assumed = 0
    shared = [one for one in year.months if one.spreads]
    shared_gco2e = sum(one.footprint_gco2e for one in shared)
    assumed_gco2e = 0
    for budget in policy.categories:
        months = [one for one in year.months if one.category == budget.category]
        over = [one for one in months if is_over(vintage, one.month, year.member.last, today)]
        measured = [one for one in over if one.status is not Status.UNMEASURED]
        measured_budget = sum(one.budget_gco2e for one in measured)
        for one in months:
            if one in over or not measured_budget:
                footprint, bound = footprint + one.footprint_gco2e, bound + one.bound_gco2e
                continue
            assumed += 1
            alike = _scaled_up(sum(other.footprint_gco2e for other in measured), one.budget_gco2e, measured_budget)
            footprint += alike
            bound += _scaled_up(sum(other.bound_gco2e for other in measured), one.budget_gco2e, measured_budget)
            assumed_gco2e += alike if any(other.spreads for other in measured) else 0
    margin = _scaled_up(year.margin_gco2e, shared_gco2e + assumed_gco2e, shared_gco2e) if shared_gco2e else 0
    bound += margin
    total = year.budget_gco2e
    surplus = max(0, total - bound) if _enough(year, today) else 0
    return Forecast(
        months_measured=sum(one.status is not Status.UNMEASURED for one in year.months),
        months_assumed=assumed,
        budget_gco2e=total,
        footprint_gco2e=footprint,
        bound_gco2e=bound,
        surplus_gco2e=surplus,
        credit_gco2e=largest_mint(surplus, policy.mint_step_gco2e, policy.buffer_bps),
        deficit_gco2e=max(0, footprint - total),
        credit_if_nothing_more_gco2e=largest_mint(year.surplus_gco2e, policy.mint_step_gco2e, policy.buffer_bps),
    )


def has_gap(year: Year, today: date) -> bool:
    """Whether a month that is over was not evidenced to the second."""
    vintage, last = year.member.vintage, year.member.last
    return any(one.gap_s and is_over(vintage, one.month, last, today) for one in year.months)


def _enough(year: Year, today: date) -> bool:
    """Whether the year would mint if every month to come is measured."""
    if year.withheld in {Withheld.CUT, Withheld.HELD} or (year.policy.guards.whole_years_only and has_gap(year, today)):
        return False
    unmeasured = sum(
        one.budget_gco2e
        for one in year.months
        if one.status is Status.UNMEASURED and is_over(year.member.vintage, one.month, year.member.last, today)
    )
    total = year.budget_gco2e
    return bool(total) and (total - unmeasured) * BPS // total >= year.policy.year_measured_bps
