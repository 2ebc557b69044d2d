"""Lines whose factor is another country's, or whose source is not known well enough: they cost, and never earn."""

from dataclasses import replace

from backend.footprint.factor import UNVERIFIED
from backend.footprint.factors import FactorSet
from backend.ledger.statement import Status, year_of
from tests.unit.ledger.years import (
    FROZEN_2025,
    SICHUAN,
    WHOLE_YEAR,
    ZONES,
    home,
    reading,
    sichuan_home,
    sichuan_travel,
    sichuanese,
    year_span,
)


def test_electric_car_abroad_charged_on_a_grid_of_another_basis__closes_and_never_earns() -> None:
    """Its energy use is a British proxy and Sichuan's grid counts CO2 only, where travel's budget counts CO2e."""
    driven = reading("car_bev", "1000", year_span("CN-SC"), "CN-SC")

    without, with_it = sichuanese(sichuan_travel()), sichuanese([*sichuan_travel(), driven])

    travel = [month for month in with_it.months if month.category == "travel"]
    assert {month.status for month in travel} == {Status.PROXIED}
    assert with_it.footprint_gco2e - without.footprint_gco2e >= 32_176  # 1000 x 0.22918 x 0.1404 kg
    assert with_it.bound_gco2e >= without.bound_gco2e
    assert (without.surplus_gco2e, with_it.surplus_gco2e) == (0, 0)


def test_unverified_factor__in_a_measured_year__is_flagged_and_earns_nothing() -> None:
    doubted = FactorSet.of(
        (
            replace(one, status=UNVERIFIED) if one.kind == "grid_electricity" else one
            for one in FROZEN_2025.by_id.values()
        ),
        FROZEN_2025.grids,
    )

    years = [
        year_of(
            policy=SICHUAN,
            member=WHOLE_YEAR,
            zone=ZONES["CN-SC"],
            factors=factors,
            readings=[*sichuan_home("600", "40"), *sichuan_travel()],
            homes=[home("CN-SC", electricity=["e"], gas=["g"])],
        )
        for factors in (FROZEN_2025, doubted)
    ]

    known, unknown = years
    power = [month for month in unknown.months if month.category == "electricity"]
    assert {month.status for month in power} == {Status.PROXIED}
    assert all(month.bound_gco2e >= month.budget_gco2e for month in power)
    assert unknown.footprint_gco2e == known.footprint_gco2e
    assert unknown.surplus_gco2e < known.surplus_gco2e
    named = {str(line.fields(2025)["factors"]) for line in unknown.lines if line.category == "electricity"}
    assert named == {"['electricity-cn-sc-2022 r1 (unverified)']"}
