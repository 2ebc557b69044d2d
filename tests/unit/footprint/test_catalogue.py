"""The shipped catalogue: whole passports, honest figures, a digest, and the set a vintage freezes."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.footprint.factor import STATUSES, FactorMalformed, factor_of
from backend.footprint.factors import FactorNotFound, FactorSet, catalogue, parse_factors
from backend.footprint.kind import KINDS
from backend.footprint.place import places
from tests.unit.footprint.shared_data import shared_folder

OPENING_2025 = date(2025, 1, 1)

ROW: dict[str, Any] = {
    "id": "electricity-xx-2020",
    "kind": "grid_electricity",
    "region": "GB",
    "year": 2020,
    "value": "0.5",
    "unit": "kgCO2e/kWh",
    "gas_basis": "co2e",
    "gwp_set": "AR5",
    "boundary": "generation",
    "boundary_note": "location based",
    "published_on": date(2021, 6, 1),
    "document": "a document",
    "table": "a table",
    "licence": "a licence",
    "status": "seen",
    "uncertainty": {"basis": "judgement", "half_width_pct": "5", "note": "a reason"},
    "review_by": date(2026, 1, 1),
    "revision": 1,
}


def test_catalogue__every_factor__has_a_known_kind_place_and_status() -> None:
    for factor in catalogue().by_id.values():
        assert factor.kind in KINDS
        assert factor.region in places()
        assert factor.status in STATUSES
        assert factor.published_on < factor.review_by
        assert {proxy.place for proxy in factor.proxies} <= {place.nation for place in places().values()}


def test_catalogue__no_french_and_no_unverified_row__is_shipped() -> None:
    assert not [factor.id for factor in catalogue().by_id.values() if factor.region.startswith("FR")]
    assert "unverified" not in {factor.status for factor in catalogue().by_id.values()}


def test_catalogue__diet_intervals_of_group_means__are_not_shipped_as_personal() -> None:
    diets = [factor for factor in catalogue().by_id.values() if factor.kind.startswith("diet_")]

    assert len(diets) == 6
    assert {factor.uncertainty.basis for factor in diets} == {"judgement"}
    assert min(factor.uncertainty.half_width_bps for factor in diets) >= 3000


@pytest.mark.parametrize(
    "kind",
    ["grid_electricity", "car_petrol", "car_diesel", "car_hybrid", "car_bev", "bus", "coach", "metro", "rail",
     "high_speed_rail", "flight_domestic", "flight_long_haul", "natural_gas", "natural_gas_gross", "natural_gas_net"],
)  # fmt: skip
def test_catalogue__every_promised_kind__has_a_factor(kind: str) -> None:
    assert kind in catalogue().kinds()


def test_digest__same_factors_in_another_order__is_the_same() -> None:
    whole = catalogue()

    assert FactorSet.of(reversed(list(whole.by_id.values()))).digest == whole.digest


def test_digest__one_value_changed__is_another() -> None:
    whole = catalogue()
    rows = [row for row in whole.by_id.values() if row.id != "electricity-cn-sc-2022"]

    assert FactorSet.of(rows).digest != whole.digest


def test_frozen__vintage_2025__holds_nothing_published_in_2025_or_later() -> None:
    frozen = catalogue().frozen_before(OPENING_2025)

    assert max(factor.published_on for factor in frozen.by_id.values()) < OPENING_2025
    assert "electricity-gb-2024" in frozen.by_id
    assert "electricity-gb-2025" not in frozen.by_id
    assert "electricity-cn-2023" not in frozen.by_id
    assert "electricity-cn-sc-2022" in frozen.by_id


def test_frozen__published_on_the_opening_day__is_too_late() -> None:
    factor = factor_of(ROW)

    assert not FactorSet.of([factor]).frozen_before(factor.published_on).by_id
    assert FactorSet.of([factor]).frozen_before(factor.published_on + timedelta(days=1)).by_id


def test_frozen__digest_of_2025__is_pinned() -> None:
    assert catalogue().frozen_before(OPENING_2025).digest.hex() == PINNED_2025


PINNED_2025 = "c6647e0c7e9a5defca07f83ce7d40e6f74f01f61b2f01f4137f92c7be108b3fd"


def test_set__two_factors_of_one_id__are_refused() -> None:
    factor = factor_of(ROW)

    with pytest.raises(FactorMalformed):
        FactorSet.of([factor, factor])


def test_set__revision_of_the_same_year__the_highest_is_taken() -> None:
    first, second = factor_of(ROW), factor_of(ROW | {"id": "electricity-xx-2020-r2", "revision": 2, "value": "0.4"})

    found = FactorSet.of([second, first]).latest("grid_electricity", "GB", 2020)

    assert found == second


def test_factor__unknown_id__is_not_found() -> None:
    with pytest.raises(FactorNotFound) as refused:
        catalogue().factor("nothing")

    assert refused.value.code == "footprint.factor_not_found"


@pytest.mark.parametrize(
    "change",
    [
        {"document": ""},
        {"published_on": "2021-06-01"},
        {"licence": None},
        {"kind": "rocket"},
        {"unit": "kgCO2e/MWh"},
        {"gas_basis": "co2", "unit": "kgCO2e/kWh"},
        {"gas_basis": "ch4"},
        {"boundary": "somewhere"},
        {"status": "unverified"},
        {"value": "-0.1"},
        {"value": "NaN"},
        {"uncertainty": {"basis": "guess", "half_width_pct": "5", "note": "a reason"}},
        {"uncertainty": {"basis": "judgement", "half_width_pct": "101", "note": "a reason"}},
        {"uncertainty": {"basis": "judgement", "half_width_pct": "0.001", "note": "a reason"}},
        {"uncertainty": {}},
    ],
)
def test_factor__passport_not_whole__is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FactorMalformed) as refused:
        factor_of(ROW | change)

    assert refused.value.code == "footprint.factor_malformed"


def test_file__defaults__are_under_every_row() -> None:
    text = """
