"""The closing rules: from a person's lines to budget, footprint, upper bound, surplus or deficit (DESIGN section 3).

Integers only, no framework, no clock: the same inputs give the same statement to the gram.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category, Grade
from backend.footprint.line import Spread, linear_margin_gco2e, margin_gco2e
from backend.footprint.place import place_of
from backend.footprint.span import Span, subtract, union
from backend.kernel.errors import RuleViolated
from backend.ledger.accrual import BPS, MONTHS, Membership, monthly_budget, monthly_default
from backend.ledger.coverage import Home, Reading, covered_spans, seconds_within
from backend.ledger.lines import Line, lines_of
from backend.ledger.policy import CategoryBudget, Policy


class Status(StrEnum):
    """How a category's month counts."""

    MEASURED = "measured"
    """Evidenced, with factors of the place: it may earn."""
    PROXIED = "proxied"
    """Evidenced, but some factor is another country's (or of another basis there): it may cost, never earn."""
    UNMEASURED = "unmeasured"
    """Not evidenced enough: it counts as the high default at least."""


class Withheld(StrEnum):
    """Why a year mints nothing whatever was saved (`Guards`)."""

    CUT = "cut"
    """It begins or ends within the year, by somebody's choice: the months left out may be the expensive ones."""
    GAP = "gap"
    """Some of it is not evidenced: what is left out may be the expensive part."""
    HELD = "held"
    """An earlier year had such a gap, and what it hid may be owed."""


class BasisMismatch(RuleViolated):
    """A factor's gas basis or boundary is not the budget's, so the two cannot be compared."""

    code = "statement.basis_mismatch"

    def __init__(self, factor_id: str, policy_id: str, category: str) -> None:
        super().__init__(
            f"factor {factor_id} has another gas basis or boundary than {policy_id} has for {category}",
            factor=factor_id,
            policy=policy_id,
            category=category,
        )


@dataclass(frozen=True)
class Month:
    """One category in one month, in grams. `bound_gco2e` holds everything but the margin that is shared with others."""

    category: Category
    month: int
    status: Status
    budget_gco2e: int
    reported_gco2e: int
    footprint_gco2e: int
    bound_gco2e: int
    covered_s: int
    whole_s: int
    gap_s: int
    """Seconds without evidence; travelling between two homes' clocks left out."""
    spreads: tuple[Spread, ...]


@dataclass(frozen=True)
class Year:
    """A person's vintage: totals in grams, the months they come from, and the lines."""

    policy: Policy
    member: Membership
    months: tuple[Month, ...]
    lines: tuple[Line, ...]
    budget_gco2e: int
    footprint_gco2e: int
    margin_gco2e: int
    bound_gco2e: int
    measured_bps: int
    """Share of the budget whose months are evidenced."""
    surplus_gco2e: int
    deficit_gco2e: int
    outside_gco2e: int
    """What was reported in categories the policy does not cover: shown, never compared."""
    gap_s: int
    """The months' seconds without evidence, summed."""
    withheld: Withheld | None


def year_of(
    *,
    policy: Policy,
    member: Membership,
    zone: ZoneInfo,
    factors: FactorSet,
    readings: Sequence[Reading],
    homes: Sequence[Home],
    vehicles: Sequence[Home] = (),
    moving: Sequence[Span] = (),
    is_held: bool = False,
) -> Year:
    """Closes a year by the rules. `factors` is the vintage's frozen set; `vehicles` are what the person uses, each
    with its name as its one meter; `moving` is the time between the last day in one region and the first in another;
    `is_held` says that an earlier year's gap holds this one. Raises FactorUnknown, BasisMismatch.
    """
    lines = lines_of(readings, member, zone, factors)
    time = union(member.span_in(month, zone) for month in MONTHS)
    months: list[Month] = []
    for budget in policy.categories:
        covered = covered_spans(budget.category, time, readings, homes, vehicles, every_kind=policy.guards.every_kind)
        gaps = subtract(subtract(time, covered), union(moving))
        months += _months_of(policy, budget, member=member, zone=zone, covered=covered, gaps=gaps, lines=lines)
    total_budget = sum(one.budget_gco2e for one in months)
    footprint = sum(one.footprint_gco2e for one in months)
    margin = margin_gco2e(spread for one in months for spread in one.spreads)
    bound = sum(one.bound_gco2e for one in months) + margin
    measured = sum(one.budget_gco2e for one in months if one.status is not Status.UNMEASURED)
    measured_bps = measured * BPS // total_budget if total_budget else 0
    gap_s = sum(one.gap_s for one in months)
    withheld = _withheld(policy, member, gap_s, is_held)
    enough = measured_bps >= policy.year_measured_bps and withheld is None
    covered_categories = {budget.category for budget in policy.categories}
    return Year(
        policy=policy,
        member=member,
        months=tuple(months),
        lines=tuple(lines),
        budget_gco2e=total_budget,
        footprint_gco2e=footprint,
        margin_gco2e=margin,
        bound_gco2e=bound,
        measured_bps=measured_bps,
        surplus_gco2e=max(0, total_budget - bound) if enough else 0,
        deficit_gco2e=max(0, footprint - total_budget),
        outside_gco2e=sum(line.amount.gco2e for line in lines if line.category not in covered_categories),
        gap_s=gap_s,
        withheld=withheld,
    )


def _withheld(policy: Policy, member: Membership, gap_s: int, is_held: bool) -> Withheld | None:
    if policy.guards.whole_years_only:
        if not member.is_whole:
            return Withheld.CUT
        if gap_s:
            return Withheld.GAP
    return Withheld.HELD if is_held else None


