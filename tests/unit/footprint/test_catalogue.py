"""The shipped catalogue: whole passports, honest figures, a digest, and the set a vintage freezes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.footprint.factor import STATUSES, UNVERIFIED, FactorMalformed
from backend.footprint.factor_file import parse_factors
from backend.footprint.factor_row import factor_of
from backend.footprint.factors import FactorNotFound, FactorSet, catalogue
from backend.footprint.judgement import JudgementUnknown, judgement, judgements
from backend.footprint.kind import KINDS
from backend.footprint.place import places

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


def test_catalogue__no_french_row__is_shipped() -> None:
    assert not [factor.id for factor in catalogue().by_id.values() if factor.region.startswith("FR")]


def test_catalogue__unverified_rows__are_marked_and_never_earn() -> None:
    unverified = [factor for factor in catalogue().by_id.values() if factor.status == UNVERIFIED]

    assert [factor.id for factor in unverified] == ["heat-cn-default"]
    assert {factor.earns for factor in unverified} == {False}


def test_catalogue__chinese_carbon_dioxide_only_factors__are_labelled_so() -> None:
    chinese = [one for one in catalogue().by_id.values() if one.region[:2] == "CN" and one.unit.startswith("kgCO2/")]

    assert len(chinese) > 80
    assert {(one.gas_basis, one.gwp_set) for one in chinese} == {("co2", "none (CO2 only)")}


def test_judgements__every_row__is_about_known_kinds_and_says_why() -> None:
    for row in judgements().values():
        assert row.kinds <= KINDS.keys()
        assert row.reason
        assert 0 < row.half_width_bps <= 10_000
    with pytest.raises(JudgementUnknown) as refused:
        judgement("whim")
    assert refused.value.code == "footprint.judgement_unknown"


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

    assert FactorSet.of(reversed(list(whole.by_id.values())), whole.grids).digest == whole.digest


def test_digest__one_value_changed__is_another() -> None:
    whole = catalogue()
    rows = [row for row in whole.by_id.values() if row.id != "electricity-cn-sc-2022"]

    assert FactorSet.of(rows, whole.grids).digest != whole.digest


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
    """Of the first revision: what the sample year was computed with, whatever the catalogue has learned since."""
    assert catalogue(1).frozen_before(OPENING_2025).digest.hex() == PINNED_2025


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
        {"status": "believed"},
        {"table": ""},
        {"value": "x"},
        {"colour": "green"},
        {"review_by": date(2021, 6, 1)},
        {"interval": {"lower": "0.6", "upper": "0.7", "of": "one"}},
        {"interval": {"lower": "0.49", "upper": "0.7", "of": "one"}},
        {"interval": {"lower": "0.49", "upper": "0.51", "of": "somebody"}},
        {"uncertainty": {"basis": "published", "half_width_pct": "5", "note": "a reason"}},
        {
            "uncertainty": {"basis": "published", "half_width_pct": "5", "note": "a reason"},
            "interval": {"lower": "0.49", "upper": "0.51", "of": "group_mean"},
        },
        {"judged_as": "grid_national"},
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


def test_factor__published_interval_of_one_thing__gives_its_half_width() -> None:
    uncertainty = {"basis": "published", "half_width_pct": "10", "note": "table 3"}
    factor = factor_of(ROW | {"uncertainty": uncertainty, "interval": {"lower": "0.45", "upper": "0.52", "of": "one"}})

    assert factor.interval is not None
    assert factor.passport()["interval"] == {"lower": "0.45", "upper": "0.52", "of": "one"}


def test_factor__judged_by_name__takes_width_and_reason_from_the_table() -> None:
    row = {name: value for name, value in ROW.items() if name != "uncertainty"} | {"judged_as": "grid_national"}

    assert factor_of(row).uncertainty.half_width_bps == judgement("grid_national").half_width_bps
    for wrong in ("whim", "car"):
        with pytest.raises(FactorMalformed):
            factor_of(row | {"judged_as": wrong})


def test_factor__past_its_review_date__is_flagged_and_still_used() -> None:
    factor = factor_of(ROW)

    assert not factor.past_review(factor.review_by)
    assert factor.past_review(factor.review_by + timedelta(days=1))
    assert FactorSet.of([factor]).latest("grid_electricity", "GB", 2030) == factor


SHARED_FIELDS = """
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
"""


def test_file__defaults__are_under_every_row() -> None:
    text = SHARED_FIELDS + '[[factor]]\nid = "a"\nyear = 2020\nvalue = "0.25"\n'

    assert [(one.id, one.value) for one in parse_factors(text)] == [("a", Decimal("0.25"))]


def test_file__series__is_one_row_for_each_value() -> None:
    series = '[[series]]\nid = "e-{region}-{year}"\nover = "year"\n[series.values]\n2020 = "0.25"\n'
    text = SHARED_FIELDS + series + '2021 = { value = "0.5", table = "another" }\n'

    found = parse_factors(text)

    assert [(one.id, one.year, one.value, one.table) for one in found] == [
        ("e-gb-2020", 2020, Decimal("0.25"), "t"),
        ("e-gb-2021", 2021, Decimal("0.5"), "another"),
    ]


@pytest.mark.parametrize(
    "wrong", ['[[series]]\nid = "e"\nover = "colour"\n[series.values]\nred = "1"\n', '[[rows]]\nid = "e"\n']
)
def test_file__of_another_shape__is_refused(wrong: str) -> None:
    with pytest.raises(FactorMalformed):
        parse_factors(SHARED_FIELDS + wrong)


def test_bev__energy_per_km_times_its_own_grid__gives_the_published_factor_back() -> None:
    whole = catalogue()
    for year, published in ((2023, Decimal("0.0548")), (2024, Decimal("0.04745")), (2025, Decimal("0.04047"))):
        energy, grid = whole.factor(f"car-bev-energy-gb-{year}"), whole.factor(f"electricity-gb-{year}")

        assert abs(energy.value * grid.value - published) < Decimal("0.00001")
        assert energy.via == "grid_electricity"
        assert energy.derivation.startswith("derived:")
