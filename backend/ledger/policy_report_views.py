"""What a policy report and the personas look like as JSON."""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from backend.access.wire import Amount, HexBytes32, Wire
from backend.ledger.persona import Persona
from backend.ledger.persona_year import PersonaYear
from backend.ledger.policy_report import Group, LeftOut, Outcome, PolicyReport, groups_of

SignedAmount: TypeAlias = str
"""Grams of CO2e as a decimal string, with a minus sign if less than nothing."""


class StandingOut(Wire):
    """A persona's year under one policy."""

    budget_gco2e: Amount
    footprint_gco2e: Amount
    bound_gco2e: Amount
    surplus_gco2e: Amount
    credit_gco2e: Amount
    deficit_gco2e: Amount
    outside_gco2e: Amount
    measured_bps: int


class OutcomeOut(Wire):
    """A persona under a policy: what it comes to, and how much better it stands than under the other, or than at zero.

    Between two vintages footprints move by their factors too: `before.footprintGco2e` shows by how much.
    """

    persona: str
    name: str
    verdict: str
    change_gco2e: SignedAmount
    now: StandingOut
    before: StandingOut | None


class LeftOutOut(Wire):
    """A persona that cannot be closed under the policy, with the error's code."""

    persona: str
    code: str
    why: str


class GroupOut(Wire):
    """Personas that have something in common: a region, a diet, a home, a way of travel, children."""

    aspect: str
    value: str
    people: int
    gains: int
    loses: int
    budget_gco2e: Amount
    footprint_gco2e: Amount
    surplus_gco2e: Amount
    deficit_gco2e: Amount
    change_gco2e: SignedAmount


class PolicyReportOut(Wire):
    """A policy over the personas of its region."""

    policy: str
    revision: int
    digest: HexBytes32
    illustrative: bool
    backcast: bool
    against: str | None
    region_cap_gco2e: Amount
    people_under_cap: int
    """Full-year adults that the cap has budgets for."""
    budget_gco2e: Amount
    """What the personas shown are given, of that cap."""
    outcomes: list[OutcomeOut]
    left_out: list[LeftOutOut]


class PolicyReportsOut(Wire):
    """Who gains and who loses. Personas are made up: kinds of life, not how many people live them."""

    reports: list[PolicyReportOut]
    groups: list[GroupOut]


class PersonaChangeOut(Wire):
    """What a persona's year came to from a day on, and why."""

    on: date
    reason: str
    after: dict[str, SignedAmount]


class PersonaOut(Wire):
    """A persona, and what its year came to when its figures last moved."""

    id: str
    name: str
    region: str
    vintage: int
    aspects: dict[str, str]
    born_on: date | None
    assumption: str
    changes: list[PersonaChangeOut]


class PersonasOut(Wire):
    """Every persona, in order of id."""

    personas: list[PersonaOut]


def _standing_out(found: PersonaYear) -> StandingOut:
    year = found.year
    return StandingOut(
        budget_gco2e=year.budget_gco2e,
        footprint_gco2e=year.footprint_gco2e,
        bound_gco2e=year.bound_gco2e,
        surplus_gco2e=year.surplus_gco2e,
        credit_gco2e=found.plan.credit_gco2e,
        deficit_gco2e=year.deficit_gco2e,
        outside_gco2e=year.outside_gco2e,
        measured_bps=year.measured_bps,
    )


def _outcome_out(one: Outcome) -> OutcomeOut:
    return OutcomeOut(
        persona=one.found.persona.id,
        name=one.found.persona.name,
        verdict=one.verdict,
        change_gco2e=str(one.change_gco2e),
        now=_standing_out(one.found),
        before=_standing_out(one.before) if one.before else None,
    )


def _left_out_out(one: LeftOut) -> LeftOutOut:
    return LeftOutOut(persona=one.persona.id, code=one.code, why=one.why)


def _group_out(one: Group) -> GroupOut:
    return GroupOut(
        aspect=one.aspect,
        value=one.value,
        people=one.people,
        gains=one.gains,
        loses=one.loses,
        budget_gco2e=one.budget_gco2e,
        footprint_gco2e=one.footprint_gco2e,
        surplus_gco2e=one.surplus_gco2e,
        deficit_gco2e=one.deficit_gco2e,
        change_gco2e=str(one.change_gco2e),
    )


def _report_out(report: PolicyReport) -> PolicyReportOut:
    policy = report.policy
    return PolicyReportOut(
        policy=policy.id,
        revision=policy.revision,
        digest=policy.digest,
        illustrative=policy.illustrative,
        backcast=policy.path is not None and policy.path.backcast,
        against=report.against.id if report.against else None,
        region_cap_gco2e=policy.region_cap_gco2e,
        people_under_cap=report.people_under_cap,
        budget_gco2e=sum(one.found.year.budget_gco2e for one in report.outcomes),
        outcomes=[_outcome_out(one) for one in report.outcomes],
        left_out=[_left_out_out(one) for one in report.left_out],
    )


def reports_out(reports: Sequence[PolicyReport]) -> PolicyReportsOut:
    """Reports one by one, and the groups over all of them."""
    everybody = [one for report in reports for one in report.outcomes]
    return PolicyReportsOut(
        reports=[_report_out(one) for one in reports], groups=[_group_out(one) for one in groups_of(everybody)]
    )


def persona_out(persona: Persona) -> PersonaOut:
    """A persona with every result it ever had."""
    return PersonaOut(
        id=persona.id,
        name=persona.name,
        region=persona.region,
        vintage=persona.vintage,
        aspects=dict(persona.aspects),
        born_on=persona.born_on,
        assumption=persona.assumption,
        changes=[
            PersonaChangeOut(
                on=one.on, reason=one.reason, after={name: str(value) for name, value in one.after.items()}
            )
            for one in persona.changes
        ],
    )
