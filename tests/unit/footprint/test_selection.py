"""The ladder of substitutes: place before year, each rung flagged and wider, and a named refusal at its foot."""

from datetime import date

import pytest

from backend.footprint.factors import catalogue
from backend.footprint.freeze import frozen_for
from backend.footprint.kind import KINDS, KindUnknown, kind_of, streams_of
from backend.footprint.place import PlaceUnknown, place_of
from backend.footprint.rung import RUNGS, Rung, widening_bps
from backend.footprint.selection import FactorUnknown, choose, choose_on, grid_areas

FROZEN_2025 = frozen_for(2025)


@pytest.mark.parametrize(
    ("kind", "place", "year", "factor_id", "rung"),
    [
        ("grid_electricity", "CN-SC", 2022, "electricity-cn-sc-2022", Rung.SAME_PLACE),
        ("grid_electricity", "CN-SC", 2023, "electricity-cn-sc-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "CN-SC", 2025, "electricity-cn-sc-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "CN-SC", 2021, "electricity-cn-sc-2021", Rung.SAME_PLACE),
        ("grid_electricity", "CN-CQ", 2025, "electricity-cn-cq-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "CN-HE", 2025, "electricity-cn-he-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "US-ERCT", 2025, "electricity-us-erct-2022", Rung.EARLIER_YEAR),
        ("grid_electricity", "DE", 2025, "electricity-life-cycle-de-2023", Rung.EARLIER_YEAR),
        ("taxi", "US-CA", 2025, "taxi-gb-2024", Rung.FOREIGN_PROXY),
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
    day = date(2023, 6, 30)
    assert choose_on(catalogue(), "grid_electricity", "CN-SC", day).own.factor.id == "electricity-cn-sc-2022"
    assert choose(catalogue(), "grid_electricity", "CN", 2023).own.factor.id == "electricity-cn-2023"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("cn-sc", "try CN-SC"),
        ("US-NY", "try US, US-AKGD,"),
        ("Mars", "give an ISO 3166 code or a grid area"),
        ("", "give an ISO 3166 code or a grid area"),
    ],
)
def test_place__that_nobody_knows__is_told_what_to_try(code: str, told: str) -> None:
    with pytest.raises(PlaceUnknown, match=told) as refused:
        place_of(code)

    assert refused.value.fields["known"]


@pytest.mark.parametrize(
    ("kind", "place", "year", "reason"),
    [
        ("natural_gas", "US-CA", 2025, "billed by energy"),
        ("natural_gas_gross", "CN-SC", 2025, "net calorific value only"),
        ("grid_electricity", "CN-SC", 2020, "back to 2020; the earliest, electricity-cn-sc-2021, is of 2021"),
        ("grid_electricity", "FR", 2025, "comparison only"),
        ("wood_logs", "GB", 2025, "wood-gb-2025, was published on 2025-06-10, too late"),
        ("bus", "DE", 2025, "no proxy is declared"),
    ],
)
def test_ladder__no_rung__is_an_error_that_says_why_and_never_a_world_average(
    kind: str, place: str, year: int, reason: str
) -> None:
    with pytest.raises(FactorUnknown) as refused:
        choose(FROZEN_2025, kind, place, year)

    assert refused.value.code == "footprint.factor_unknown"
    assert {name: refused.value.fields[name] for name in ("kind", "place", "year")} == {
        "kind": kind, "place": place, "year": year,
    }  # fmt: skip
    assert reason in str(refused.value.fields["reason"])


@pytest.mark.parametrize("vintage", range(2016, 2028))
def test_ladder__any_kind_place_and_vintage__uses_nothing_published_after_the_freeze(vintage: int) -> None:
    frozen = frozen_for(vintage)
    for kind in KINDS:
        for place in ("CN-SC", "CN-HE", "US-CA", "GB", "DE"):
            try:
                choice = choose(frozen, kind, place, vintage)
            except FactorUnknown:
                continue
            chosen = [choice.own, *([choice.carrier] if choice.carrier else [])]
            assert max(one.factor.published_on for one in chosen) < date(vintage, 1, 1)
            assert max(one.factor.year for one in chosen) <= vintage


def test_ladder__a_figure_shown_to_compare__is_never_chosen() -> None:
    for place in ("CN", "US", "GB"):
        for year in range(2016, 2028):
            try:
                assert not choose(catalogue(), "grid_electricity", place, year).own.factor.reference
            except FactorUnknown:
                assert year < 2022


def test_unverified__counts_and_never_earns() -> None:
    choice = choose(catalogue(), "district_heat", "CN-HE", 2026)

    assert choice.own.factor.id == "heat-cn-default"
    assert choice.rung.earns
    assert not choice.earns


@pytest.mark.parametrize(
    ("region", "areas"),
    [("CN-SC", ["CN-SC"]), ("CN-CQ", ["CN-CQ"]), ("US-CA", ["US-CA", "US-CAMX"]), ("CN-XZ", ["CN-XZ"])],
)
def test_grid_areas__of_a_place_with_its_own_figure__are_the_place_alone(region: str, areas: list[str]) -> None:
    """Else a home in Chongqing (0.5227) could draw from its grid's mean (0.2268)."""
    assert grid_areas(region) == areas


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
    own = choose(FROZEN_2025, "grid_electricity", "US-CA", 2025).own

    assert own.half_width_bps == own.factor.uncertainty.half_width_bps + 4000
    assert own.group == "electricity-us-camx-2022@regional_grid"


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
