"""The catalogue's numbers are the ones that were collected, to the last digit, and none of the collected is missing."""

import csv
from collections.abc import Iterator
from decimal import Decimal

from backend.footprint.factor import Factor
from backend.footprint.factors import catalogue
from tests.unit.footprint.shared_data import shared_folder

GRIDS = {
    "CN-grid-North": "CN-NO", "CN-grid-Northeast": "CN-NE", "CN-grid-East": "CN-EA", "CN-grid-Central": "CN-CE",
    "CN-grid-Northwest": "CN-NW", "CN-grid-South": "CN-SO", "CN-grid-Southwest": "CN-SW",
}  # fmt: skip
BRITISH = {
    "electricity-gb": "electricity UK generated", "gas-m3-gb": "fuel Natural gas|cubic metres",
    "gas-kwh-gross-gb": "fuel Natural gas|kWh (Gross CV)", "gas-kwh-net-gb": "fuel Natural gas|kWh (Net CV)",
    "lpg-gb": "fuel LPG|litres", "heating-oil-gb": "fuel Burning oil|litres",
    "car-petrol-gb": "car Average car Petrol", "car-diesel-gb": "car Average car Diesel",
    "car-hybrid-gb": "car Average car Hybrid", "car-plug-in-gb": "car Average car Plug-in Hybrid Electric Vehicle",
    "motorbike-gb": "moto Average", "taxi-gb": "taxi Regular taxi|passenger.km",
    "bus-gb": "bus Average local bus", "coach-gb": "bus Coach",
    "metro-gb": "rail London Underground", "rail-gb": "rail National rail",
    "high-speed-rail-gb": "rail International rail",
    "flight-domestic-gb": "flight Domestic, to/from UK Average passenger with RF",
    "flight-short-haul-gb": "flight Short-haul, to/from UK Average passenger with RF",
    "flight-long-haul-gb": "flight Long-haul, to/from UK Average passenger with RF",
    "flight-domestic-direct-gb": "flight Domestic, to/from UK Average passenger without RF",
    "flight-short-haul-direct-gb": "flight Short-haul, to/from UK Average passenger without RF",
    "flight-long-haul-direct-gb": "flight Long-haul, to/from UK Average passenger without RF",
    "water-supply-gb": "water supply", "water-treatment-gb": "water treatment",
}  # fmt: skip
BY_TONNE = {"lpg-kg-gb": "fuel LPG|tonnes", "coal-gb": "fuel Coal (domestic)|tonnes"}
FLAT_BY_TONNE = {
    "wood-gb-2025": "2_104_1043_15", "waste-landfill-gb-2025": "20_507_5285_15",
    "waste-energy-recovery-gb-2025": "20_507_5283_15", "food-waste-landfill-gb-2025": "20_507_5292_15",
    "food-waste-composting-gb-2025": "20_507_5291_15",
}  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (shared_folder("factors") / name).open() as file:
        return list(csv.DictReader(file))


def shipped(document: str) -> Iterator[Factor]:
    return (one for one in catalogue().by_id.values() if one.document.startswith(document))


def test_british_sets__three_years_of_every_kind() -> None:
    table = {f"{row['key']}|{row['unit']}": row for row in rows("factors_uk_2023_2024_2025_compare.csv")}

    def published(key: str, year: int) -> Decimal:
        row = next(row for name, row in table.items() if name == key or name.startswith(key + "|"))
        return Decimal(row[f"kg_co2e_{year}"])

    for year in (2023, 2024, 2025):
        for stem, key in BRITISH.items():
            assert catalogue().factor(f"{stem}-{year}").value == published(key, year), (stem, year)
        for stem, key in BY_TONNE.items():
            assert catalogue().factor(f"{stem}-{year}").value * 1000 == published(key, year), (stem, year)


def test_british_flat_file__waste_wood_heat_and_hotels() -> None:
    table = {row["source_id"]: row for row in rows("factors_uk_desznz_2025.csv")}

    for name, source in FLAT_BY_TONNE.items():
        assert catalogue().factor(name).value * 1000 == Decimal(table[source]["kg_co2e"]), name
    assert catalogue().factor("district-heat-gb-2025").value == Decimal(table["10_401_4003_5"]["kg_co2e"])
    hotels = [Decimal(row["kg_co2e"]) for row in table.values() if row["activity"] == "hotel"]
    kept = [one.value for one in shipped("UK Government") if one.kind == "hotel_night"]
    assert len(kept) == len(hotels) - 2, "all but London, which is in the United Kingdom, and France"
    for place, value in (("cn", "53.5"), ("us", "16.1"), ("gb", "10.4")):
        assert catalogue().factor(f"hotel-night-{place}-2025").value == Decimal(value)


def test_british_grid__ten_years() -> None:
    table = rows("electricity_uk_history.csv")

    assert len(table) == 10
    for row in table:
        assert catalogue().factor(f"electricity-gb-{row['year']}").value == Decimal(row["kgco2e_per_kwh"])


def test_chinese_grids__every_province_grid_and_the_nation() -> None:
    table = [row for row in rows("electricity_china.csv") if row["basis"] in {"location average", "national average"}]

    assert sum(row["level"] == "province" for row in table) == 60
    assert sum(row["level"] == "region" for row in table) == 19
    assert sum(row["level"] == "national" for row in table) == 3
    for row in table:
        place = GRIDS.get(row["region_code"], row["region_code"])
        factor = catalogue().factor(f"electricity-{place.lower()}-{row['data_year']}")
        assert (factor.value, factor.region, factor.gas_basis) == (Decimal(row["value"]), place, "co2")


def test_chinese_grids__other_bases__are_shown_to_compare_and_never_chosen() -> None:
    others = {
        Decimal(row["value"])
        for row in rows("electricity_china.csv")
        if row["basis"] not in {"location average", "national average"}
    }

    compared = {one.value for one in catalogue().by_id.values() if one.reference and one.region == "CN"}
    assert others <= compared


def test_american_grids__every_subregion() -> None:
    table = rows("electricity_us_egrid2022.csv")

    assert len(table) == 28
    for row in table:
        name = "us" if row["subregion"] == "US" else f"us-{row['subregion'].lower()}"
        assert catalogue().factor(f"electricity-{name}-2022").value == Decimal(row["kg_co2e_per_kWh_AR5"])


def test_countries__all_but_two__have_the_published_figure() -> None:
    table = rows("electricity_countries_owid_ember.csv")
    kept = sorted((one.value * 1000, one.year) for one in shipped("Ember"))

    left_out = {"FRA", "CAF"}
    expected = sorted((Decimal(r["gco2e_per_kwh"]), int(r["data_year"])) for r in table if r["iso3"] not in left_out)
    assert len(table) == 213
    assert kept == expected


def test_diets() -> None:
    values = [Decimal(row["value"]) for row in rows("diets.csv") if "2014" in row["source"]]

    assert sorted(values) == sorted(one.value for one in catalogue().by_id.values() if one.kind.startswith("diet_"))
