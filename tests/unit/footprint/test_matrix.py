"""The matrix, cell by cell: in each a sourced factor, a declared proxy, or a refusal that says why."""

import pytest

from backend.footprint.factors import catalogue
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import KINDS
from backend.footprint.matrix import PLACES, Cell, State, matrix
from backend.footprint.refusal import refusals
from backend.footprint.rung import Rung, widening_bps

PROMISED = {
    "petrol car": "car_petrol", "diesel car": "car_diesel", "hybrid car": "car_hybrid", "plug-in car": "car_plug_in",
    "electric car": "car_bev", "motorbike": "motorbike", "taxi": "taxi", "bus": "bus", "coach": "coach",
    "metro": "metro", "rail": "rail", "high-speed rail": "high_speed_rail",
    "domestic flight": "flight_domestic", "domestic flight without radiative forcing": "flight_domestic_direct",
    "short-haul flight": "flight_short_haul", "short haul without forcing": "flight_short_haul_direct",
    "long-haul flight": "flight_long_haul", "long haul without forcing": "flight_long_haul_direct",
    "grid electricity": "grid_electricity", "natural gas": "natural_gas", "LPG": "lpg", "heating oil": "heating_oil",
    "coal": "coal", "wood": "wood_logs", "district heat": "district_heat", "water": "water_supply",
    "waste": "waste_landfill", "hotel night": "hotel_night", "diet with much meat": "diet_high_meat",
    "diet with meat": "diet_medium_meat", "diet with little meat": "diet_low_meat", "fish": "diet_fish",
    "vegetarian": "diet_vegetarian", "vegan": "diet_vegan",
}  # fmt: skip
CELLS = matrix(catalogue(), 2026)
SOURCED_ABROAD = {"grid_electricity", "hotel_night"}
"""Kinds for which China and the United States have figures of their own; gas and heat differ, and are pinned below."""


def test_matrix__has_every_promised_kind_in_every_promised_place() -> None:
    assert PLACES == ("CN-SC", "CN-HE", "US-CA", "GB")
    assert {(cell.kind, cell.place) for cell in CELLS} == {(kind, place) for kind in KINDS for place in PLACES}
    assert set(PROMISED.values()) <= KINDS.keys()


@pytest.mark.parametrize("cell", CELLS, ids=lambda one: f"{one.kind} in {one.place}")
def test_cell__holds_a_sourced_factor_a_declared_proxy_or_a_named_refusal(cell: Cell) -> None:
    if cell.state is State.REFUSED:
        assert cell.choice is None
        assert cell.reason in {one.reason for one in refusals()}, "a refusal of the table, not a mere gap"
        return
    assert cell.choice is not None
    for one in filter(None, (cell.choice.own, cell.choice.carrier)):
        assert one.factor.document
        assert one.factor.table
        assert one.factor.licence
        assert one.half_width_bps == one.factor.uncertainty.half_width_bps + widening_bps(one.rung, one.factor.kind)
    own = cell.choice.own
    if cell.state is State.PROXY:
        assert not cell.choice.earns
        assert own.rung is Rung.FOREIGN_PROXY
        assert (cell.place[:2], cell.kind) in {(proxy.place, proxy.kind) for proxy in own.factor.proxies}
        assert own.half_width_bps >= own.factor.uncertainty.half_width_bps + 4000
    elif cell.state is State.UNVERIFIED:
        assert not cell.choice.earns
        assert own.factor.status == "unverified"
    else:
        assert cell.choice.earns
        assert own.factor.region[:2] == cell.place[:2]


def test_matrix__each_column__is_pinned_by_state() -> None:
    def of(state: State, place: str) -> set[str]:
        return {cell.kind for cell in CELLS if (cell.state, cell.place) == (state, place)}

    for place in ("CN-SC", "CN-HE"):
        assert of(State.REFUSED, place) == {"natural_gas_gross"}
        assert of(State.UNVERIFIED, place) == {"district_heat"}
        assert of(State.SOURCED, place) == SOURCED_ABROAD | {"natural_gas", "natural_gas_net"}
    assert of(State.REFUSED, "US-CA") == {"natural_gas", "natural_gas_net", "district_heat"}
    assert of(State.SOURCED, "US-CA") == SOURCED_ABROAD
    assert of(State.SOURCED, "GB") == set(KINDS)


def test_matrix__of_a_vintage__refuses_what_was_published_too_late_and_says_when() -> None:
    refused = {
        cell.kind: cell.reason for cell in matrix(frozen_for(2025), 2025, ("GB",)) if cell.state is State.REFUSED
    }

    assert "wood_logs" in refused
    assert all("too late for this set" in reason for reason in refused.values())
