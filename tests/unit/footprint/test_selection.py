"""The ladder of substitutes: place before year, each rung flagged and wider, and a named refusal at its foot."""

from datetime import date

import pytest

from backend.footprint.factors import catalogue
from backend.footprint.kind import KINDS, KindUnknown, kind_of, streams_of
from backend.footprint.place import PlaceUnknown, place_of
from backend.footprint.rung import RUNGS, Rung, widening_bps
from backend.footprint.selection import FactorUnknown, choose

FROZEN_2025 = catalogue().frozen_before(date(2025, 1, 1))


@pytest.mark.parametrize(
    ("kind", "place", "year", "factor_id", "rung"),
    [
        ("grid_electricity", "CN-SC", 2022, "electricity-cn-sc-2022", Rung.SAME_PLACE),
        ("grid_electricity", "CN-SC", 2023, "electricity-cn-sc-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "CN-SC", 2025, "electricity-cn-sc-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "CN-SC", 2021, "electricity-cn-sc-2021", Rung.SAME_PLACE),
        ("grid_electricity", "CN-CQ", 2025, "electricity-cn-sw-2022", Rung.REGIONAL_GRID),
        ("grid_electricity", "CN-XZ", 2025, "electricity-cn-2022", Rung.NATIONAL),
        ("grid_electricity", "US-CAMX", 2025, "electricity-us-camx-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "US-CA", 2025, "electricity-us-camx-2022", Rung.REGIONAL_GRID),
        ("grid_electricity", "GB", 2025, "electricity-gb-2024", Rung.EARLIER_YEAR),
        ("natural_gas", "CN-SC", 2025, "gas-m3-cn-2015", Rung.NATIONAL),
        ("car_petrol", "CN-SC", 2025, "car-petrol-gb-2024", Rung.FOREIGN_PROXY),
        ("high_speed_rail", "CN-SC", 2025, "rail-gb-2024", Rung.FOREIGN_PROXY),
        ("high_speed_rail", "GB", 2025, "high-speed-rail-gb-2024", Rung.EARLIER_YEAR),
        ("diet_vegan", "GB", 2025, "diet-vegan-gb-2014", Rung.EARLIER_YEAR),
    ],
)
def test_ladder__pinned_cases__take_the_nearest_place_then_the_latest_year(
    kind: str, place: str, year: int, factor_id: str, rung: Rung
) -> None:
    choice = choose(FROZEN_2025, kind, place, year)

    assert (choice.own.factor.id, choice.rung) == (factor_id, rung)


def test_ladder__a_place_s_own_old_value__comes_before_a_newer_national_one() -> None:
    assert choose(catalogue(), "grid_electricity", "CN-SC", 2023).own.factor.id == "electricity-cn-sc-2022"
    assert choose(catalogue(), "grid_electricity", "CN", 2023).own.factor.id == "electricity-cn-2023"


@pytest.mark.parametrize(
    ("kind", "place", "year"),
    [("natural_gas", "US-CA", 2025), ("natural_gas_gross", "CN-SC", 2025), ("grid_electricity", "CN-SC", 2020)],
)
def test_ladder__no_rung__is_an_error_and_never_a_world_average(kind: str, place: str, year: int) -> None:
    with pytest.raises(FactorUnknown) as refused:
        choose(FROZEN_2025, kind, place, year)

    assert refused.value.code == "footprint.factor_unknown"
    assert refused.value.fields == {"kind": kind, "place": place, "year": year}


def test_ladder__factor_published_after_the_freeze__is_not_used() -> None:
    assert choose(FROZEN_2025, "car_petrol", "GB", 2025).own.factor.id == "car-petrol-gb-2024"
    assert choose(catalogue(), "car_petrol", "GB", 2025).own.factor.id == "car-petrol-gb-2025"


def test_bev__in_britain__is_energy_times_the_local_grid() -> None:
    choice = choose(FROZEN_2025, "car_bev", "GB", 2025)

    assert choice.own.factor.id == "car-bev-energy-gb-2024"
    assert choice.carrier is not None
    assert choice.carrier.factor.id == "electricity-gb-2024"
    assert choice.rung.earns


def test_bev__in_sichuan__uses_sichuan_s_grid_and_does_not_earn_since_its_energy_use_is_foreign() -> None:
    choice = choose(FROZEN_2025, "car_bev", "CN-SC", 2025)

    assert choice.carrier is not None
    assert choice.carrier.factor.id == "electricity-cn-sc-2022"
    assert choice.rung is Rung.FOREIGN_PROXY
    assert not choice.rung.earns


@pytest.mark.parametrize("kind", ["grid_electricity", "natural_gas"])
def test_rungs__each_lower_one__is_at_least_as_wide(kind: str) -> None:
    widths = [widening_bps(rung, kind) for rung in RUNGS]

    assert widths == sorted(widths)
    assert widths[0] == 0
    assert [rung for rung in RUNGS if not rung.earns] == [Rung.FOREIGN_PROXY]


def test_selection__on_a_lower_rung__has_the_factor_s_width_and_the_rung_s() -> None:
    own = choose(FROZEN_2025, "grid_electricity", "CN-CQ", 2025).own

    assert own.half_width_bps == own.factor.uncertainty.half_width_bps + 4000
    assert own.group == "electricity-cn-sw-2022@regional_grid"


def test_place__unknown__is_refused_and_never_guessed() -> None:
    with pytest.raises(PlaceUnknown) as refused:
        place_of("CN-TW-X")

    assert refused.value.code == "place.unknown"


def test_kind__unknown__names_the_known_ones() -> None:
    with pytest.raises(KindUnknown) as refused:
        kind_of("teleport")

    assert refused.value.code == "activity.kind_unknown"
    assert refused.value.fields["known"] == sorted(KINDS)


def test_streams__travel__has_road_transit_and_air() -> None:
    assert streams_of(KINDS["bus"].category) == {"road", "transit", "air"}
