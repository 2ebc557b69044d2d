"""The footprint of one activity, both sides: grams of CO2e with their bound, and what else it puts into the air."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from backend.footprint.factors import FactorSet
from backend.footprint.kind import KINDS, Kind, kind_of
from backend.footprint.line import amount_of, grams_up, linear_margin_gco2e, margin_gco2e
from backend.footprint.pollutant import PollutantAmount, energy_gj_per_unit, pollutants_of
from backend.footprint.quantity import quantity_of
from backend.footprint.selection import Choice, FactorUnknown, choose_on

GJ_PER_KWH = Fraction(36, 10_000)


@dataclass(frozen=True)
class Estimate:
    """One activity: nothing kept, nothing earned."""

    kind: Kind
    quantity: Decimal
    choice: Choice
    footprint_gco2e: int
    bound_gco2e: int
    """One-sided 95 % upper bound."""
    pollutants: tuple[PollutantAmount, ...]


@dataclass(frozen=True)
class FuelSide:
    """A fuel burned at home, per kWh of net calorific value: carbon on one side, the air on the other."""

    kind: Kind
    footprint_gco2e: int | None
    """None if no factor exists: `reason` says why."""
    choice: Choice | None
    reason: str
    pollutants: tuple[PollutantAmount, ...]


def estimate(factors: FactorSet, *, kind: str, quantity: str, unit: str, place: str, day: date) -> Estimate:
    """The footprint of a quantity given as text; kinds that are only compared are shown too.

    Raises KindUnknown, PlaceUnknown, FactorUnknown, and what `quantity_in` raises.
    """
    found = kind_of(kind)
    amount = quantity_of(quantity, unit, found)
    choice = choose_on(factors, kind, place, day)
    line = amount_of(choice, amount)
    margin = margin_gco2e(line.spreads) if choice.earns else linear_margin_gco2e(line.spreads)
    return Estimate(found, amount, choice, line.gco2e, line.gco2e + margin, tuple(pollutants_of(kind, amount)))


def fuel_sides(factors: FactorSet, *, place: str, day: date) -> list[FuelSide]:
    """Every fuel burned at home whose energy is known, side by side; raises PlaceUnknown."""
    energies = ((kind, energy_gj_per_unit(kind.name)) for kind in KINDS.values())
    return [_side(factors, kind, energy, place=place, day=day) for kind, energy in energies if energy is not None]


def _side(factors: FactorSet, kind: Kind, energy_gj: Decimal, *, place: str, day: date) -> FuelSide:
    per_kwh = GJ_PER_KWH / Fraction(energy_gj)
    pollutants = tuple(pollutants_of(kind.name, per_kwh))
    try:
        choice = choose_on(factors, kind.name, place, day)
    except FactorUnknown as failure:
        return FuelSide(kind, None, None, str(failure.fields["reason"]), pollutants)
    return FuelSide(kind, grams_up(Decimal(1), Fraction(choice.own.factor.value), per_kwh), choice, "", pollutants)
