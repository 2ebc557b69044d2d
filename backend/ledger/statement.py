"""The closing rules: from a person's lines to budget, footprint, upper bound, surplus or deficit (DESIGN section 3).

Integers only, no framework, no clock: the same inputs give the same statement to the gram.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category, Grade
from backend.footprint.line import Spread, linear_margin_gco2e, margin_gco2e
from backend.footprint.place import place_of
from backend.footprint.span import Span, union
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


def year_of(
    *,
    policy: Policy,
    member: Membership,
    zone: ZoneInfo,
    factors: FactorSet,
    readings: Sequence[Reading],
    homes: Sequence[Home],
    vehicles: Sequence[Home] = (),
) -> Year:
    """Closes a year by the rules. `factors` is the vintage's frozen set; `vehicles` are what the person uses, each
    with its name as its one meter. Raises FactorUnknown, BasisMismatch.
    """
    lines = lines_of(readings, member, zone, factors)
    time = union(member.span_in(month, zone) for month in MONTHS)
    months: list[Month] = []
    for budget in policy.categories:
        covered = covered_spans(budget.category, time, readings, homes, vehicles)
        months += _months_of(policy, budget, member=member, zone=zone, covered=covered, lines=lines)
    total_budget = sum(one.budget_gco2e for one in months)
    footprint = sum(one.footprint_gco2e for one in months)
    margin = margin_gco2e(spread for one in months for spread in one.spreads)
    bound = sum(one.bound_gco2e for one in months) + margin
    measured = sum(one.budget_gco2e for one in months if one.status is not Status.UNMEASURED)
    measured_bps = measured * BPS // total_budget if total_budget else 0
    enough = measured_bps >= policy.year_measured_bps
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
    )


def _months_of(
    policy: Policy,
    budget: CategoryBudget,
    *,
    member: Membership,
    zone: ZoneInfo,
    covered: Sequence[Span],
    lines: Sequence[Line],
) -> list[Month]:
    budgets = monthly_budget(budget.budget_gco2e, member, policy, budget.category)
    defaults = monthly_default(budget.high_default_gco2e, member, budget.category)
    found: list[Month] = []
    for month in MONTHS:
        whole = member.span_in(month, zone)
        if not whole.seconds:
            continue
        own = [line for line in lines if (line.category, line.month) == (budget.category, month)]
        earning = [may_earn(line, policy, budget) for line in own]
        found.append(
            _month_of(
                policy,
                budget.category,
                month,
                lines=own,
                earns=all(earning),
                budget_gco2e=budgets[month - 1],
                default_gco2e=defaults[month - 1],
                covered_s=seconds_within(covered, whole),
                whole_s=whole.seconds,
            )
        )
    return found


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
) -> Month:
    reported = sum(line.amount.gco2e for line in lines)
    spreads = tuple(spread for line in lines for spread in line.amount.spreads)
    shared: tuple[Spread, ...] = ()
    if covered_s * BPS < policy.month_measured_bps * whole_s:
        status = Status.UNMEASURED
        footprint = max(budget_gco2e, default_gco2e, reported)
        bound = max(budget_gco2e, default_gco2e, reported + linear_margin_gco2e(spreads))
    else:
        footprint = reported + _gap(max(budget_gco2e, default_gco2e), reported, covered_s, whole_s)
        if earns:
            status, shared = Status.MEASURED, spreads
            bound = footprint + _held_back(policy, lines, budget_gco2e - footprint)
        else:
            status = Status.PROXIED
            bound = max(budget_gco2e, footprint + linear_margin_gco2e(spreads))
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


def _held_back(policy: Policy, lines: Sequence[Line], saved_gco2e: int) -> int:
    """The haircut: the policy's share of what a month saves, unless every line of it is signed by a utility."""
    if saved_gco2e <= 0 or (lines and all(line.reading.activity.grade is Grade.M for line in lines)):
        return 0
    return -(-saved_gco2e * policy.haircut_d_bps // BPS)


def may_earn(line: Line, policy: Policy, budget: CategoryBudget) -> bool:
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
        boundary_fits = factor.via is not None or line.choice.carrier is not None or factor.boundary == budget.boundary
        if basis_fits and boundary_fits:
            continue
        if place_of(line.reading.activity.place).nation != place_of(policy.region).nation:
            return False
        raise BasisMismatch(factor.id, policy.id, budget.category)
    return True