def _months_of(
    policy: Policy,
    budget: CategoryBudget,
    *,
    member: Membership,
    zone: ZoneInfo,
    covered: Sequence[Span],
    gaps: Sequence[Span],
    lines: Sequence[Line],
) -> list[Month]:
    budgets = monthly_budget(budget.budget_gco2e, member, policy, budget.category)
    defaults = monthly_default(budget.high_default_gco2e, member, budget.category)
    year = [line for line in lines if line.category == budget.category]
    at_once = policy.guards.year_at_once
    earning = [(line.month, _may_earn(line, policy, budget)) for line in year if line.least.gco2e or not at_once]
    found: list[Month] = []
    for month in MONTHS:
        whole = member.span_in(month, zone)
        if not whole.seconds:
            continue
        found.append(
            _month_of(
                policy,
                budget.category,
                month,
                lines=[line for line in year if line.month == month],
                earns=all(earns for when, earns in earning if at_once or when == month),
                budget_gco2e=budgets[month - 1],
                default_gco2e=defaults[month - 1],
                covered_s=seconds_within(covered, whole),
                whole_s=whole.seconds,
                gap_s=seconds_within(gaps, whole),
            )
        )
    return _at_once(policy, found, year) if at_once else found


def _month_of(
    policy: Policy,
    category: Category,
    month: int,
    *,
    lines: Sequence[Line],
    earns: bool,
    budget_gco2e: int,
    default_gco2e: int,
    covered_s: int,
    whole_s: int,
    gap_s: int,
) -> Month:
    reported = sum(line.amount.gco2e for line in lines)
    least = sum(line.least.gco2e for line in lines)
    spreads = tuple(spread for line in lines for spread in line.least.spreads)
    shared: tuple[Spread, ...] = ()
    if covered_s * BPS < policy.month_measured_bps * whole_s:
        status = Status.UNMEASURED
        footprint = max(budget_gco2e, default_gco2e, reported)
        bound = max(budget_gco2e, default_gco2e, least + linear_margin_gco2e(spreads))
    else:
        filled = _gap(max(budget_gco2e, default_gco2e), least, covered_s, whole_s)
        footprint = reported + _gap(max(budget_gco2e, default_gco2e), reported, covered_s, whole_s)
        bound = least + filled
        if earns:
            status, shared = Status.MEASURED, spreads
            bound += 0 if policy.guards.year_at_once else _held_back(policy, lines, budget_gco2e - bound)
        else:
            status = Status.PROXIED
            bound += linear_margin_gco2e(spreads)
            bound = bound if policy.guards.year_at_once else max(budget_gco2e, bound)
    return Month(
        category=category,
        month=month,
        status=status,
        budget_gco2e=budget_gco2e,
        reported_gco2e=reported,
        footprint_gco2e=footprint,
        bound_gco2e=bound,
        covered_s=covered_s,
        whole_s=whole_s,
        gap_s=gap_s,
        spreads=shared,
    )


def _gap(high_gco2e: int, reported_gco2e: int, covered_s: int, whole_s: int) -> int:
    """What the few unmeasured seconds of a measured month count as: the higher of the default's rate and the month's
    own, rounded up. Without it, leaving out the allowed 5 % would earn.
    """
    gap_s = whole_s - covered_s
    by_default = -(-high_gco2e * gap_s // whole_s)
    by_own_rate = -(-reported_gco2e * gap_s // covered_s) if covered_s else 0
    return max(by_default, by_own_rate)


def _at_once(policy: Policy, months: Sequence[Month], lines: Sequence[Line]) -> list[Month]:
    """A category's months with haircut and proxies taken over the year: a month's bound is by how much the bound of the
    year so far grew with it. So it does not matter into which months a reading's quantity falls.
    """
    found: list[Month] = []
    budget = plain = bound = 0
    for month in months:
        if month.status is Status.UNMEASURED:
            found.append(month)
            continue
        budget, plain = budget + month.budget_gco2e, plain + month.bound_gco2e
        if month.status is Status.PROXIED:
            so_far = max(budget, plain)
        else:
            so_far = plain + _held_back(policy, lines, budget - plain)
        found.append(replace(month, bound_gco2e=so_far - bound))
        bound = so_far
    return found


def _held_back(policy: Policy, lines: Sequence[Line], saved_gco2e: int) -> int:
    """The haircut: the policy's share of what is saved, unless every line of it is signed by a utility."""
    if saved_gco2e <= 0 or (lines and all(line.reading.activity.grade is Grade.M for line in lines)):
        return 0
    return -(-saved_gco2e * policy.haircut_d_bps // BPS)


def _may_earn(line: Line, policy: Policy, budget: CategoryBudget) -> bool:
    """Whether a line may earn: its factors are near enough and known well enough, with the budget's gas basis and
    boundary. What only costs is added to the footprint whatever its basis is; so is what was travelled to or moved
    from another country. Raises BasisMismatch for a line at home that would earn on another basis.
    """
    if not line.earns:
        return False
    for selection in (line.choice.own, line.choice.carrier):
        if selection is None:
            continue
        factor = selection.factor
        basis_fits = factor.via is not None or factor.gas_basis == budget.gas_basis
        boundary_fits = factor.via is not None or line.choice.carrier is not None or budget.takes(factor.boundary)
        if basis_fits and boundary_fits:
            continue
        if place_of(line.reading.activity.place).nation != place_of(policy.region).nation:
            return False
        raise BasisMismatch(factor.id, policy.id, budget.category)
    return True
