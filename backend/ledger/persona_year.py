"""A persona's year by the closing rules: the very functions that close a member's, on what the persona's file says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from backend.footprint.activity import Activity, activity_of
from backend.footprint.factors import FactorSet
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import METERED, Category, kind_of
from backend.footprint.place import place_of
from backend.footprint.span import Span, days_span, month_span
from backend.ledger.accrual import MONTHS, Membership
from backend.ledger.alone import alone_days
from backend.ledger.coverage import Home, Reading
from backend.ledger.home import Stay
from backend.ledger.netting import Plan, plan_of
from backend.ledger.persona import Persona, PersonaHome, PersonaUse
from backend.ledger.policy import Policy, PolicySet
from backend.ledger.residence import Residence
from backend.ledger.seat import seat_of
from backend.ledger.statement import Year, year_of

_SELF = 0
"""The persona among those who live in its homes."""


@dataclass(frozen=True)
class PersonaYear:
    """A persona's year under a policy, and what would mint of it if nothing was owed or carried."""

    persona: Persona
    policy: Policy
    year: Year
    plan: Plan

    @property
    def standing_gco2e(self) -> int:
        """The surplus, or the deficit as less than nothing."""
        return self.year.surplus_gco2e - self.year.deficit_gco2e

    def totals(self) -> dict[str, int]:
        """What the persona's file keeps, by name; grams but for the first."""
        year = self.year
        return {
            "policy_revision": self.policy.revision,
            "measured_bps": year.measured_bps,
            "budget_gco2e": year.budget_gco2e,
            "footprint_gco2e": year.footprint_gco2e,
            "margin_gco2e": year.margin_gco2e,
            "bound_gco2e": year.bound_gco2e,
            "surplus_gco2e": year.surplus_gco2e,
            "credit_gco2e": self.plan.credit_gco2e,
            "deficit_gco2e": year.deficit_gco2e,
            "outside_gco2e": year.outside_gco2e,
        }


def _lived(home: PersonaHome, vintage: int) -> tuple[date, date]:
    return date(vintage, *home.first), date(vintage, *home.last)


def _member(persona: Persona, policies: PolicySet, vintage: int) -> tuple[Policy, Membership]:
    residences = [Residence(date(vintage, *since), region) for since, region in persona.regions]
    joined_on = max(residences[0].since_on, persona.born_on or residences[0].since_on)
    policy, member, _ = seat_of(
        policies, residences, vintage=vintage, joined_on=joined_on, left_on=None, born_on=persona.born_on
    )
    homes = [[Stay(person, *_lived(home, vintage)) for person in range(home.people)] for home in persona.homes]
    return policy, replace(member, alone=alone_days(homes, _SELF, member.first, member.last))


def _activities(use: PersonaUse, place: str, meter: str | None, vintage: int) -> Iterator[Activity]:
    """The readings of a use, as they would be entered."""
    zone = place_of(place).zone
    whole = days_span(date(vintage, 1, 1), date(vintage, 12, 31), zone)
    entries: list[tuple[Span, str | None]] = [(whole, use.yearly)]
    if use.monthly:
        entries = [(month_span(vintage, month, zone), use.monthly[month - 1]) for month in MONTHS]
    for span, quantity in entries:
        if quantity is not None:
            yield activity_of(
                kind=use.kind,
                quantity=quantity,
                unit=use.unit,
                span=span,
                place=place,
                grade=use.grade,
                evidence=use.note,
                meter=meter,
            )


def _readings(persona: Persona, member: Membership, vintage: int) -> tuple[list[Reading], list[Home], list[Home]]:
    zone = place_of(persona.region).zone
    whole = days_span(member.first, member.last, zone)
    homes = {one.key: one for one in persona.homes}
    spans = {key: days_span(*_lived(one, vintage), place_of(one.place).zone) for key, one in homes.items()}
    meters: dict[str, dict[Category, set[str]]] = {key: {} for key in homes}
    vehicles: dict[str, Home] = {}
    readings: list[Reading] = []
    for number, use in enumerate(persona.uses):
        category = kind_of(use.kind).category
        home = homes[use.home or persona.homes[0].key]
        name, shares = "", ((whole, use.people),)
        if category in METERED:
            name = f"{persona.id} {home.key} {number}"
            shares = ((spans[home.key], home.people),)
            meters[home.key].setdefault(category, set()).add(name)
        elif use.vehicle is not None:
            name = f"vehicle {use.vehicle}"
            vehicles[name] = Home((whole,), {category: frozenset({name})})
        entered = _activities(use, home.place, name if category in METERED else None, vintage)
        readings += [Reading(activity, name, shares) for activity in entered]
    lived = [
        Home((spans[key],), {category: frozenset(names) for category, names in known.items()})
        for key, known in meters.items()
    ]
    return readings, lived, list(vehicles.values())


def play(
    persona: Persona, policies: PolicySet, *, vintage: int | None = None, factors: FactorSet | None = None
) -> PersonaYear:
    """A persona's year under the policies of a vintage (its own if none is named), with that vintage's frozen factors.

    Raises PolicyUnknown, NotAMember, FactorUnknown, BasisMismatch, and what `activity_of` raises.
    """
    vintage = persona.vintage if vintage is None else vintage
    policy, member = _member(persona, policies, vintage)
    readings, homes, vehicles = _readings(persona, member, vintage)
    year = year_of(
        policy=policy,
        member=member,
        zone=place_of(policy.region).zone,
        factors=factors or frozen_for(vintage),
        readings=readings,
        homes=homes,
        vehicles=vehicles,
    )
    return PersonaYear(persona, policy, year, plan_of(year, carried_in_gco2e=0, deficits=()))