[defaults]
kind = "grid_electricity"
region = "GB"
unit = "kgCO2e/kWh"
gas_basis = "co2e"
gwp_set = "AR5"
boundary = "generation"
boundary_note = "n"
published_on = 2021-06-01
document = "d"
table = "t"
licence = "l"
status = "seen"
uncertainty = { basis = "judgement", half_width_pct = "5", note = "n" }
review_by = 2026-01-01
revision = 1

[[factor]]
id = "a"
year = 2020
value = "0.25"
"""
    assert [(one.id, one.value) for one in parse_factors(text)] == [("a", Decimal("0.25"))]


def test_bev__energy_per_km_times_its_own_grid__gives_the_published_factor_back() -> None:
    whole = catalogue()
    for year, published in ((2024, Decimal("0.04745")), (2025, Decimal("0.04047"))):
        energy, grid = whole.factor(f"car-bev-energy-gb-{year}"), whole.factor(f"electricity-gb-{year}")

        assert abs(energy.value * grid.value - published) < Decimal("0.00001")
        assert energy.via == "grid_electricity"
        assert energy.derivation.startswith("derived:")


class TestAgainstTheSharedFigures:
    """The catalogue's numbers are the ones that were collected, to the last digit."""

    def test_british_sets(self) -> None:
        keys = {
            "electricity-gb": "electricity UK generated", "gas-m3-gb": "fuel Natural gas|cubic metres",
            "gas-kwh-gross-gb": "fuel Natural gas|kWh (Gross CV)", "gas-kwh-net-gb": "fuel Natural gas|kWh (Net CV)",
            "car-petrol-gb": "car Average car Petrol", "car-diesel-gb": "car Average car Diesel",
            "car-hybrid-gb": "car Average car Hybrid", "bus-gb": "bus Average local bus", "coach-gb": "bus Coach",
            "metro-gb": "rail London Underground", "rail-gb": "rail National rail",
            "high-speed-rail-gb": "rail International rail",
            "flight-domestic-gb": "flight Domestic, to/from UK Average passenger with RF",
            "flight-long-haul-gb": "flight Long-haul, to/from UK Average passenger with RF",
        }  # fmt: skip
        with (shared_folder("factors") / "factors_uk_2023_2024_2025_compare.csv").open() as file:
            rows = {f"{row['key']}|{row['unit']}": row for row in csv.DictReader(file)}
        checked = 0
        for factor in catalogue().by_id.values():
            key = keys.get(factor.id.rpartition("-")[0])
            if key is not None:
                row = next(row for name, row in rows.items() if name == key or name.startswith(key + "|"))
                assert factor.value == Decimal(row[f"kg_co2e_{factor.year}"]), factor.id
                checked += 1
        assert checked == 29

    def test_chinese_grids(self) -> None:
        names = {"CN-SC": "CN-SC", "CN-SW": "CN-grid-Southwest", "CN": "CN"}
        with (shared_folder("factors") / "electricity_china.csv").open() as file:
            rows = {
                (row["region_code"], int(row["data_year"])): row["value"]
                for row in csv.DictReader(file)
                if row["basis"] in {"location average", "national average"}
            }
        found = [one for one in catalogue().by_id.values() if one.region in names and one.kind == "grid_electricity"]

        assert len(found) == 7
        for factor in found:
            assert factor.value == Decimal(rows[names[factor.region], factor.year]), factor.id
            assert factor.gas_basis == "co2"

    def test_american_grids(self) -> None:
        with (shared_folder("factors") / "electricity_us_egrid2022.csv").open() as file:
            rows = {row["subregion"]: row["kg_co2e_per_kWh_AR5"] for row in csv.DictReader(file)}

        assert catalogue().factor("electricity-us-camx-2022").value == Decimal(rows["CAMX"])
        assert catalogue().factor("electricity-us-2022").value == Decimal(rows["US"])

    def test_diets(self) -> None:
        with (shared_folder("factors") / "diets.csv").open() as file:
            values = [Decimal(row["value"]) for row in csv.DictReader(file) if "2014" in row["source"]]

        assert sorted(values) == sorted(one.value for one in catalogue().by_id.values() if one.kind.startswith("diet_"))
