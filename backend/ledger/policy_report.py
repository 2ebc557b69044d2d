"""Who gains and who loses by a policy, over the personas, before it is adopted. No database.

Personas are made up: the report shows how a policy treats kinds of life, not how many people live them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.kernel.errors import InvalidInput, TanyuError
from backend.ledger.persona import ASPECTS, Persona
from backend.ledger.persona_year import PersonaYear, play
from backend.ledger.policy import Policy, PolicySet


class PoliciesNotComparable(InvalidInput):
    """Two policies of different regions: nobody would be under the one instead of the other."""

    code = "policy.not_comparable"

    def __init__(self, policy: Policy, against: Policy) -> None:
        super().__init__(
            f"{policy.id} governs {policy.region} and {against.id} {against.region}; compare policies of one region",
            policy=policy.id,
            region=policy.region,
            against=against.id,
            against_region=against.region,
        )


class Verdict(StrEnum):
    """What a policy does for a persona."""

    GAINS = "gains"
    """It has a surplus; or, against another policy, more surplus or less deficit."""
    LOSES = "loses"
    """It has a deficit; or, against another policy, more deficit or less surplus."""
    NEITHER = "neither"


@dataclass(frozen=True)
class Outcome:
    """One persona under the policy, and under the other one if there is one."""

    found: PersonaYear
    before: PersonaYear | None

    @property
    def change_gco2e(self) -> int:
        """How much better (or, less than nothing, worse) it stands than under the other policy, or than at zero."""
        return self.found.standing_gco2e - (self.before.standing_gco2e if self.before else 0)

    @property
    def verdict(self) -> Verdict:
        """By the change."""
        change = self.change_gco2e
        return Verdict.GAINS if change > 0 else Verdict.LOSES if change < 0 else Verdict.NEITHER


@dataclass(frozen=True)
class LeftOut:
    """A persona that cannot be closed under one of the policies, and why."""

    persona: Persona
    code: str
    why: str


@dataclass(frozen=True)
class Group:
    """Personas that have something in common, and what becomes of them; grams."""

    aspect: str
    value: str
    people: int
    gains: int
    loses: int
    budget_gco2e: int
    footprint_gco2e: int
    surplus_gco2e: int
    deficit_gco2e: int
    change_gco2e: int


@dataclass(frozen=True)
class PolicyReport:
    """A policy over the personas of its region."""

    policy: Policy
    against: Policy | None
    outcomes: tuple[Outcome, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def people_under_cap(self) -> int:
        """How many full-year adults without any household term the region's cap has budgets for."""
        return self.policy.region_cap_gco2e // max(1, sum(one.budget_gco2e for one in self.policy.categories))


def _year(persona: Persona, policies: PolicySet, policy: Policy) -> PersonaYear | LeftOut:
    try:
        return play(persona, policies.adopting(policy), vintage=policy.vintage)
    except TanyuError as failure:
        return LeftOut(persona, failure.code, str(failure))


def _group(aspect: str, value: str, outcomes: Sequence[Outcome]) -> Group:
    def total(grams: Callable[[Outcome], int]) -> int:
        return sum(grams(one) for one in outcomes)

    return Group(
        aspect=aspect,
        value=value,
        people=len(outcomes),
        gains=sum(one.verdict is Verdict.GAINS for one in outcomes),
        loses=sum(one.verdict is Verdict.LOSES for one in outcomes),
        budget_gco2e=total(lambda one: one.found.year.budget_gco2e),
        footprint_gco2e=total(lambda one: one.found.year.footprint_gco2e),
        surplus_gco2e=total(lambda one: one.found.year.surplus_gco2e),
        deficit_gco2e=total(lambda one: one.found.year.deficit_gco2e),
        change_gco2e=total(lambda one: one.change_gco2e),
    )


def groups_of(outcomes: Sequence[Outcome]) -> tuple[Group, ...]:
    """Everybody, then the same people by region and by each aspect, values in order."""

    def of(one: Outcome, aspect: str) -> str:
        persona = one.found.persona
        return persona.region if aspect == "region" else persona.aspects[aspect]

    found = [_group("all", "everybody", outcomes)]
    for aspect in ("region", *ASPECTS):
        for value in sorted({of(one, aspect) for one in outcomes}):
            found.append(_group(aspect, value, [one for one in outcomes if of(one, aspect) == value]))
    return tuple(found)


def report_of(
    policy: Policy, policies: PolicySet, personas: Mapping[str, Persona], against: Policy | None = None
) -> PolicyReport:
    """A policy, shipped or not, over the personas that belong to its region: each is played in the policy's vintage
    with that vintage's frozen factors, and under the other policy in its own. Raises PoliciesNotComparable.
    """
    if against is not None and against.region != policy.region:
        raise PoliciesNotComparable(policy, against)
    outcomes: list[Outcome] = []
    left_out: list[LeftOut] = []
    for persona in personas.values():
        if persona.region != policy.region:
            continue
        found = _year(persona, policies, policy)
        before = _year(persona, policies, against) if against else None
        for one in (found, before):
            if isinstance(one, LeftOut):
                left_out.append(one)
                break
        else:
            assert isinstance(found, PersonaYear)
            assert not isinstance(before, LeftOut)
            outcomes.append(Outcome(found, before))
    return PolicyReport(policy, against, tuple(outcomes), tuple(left_out))
