"""Co-pollutants: both sides shown, nothing guessed, nothing outside its own interval."""

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backend.footprint.estimate import estimate, fuel_sides
from backend.footprint.factors import catalogue
from backend.footprint.kind import KINDS
from backend.footprint.pollutant import (
    POLLUTANTS,
    PollutantMalformed,
    pollutant_factor,
    pollutant_table,
    pollutants_of,
    total_mg,
)
from tests.unit.footprint.shared_data import shared_folder

DAY = date(2026, 6, 30)
ROW = {
    "source": "gas", "pollutant": "NOx", "value": "51", "lower": "31", "upper": "71", "unit": "g/GJ", "table": "3-4",
}  # fmt: skip


@pytest.mark.parametrize("change", [{"table": ""}, {"value": "72"}, {"value": "30"}, {"lower": "80"}])
def test_row__without_source_or_outside_its_interval__is_refused(change: dict[str, Any]) -> None:
    assert pollutant_factor(ROW).value == 51
    with pytest.raises(PollutantMalformed) as refused:
        pollutant_factor(ROW | change)
    assert refused.value.code == "footprint.pollutant_malformed"


def test_shared_rows__the_fifteen_outside_their_interval__are_the_ones_refused() -> None:
    refused, taken = 0, set()
    with (shared_folder("factors") / "pollutants_emep_eea_tier1.csv").open() as file:
        for row in csv.DictReader(file):
            if not row["ci_lower"]:
                continue
            given = ROW | {"value": row["value"], "lower": row["ci_lower"], "upper": row["ci_upper"]}
            try:
                pollutant_factor(given)
            except PollutantMalformed:
                refused += 1
            else:
                taken.add((row["pollutant"], Decimal(row["value"]), Decimal(row["ci_lower"]), Decimal(row["ci_upper"])))

    assert refused == 15
    assert {(one.pollutant, one.value, one.lower, one.upper) for one in pollutant_table().factors} <= taken


@pytest.mark.parametrize(
    ("kind", "pollutant", "grams", "lower", "upper"),
    [
        ("natural_gas", "NOx", "1.9855", "1.2069", "2.7641"),
        ("natural_gas", "PM2.5", "0.0467", "0.0273", "0.0662"),
        ("natural_gas_net", "SOx", "0.00108", "0.00072", "0.00144"),
        ("car_petrol", "NOx", "0.2464", "0.0272", "1.8873"),
        ("car_diesel", "NOx", "0.6685", "0.4425", "0.8429"),
        ("car_bev", "PM2.5", "0.0093", "0.0034", "0.015"),
    ],
)
def test_amounts__of_a_thousand_units__are_the_derived_figures(
    kind: str, pollutant: str, grams: str, lower: str, upper: str
) -> None:
    one = next(found for found in pollutants_of(kind, Decimal(1000)) if found.pollutant == pollutant)

    for amount_mg, expected in ((one.amount_mg, grams), (one.lower_mg, lower), (one.upper_mg, upper)):
        assert amount_mg is not None
        assert abs(Decimal(amount_mg) / 1_000_000 - Decimal(expected)) <= Decimal("0.00006")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind__every_pollutant__has_a_figure_or_says_why_not(kind: str) -> None:
    found = pollutants_of(kind, Decimal(100))

    assert {one.pollutant for one in found} == set(POLLUTANTS)
    for one in found:
        assert one.source
        if one.amount_mg is None:
            assert one.part == "not available"
        else:
            assert one.lower_mg is not None
            assert one.upper_mg is not None
            assert one.lower_mg <= one.amount_mg <= one.upper_mg


def test_cars__what_the_table_lacks__is_not_available_and_not_zero() -> None:
    petrol = pollutants_of("car_petrol", Decimal(100))

    assert total_mg(petrol, "SOx") is None
    assert total_mg(petrol, "PM2.5") == 93 * 10 + 41 * 10
    assert total_mg(pollutants_of("car_hybrid", Decimal(100)), "NOx") is None


def test_wood_against_gas__less_carbon_and_hundreds_of_times_the_fine_particles() -> None:
    sides = {one.kind.name: one for one in fuel_sides(catalogue(), place="GB", day=DAY)}
    wood, gas = sides["wood_logs"], sides["natural_gas_net"]

    assert wood.footprint_gco2e is not None
    assert gas.footprint_gco2e is not None
    assert wood.footprint_gco2e * 10 < gas.footprint_gco2e
    particles = [total_mg(one.pollutants, "PM2.5") or 0 for one in (wood, gas)]
    assert particles[0] > 500 * particles[1]


def test_fuel_sides__a_refused_fuel__keeps_its_air_side_and_says_why() -> None:
    sides = {one.kind.name: one for one in fuel_sides(catalogue(), place="US-CA", day=DAY)}

    assert sides["natural_gas_net"].footprint_gco2e is None
    assert "gross calorific value" in sides["natural_gas_net"].reason
    assert total_mg(sides["natural_gas_net"].pollutants, "NOx") == 184


def test_estimate__an_activity__has_grams_bound_and_both_sides() -> None:
    found = estimate(catalogue(), kind="grid_electricity", quantity="0.1", unit="MWh", place="CN-YN", day=DAY)

    assert (found.footprint_gco2e, found.choice.own.factor.id) == (10_730, "electricity-cn-yn-2022")
    assert found.bound_gco2e == 10_730 + 1_171  # 13 % x 0.8393, up
    hebei = estimate(catalogue(), kind="grid_electricity", quantity="100", unit="kWh", place="CN-HE", day=DAY)
    assert hebei.footprint_gco2e == 72_520


def test_estimate__gas_by_gross_and_net_calorific_value__differs_by_eleven_per_cent() -> None:
    gross = estimate(catalogue(), kind="natural_gas_gross", quantity="1000", unit="kWh_gross", place="GB", day=DAY)
    net = estimate(catalogue(), kind="natural_gas_net", quantity="1000", unit="kWh_net", place="GB", day=DAY)

    assert (gross.footprint_gco2e, net.footprint_gco2e) == (182_960, 202_700)


def test_estimate__same_flight_a_year_apart__falls_by_factor_alone() -> None:
    grams = [
        estimate(catalogue(), kind="flight_long_haul", quantity="5540", unit="passenger_km", place="GB", day=day)
        for day in (date(2024, 6, 1), date(2025, 6, 1))
    ]

    assert [one.footprint_gco2e for one in grams] == [1_447_492, 846_623]
