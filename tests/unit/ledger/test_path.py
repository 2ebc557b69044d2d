"""Declining paths: the anchors to the gram, geometric between, backcasts flagged, budgets held to their path."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ledger.path import (
    Part,
    Path,
    PathEnded,
    PathMalformed,
    budget_kg_on,
    check_on_path,
    declared_path,
    root_down,
)

LIFESTYLE = Path("lifestyle", "a title", ((2030, 2_500_000), (2040, 1_400_000), (2050, 700_000)), "a source")
TABLE: dict[str, Any] = {
    "id": "lifestyle",
    "title": "a title",
    "source": "a source",
    "note": "a note",
    "anchors": [{"year": 2030, "budget_kg": 2500}, {"year": 2040, "budget_kg": 1400}, {"year": 2050, "budget_kg": 700}],
    "use": "shares",
    "value_kg": 3152,
    "backcast": True,
}


class TestValue:
    def test_anchor_years__are_the_targets_to_the_gram(self) -> None:
        found = [LIFESTYLE.value_gco2e(year) for year in (2030, 2040, 2050)]

        assert found == [2_500_000, 1_400_000, 700_000]

    def test_years_between__are_geometric_rounded_down(self) -> None:
        assert LIFESTYLE.value_gco2e(2035) == 1_870_828  # the root of 2.5 x 1.4 is 1.87082869
        assert LIFESTYLE.value_gco2e(2045) == 989_949  # the root of 1.4 x 0.7 is 0.98994949

    def test_years_before__are_a_backcast_at_the_first_rate(self) -> None:
        assert LIFESTYLE.value_gco2e(2020) == 4_464_285  # 2.5 x 2.5 / 1.4 = 4.46428571
        assert [LIFESTYLE.is_backcast(year) for year in (2026, 2029, 2030, 2031)] == [True, True, False, False]

    def test_after_the_last_anchor__it_says_nothing(self) -> None:
        with pytest.raises(PathEnded) as refused:
            LIFESTYLE.value_gco2e(2051)

        assert refused.value.code == "policy.path_ended"

    @given(st.integers(min_value=1990, max_value=2049))
    def test_any_year__falls_to_the_next_and_keeps_the_rate_within_a_segment(self, year: int) -> None:
        now, following = LIFESTYLE.value_gco2e(year), LIFESTYLE.value_gco2e(year + 1)

        assert now > following
        rate = (1_400_000, 2_500_000) if year < 2040 else (700_000, 1_400_000)
        # (following / now) ** 10 is the segment's rate, within what rounding down to the gram can move it.
        assert following**10 * rate[1] <= (now + 1) ** 10 * rate[0]
        assert (following + 1) ** 10 * rate[1] >= now**10 * rate[0]

    @given(st.integers(min_value=0, max_value=2**400), st.integers(min_value=1, max_value=40))
    def test_root__is_the_largest_that_fits(self, radicand: int, degree: int) -> None:
        root = root_down(radicand, degree)

        assert root**degree <= radicand < (root + 1) ** degree


class TestDeclared:
    def test_table__of_a_year_before_the_anchors__is_a_backcast(self) -> None:
        declared = declared_path(TABLE, 2026)

        assert (declared.value_gco2e, declared.backcast, declared.use) == (3_152_570, True, "shares")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"value_kg": 3153},
            {"value_kg": None},
            {"backcast": False},
            {"use": "guess"},
            {"use": "rate"},
            {"anchors": TABLE["anchors"][:1]},
            {"anchors": TABLE["anchors"][::-1]},
            {"anchors": [{"year": 2030, "budget_kg": 0}, {"year": 2040, "budget_kg": 1400}]},
            {"source": ""},
            {"note": ""},
        ],
    )
    def test_table__that_hides_or_contradicts__is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(PathMalformed) as refused:
            declared_path(TABLE | wrong, 2026)

        assert refused.value.code == "policy.path_malformed"

    def test_vintage_on_the_path__must_not_be_called_a_backcast(self) -> None:
        with pytest.raises(PathMalformed):
            declared_path(TABLE | {"value_kg": 2500}, 2030)

        assert not declared_path(TABLE | {"value_kg": 2500, "backcast": False}, 2030).backcast


class TestBudgets:
    PART = Part("diet", 1103, None, 3500, 10_000)

    def test_shares__give_the_part_within_the_factors_boundary(self) -> None:
        declared = declared_path(TABLE, 2026)

        assert budget_kg_on(declared, self.PART) == 1103
        assert budget_kg_on(declared, replace(self.PART, boundary_share_bps=7212)) == 795

    def test_rate__takes_the_base_budget_down_the_path(self) -> None:
        declared = declared_path(TABLE | {"use": "rate", "base_year": 2025}, 2026)

        assert budget_kg_on(declared, Part("electricity", 433, 459, None, None)) == 433

    def test_parts__that_add_up_to_the_whole_with_what_is_outside__hold(self) -> None:
        check_on_path(declared_path(TABLE, 2026), [self.PART], 6500)

    @pytest.mark.parametrize(
        ("part", "outside_bps"),
        [
            (PART, 6499),
            (replace(PART, budget_kg=1104), 6500),
            (replace(PART, path_share_bps=None), 10_000),
            (replace(PART, boundary_share_bps=10_001), 6500),
        ],
    )
    def test_parts__that_give_more_or_hide_a_share__are_refused(self, part: Part, outside_bps: int) -> None:
        with pytest.raises(PathMalformed):
            check_on_path(declared_path(TABLE, 2026), [part], outside_bps)
