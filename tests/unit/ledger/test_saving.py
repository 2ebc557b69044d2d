"""What would have saved most, and how sure what was reported is: of a year's own lines and factors."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.kind import KINDS
from backend.footprint.line import BPS, amount_of, half_width_gco2e, margin_gco2e
from backend.footprint.selection import FactorUnknown, choose
from backend.ledger import saving
from backend.ledger.interval import interval_of, intervals_of
from backend.ledger.saving import ACTIONS, Action, savings_of
from backend.ledger.statement import Year
from tests.unit.ledger.years import FROZEN_2025, reading, sichuan_home, sichuan_travel, sichuanese, year_span


def a_year(km: str = "12000", flight_km: str = "3000") -> Year:
    return sichuanese([*sichuan_home("1200", "150"), *sichuan_travel(km, "500", flight_km)])


YEAR = a_year()
LINES = YEAR.lines


def saved(year: Year) -> dict[str, int]:
    return {one.action.name: one.saved_gco2e for one in savings_of(year)}


class TestSavings:
    def test_a_tenth_less__is_a_tenth_of_the_lines_rounded_down(self) -> None:
        electricity = sum(line.gco2e for line in LINES if line.category == "electricity")

        assert saved(YEAR)["less_electricity"] == electricity // 10

    def test_another_way__is_the_part_by_the_one_factor_less_the_same_part_by_the_other(self) -> None:
        year = sichuanese(sichuan_travel("12000"))
        car, bus = (choose(FROZEN_2025, kind, "CN-SC", 2025) for kind in ("car_petrol", "bus"))
        driven = sum(line.gco2e for line in year.lines if line.reading.activity.kind.name == "car_petrol")
        by_bus = amount_of(bus, Decimal(12_000), Fraction(1, 5)).gco2e

        assert driven >= amount_of(car, Decimal(12_000)).gco2e
        assert 0 <= driven // 5 - by_bus - saved(year)["bus_for_car"] <= len(year.lines), "each line is rounded up"

    def test_order__is_by_what_would_be_saved_and_nothing_stands_that_saves_nothing(self) -> None:
        found = savings_of(YEAR)

        assert [one.saved_gco2e for one in found] == sorted((one.saved_gco2e for one in found), reverse=True)
        assert all(0 < one.saved_gco2e <= one.reported_gco2e for one in found)
        assert {"less_electricity", "less_gas", "bus_for_car", "train_for_flight"} <= {one.action.name for one in found}
        assert "less_water" not in saved(YEAR), "no line of it"

    def test_what_would_be_no_better__is_not_told(self) -> None:
        nothing = sichuanese(sichuan_travel("0", "500"))

        assert saved(nothing) == {}, "nobody drives, nobody flies"

    def test_way_without_a_factor_there__is_not_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        nowhere = Action("heat_by_district", frozenset({"natural_gas"}), 5_000, "district_heat")
        monkeypatch.setattr(saving, "ACTIONS", (nowhere, *ACTIONS))

        assert choose(FROZEN_2025, "natural_gas", "CN-SC", 2025).kg_per_unit > 0
        with pytest.raises(FactorUnknown):
            choose(FROZEN_2025, "district_heat", "CN-SC", 2025)
        assert "less_gas" in saved(YEAR)
        assert "heat_by_district" not in saved(YEAR)

    def test_actions__name_kinds_that_there_are_and_turn_to_kinds_in_the_same_quantity(self) -> None:
        for action in ACTIONS:
            assert action.kinds <= set(KINDS)
            assert 0 < action.part_bps <= BPS
            if action.instead is not None:
                units = {KINDS[kind].unit for kind in action.kinds | {action.instead}}
                assert units <= {"km", "passenger_km"} or len(units) == 1
        assert len({action.name for action in ACTIONS}) == len(ACTIONS)


class TestIntervals:
    @given(parts=st.lists(st.integers(0, 3), min_size=len(LINES), max_size=len(LINES)))
    def test_interval__holds_what_was_reported_and_parts_are_no_surer_than_the_whole(self, parts: list[int]) -> None:
        whole = interval_of(LINES)
        found = [interval_of(line for line, at in zip(LINES, parts, strict=True) if at == part) for part in range(4)]

        assert whole.low_gco2e <= whole.reported_gco2e <= whole.high_gco2e
        assert sum(one.reported_gco2e for one in found) == whole.reported_gco2e
        assert sum(one.high_gco2e for one in found) >= whole.high_gco2e, "errors of parts cancel or add, no more"

    def test_parts__of_a_year_are_its_categories_and_its_months(self) -> None:
        found = intervals_of(YEAR)

        assert list(found.categories) == ["electricity", "gas", "travel"]
        assert list(found.months) == [f"2025-{month:02d}" for month in range(1, 13)]
        for parts in (found.categories, found.months):
            assert sum(one.reported_gco2e for one in parts.values()) == found.year.reported_gco2e

    def test_category_outside_the_policy__is_told_and_never_compared(self) -> None:
        eaten = reading("diet_vegetarian", "365", year_span("CN-SC"), "CN-SC")
        found = intervals_of(sichuanese([*sichuan_home("1200", "150"), *sichuan_travel("12000", "500", "3000"), eaten]))

        assert found.categories["diet"].reported_gco2e > 0
        assert (found.year, found.months) == (intervals_of(YEAR).year, intervals_of(YEAR).months)

    def test_two_sided__is_wider_than_the_one_sided_margin_of_the_same_lines(self) -> None:
        spreads = [spread for line in LINES for spread in line.amount.spreads]

        assert 0 < margin_gco2e(spreads) < half_width_gco2e(spreads)

    def test_nothing_reported__is_surely_nothing(self) -> None:
        found = intervals_of(sichuanese([]))

        assert (found.year.low_gco2e, found.year.high_gco2e, found.categories, found.months) == (0, 0, {}, {})
