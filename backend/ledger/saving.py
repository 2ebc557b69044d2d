"""What a person could do: actions, worked out from the person's own lines and the same frozen factors. No framework.

An action takes a stated part of what was done and does without it, or does it another way. It says what would have been
saved of the year so far; nothing is promised. Each is counted by itself: two that touch the same way do not add up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.footprint.factors import FactorSet
from backend.footprint.line import BPS, Rate, rate_of
from backend.footprint.selection import FactorUnknown, choose
from backend.ledger.lines import Line
from backend.ledger.statement import Year

CARS = frozenset({"car_petrol", "car_diesel", "car_hybrid", "car_plug_in"})
FUELS = frozenset({"lpg", "lpg_mass", "heating_oil", "coal", "wood_logs", "district_heat"})


@dataclass(frozen=True)
class Action:
    """Something to do: of what was done by `kinds`, this part less, or by the kind `instead`."""

    name: str
    kinds: frozenset[str]
    part_bps: int
    instead: str | None = None


ACTIONS = (
    Action("less_electricity", frozenset({"grid_electricity"}), 1_000),
    Action("less_gas", frozenset({"natural_gas", "natural_gas_gross", "natural_gas_net"}), 1_000),
    Action("less_heating_fuel", FUELS, 1_000),
    Action("bus_for_car", CARS | {"taxi"}, 2_000, "bus"),
    Action("electric_car", CARS, BPS, "car_bev"),
    Action("train_for_flight", frozenset({"flight_domestic"}), 5_000, "high_speed_rail"),
    Action("fewer_flights", frozenset({"flight_short_haul", "flight_long_haul"}), 2_500),
    Action("vegetarian_days", frozenset({"diet_high_meat", "diet_medium_meat"}), 3_000, "diet_vegetarian"),
    Action("less_meat", frozenset({"diet_high_meat"}), BPS, "diet_low_meat"),
    Action("compost", frozenset({"food_waste_landfill"}), BPS, "food_waste_composting"),
    Action("less_water", frozenset({"water_supply", "water_treatment"}), 1_000),
)


@dataclass(frozen=True)
class Saving:
    """What an action would have saved of a year's lines so far, in grams of CO2e, rounded down."""

    action: Action
    kinds: tuple[str, ...]
    """Those of the action's kinds that the person has lines of."""
    reported_gco2e: int
    saved_gco2e: int


def savings_of(year: Year) -> list[Saving]:
    """Every action that would have saved something, the most first. Where an action's other way has no factor in the
    place, nothing is said of it.
    """
    found = (_saving(action, year) for action in ACTIONS)
    saved = [one for one in found if one is not None and one.saved_gco2e > 0]
    return sorted(saved, key=lambda one: (-one.saved_gco2e, one.action.name))


def _saving(action: Action, year: Year) -> Saving | None:
    lines = [line for line in year.lines if line.reading.activity.kind.name in action.kinds]
    try:
        other_way = sum(_other_way(action, line, year.factors, year.member.vintage) for line in lines)
    except FactorUnknown:
        return None
    reported = sum(line.gco2e for line in lines)
    return Saving(
        action=action,
        kinds=_kinds(lines),
        reported_gco2e=reported,
        saved_gco2e=reported * action.part_bps // BPS - other_way,
    )


def _other_way(action: Action, line: Line, factors: FactorSet, vintage: int) -> int:
    """Grams of the same part of a line's quantity done another way. Raises FactorUnknown."""
    if action.instead is None:
        return 0
    activity = line.reading.activity
    rate: Rate = rate_of(choose(factors, action.instead, activity.place, vintage))
    numerator, denominator = line.part
    return rate.grams_up(activity.ratio, numerator * action.part_bps, denominator * BPS)


def _kinds(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(sorted({line.reading.activity.kind.name for line in lines}))
