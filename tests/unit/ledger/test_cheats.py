"""Each way of gaining that was found, what it gained, and that a policy's guard closes it (ADR 0016)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.kind import METERED, Category, told_of
from backend.footprint.line import linear_margin_gco2e
from backend.footprint.span import Span, days_span, month_span, seconds_of
from backend.ledger.accrual import Membership, monthly_default
from backend.ledger.coverage import Home, Reading, covered_spans
from backend.ledger.guards import Guards, GuardsMalformed, parse_guards
from backend.ledger.home import Stay
from backend.ledger.least import as_told, least_runs
from backend.ledger.policy import Policy
from backend.ledger.statement import Status, Withheld, Year, year_of
from tests.unit.ledger.years import (
    CALIFORNIA,
    FROZEN_2025,
    MONTHS,
    SICHUAN,
    WHOLE_YEAR,
    ZONES,
    californian,
    every_month,
    home,
    power,
    reading,
    sichuan_home,
    year_span,
)

GUARDED = Guards(
    whole_years_only=True,
    gap_holds_vintages=2,
    told_within_days=31,
    least_shares=True,
    every_kind=True,
    year_at_once=True,
)
STRICT = replace(CALIFORNIA, guards=GUARDED)
ZONE = ZONES["US-CA"]
SPIKE = every_month("50") | {8: "1500"}
"""A year with one month above the high default of 85 kg: 340 kg."""


def months_but(left_out: int) -> dict[int, str]:
    return {month: kwh for month, kwh in SPIKE.items() if month != left_out}


class TestHiddenMonth:
    def test_before__hiding_the_month_above_the_default__gained_what_it_is_above(self) -> None:
        truth, cheat = californian(power(SPIKE)), californian(power(months_but(8)))

        default = monthly_default(CALIFORNIA.categories[0].high_default_gco2e, WHOLE_YEAR)[7]
        (august,) = [month for month in truth.months if month.month == 8]
        assert truth.surplus_gco2e == 0
        assert cheat.surplus_gco2e > 0
        assert cheat.bound_gco2e >= truth.bound_gco2e - (august.bound_gco2e - default) - truth.margin_gco2e

    @given(st.lists(st.integers(0, 2_000), min_size=12, max_size=12), st.sets(st.sampled_from(MONTHS), max_size=3))
    def test_before__whatever_is_hidden__gains_no_more_than_the_hidden_is_above_the_default(
        self, kwh: list[int], hidden: set[int]
    ) -> None:
        """The exact bound of what is left under the frozen policies."""
        told = {month: str(kwh[month - 1]) for month in MONTHS}
        truth = californian(power(told))
        cheat = californian(power({month: value for month, value in told.items() if month not in hidden}))

        above = 0
        for month in truth.months:
            if month.month in hidden:
                counted = next(one.bound_gco2e for one in cheat.months if one.month == month.month)
                above += max(0, month.bound_gco2e + linear_margin_gco2e(month.spreads) - counted)
        assert cheat.surplus_gco2e <= truth.surplus_gco2e + above + len(hidden)

    def test_guarded__a_year_with_a_gap__mints_nothing_and_says_why(self) -> None:
        whole = californian(power(every_month("50")), policy=STRICT)
        cheat = californian(power(months_but(8)), policy=STRICT)

        assert (whole.withheld, whole.gap_s, whole.surplus_gco2e > 0) == (None, 0, True)
        assert (cheat.withheld, cheat.surplus_gco2e) == (Withheld.GAP, 0)
        assert cheat.gap_s == 31 * 86_400

    def test_guarded__the_next_vintages__are_held(self) -> None:
        held = year_of(
            policy=STRICT, member=WHOLE_YEAR, zone=ZONE, factors=FROZEN_2025, readings=power(every_month("50")),
            homes=[home()], is_held=True,
        )  # fmt: skip

        assert (held.withheld, held.surplus_gco2e) == (Withheld.HELD, 0)


class TestHiddenHours:
    def peaked(self, *, hide: bool) -> list[Reading]:
        """A year whose use falls into one and a half days a month, as a car's charging may."""
        found = []
        for month in MONTHS:
            span = month_span(2025, month, ZONE)
            cut = span.end_s - 36 * 3600
            found.append(reading("grid_electricity", "10", Span(span.start_s, cut), "US-CAMX", meter="m"))
            if not hide:
                found.append(reading("grid_electricity", "150", Span(cut, span.end_s), "US-CAMX", meter="m"))
        return found

    def test_before__hiding_the_hours_that_count__passed_for_a_measured_year(self) -> None:
        truth, cheat = californian(self.peaked(hide=False)), californian(self.peaked(hide=True))

        assert {month.status for month in cheat.months if month.month != 2} == {Status.MEASURED}
        assert cheat.surplus_gco2e > truth.surplus_gco2e + 100_000

    def test_guarded__they_are_a_gap(self) -> None:
        cheat = californian(self.peaked(hide=True), policy=STRICT)

        assert (cheat.withheld, cheat.surplus_gco2e) == (Withheld.GAP, 0)


class TestCutYear:
    @pytest.mark.parametrize(
        ("first", "last", "born_on", "died", "whole"),
        [
            (date(2025, 4, 1), date(2025, 12, 31), None, False, False),
            (date(2025, 1, 1), date(2025, 10, 31), None, False, False),
            (date(2025, 1, 1), date(2025, 10, 31), None, True, True),
            (date(2025, 4, 1), date(2025, 12, 31), date(2025, 4, 1), False, True),
            (date(2025, 5, 1), date(2025, 12, 31), date(2025, 4, 1), False, False),
        ],
    )
    def test_guarded__only_birth_and_death_shorten_a_year_that_mints(
        self, first: date, last: date, born_on: date | None, died: bool, whole: bool
    ) -> None:
        """Winter left out by joining in April and leaving in October."""
        member = Membership(2025, first, last, born_on, died=died)
        year = year_of(
            policy=STRICT, member=member, zone=ZONE, factors=FROZEN_2025, readings=power(every_month("10")),
            homes=[home()],
        )  # fmt: skip

        assert (year.withheld is None) == whole
        assert (year.surplus_gco2e > 0) == whole


class TestOneBillForTheYear:
    HALF = dict.fromkeys(range(1, 7), "0") | dict.fromkeys(range(7, 13), "340")

    def bill(self) -> list[Reading]:
        return [reading("grid_electricity", "2040", year_span("US-CA"), "US-CAMX", meter="m")]

    def test_before__a_bill_of_the_year__evened_out_what_the_haircut_is_of(self) -> None:
        monthly, yearly = californian(power(self.HALF)), californian(self.bill())

        assert abs(monthly.footprint_gco2e - yearly.footprint_gco2e) <= 12
        assert yearly.bound_gco2e < monthly.bound_gco2e - 10_000

    def test_guarded__the_haircut_is_of_the_year(self) -> None:
        monthly, yearly = californian(power(self.HALF), policy=STRICT), californian(self.bill(), policy=STRICT)

        assert abs(yearly.bound_gco2e - monthly.bound_gco2e) <= 12
        assert sum(month.bound_gco2e for month in monthly.months) + monthly.margin_gco2e == monthly.bound_gco2e

    def travelled(self, *, at_once: bool, policy: Policy) -> Year:
        """A Sichuan year with one flight in July, told in July or over the year."""
        readings = sichuan_home("100", "10")
        span = year_span("CN-SC") if at_once else month_span(2025, 7, ZONES["CN-SC"])
        for told in sorted(told_of(Category.TRAVEL)):
            kind = "car_petrol" if told == "road" else told
            readings.append(reading(kind, "0", year_span("CN-SC"), "CN-SC"))
        readings.append(reading("flight_domestic", "2000", span, "CN-SC"))
        return year_of(
            policy=policy, member=WHOLE_YEAR, zone=ZONES["CN-SC"], factors=FROZEN_2025, readings=readings,
            homes=[home("CN-SC", electricity=["e"], gas=["g"])],
        )  # fmt: skip

    def test_before__a_proxied_journey_told_over_the_year__cost_less(self) -> None:
        assert (
            self.travelled(at_once=True, policy=SICHUAN).bound_gco2e
            < self.travelled(at_once=False, policy=SICHUAN).bound_gco2e - 100_000
        )

    def test_guarded__it_costs_the_same_however_it_is_told(self) -> None:
        policy = replace(SICHUAN, guards=GUARDED)
        once, july = self.travelled(at_once=True, policy=policy), self.travelled(at_once=False, policy=policy)

        assert abs(once.bound_gco2e - july.bound_gco2e) <= 24
        assert {month.status for month in july.months if month.category is Category.TRAVEL} == {Status.PROXIED}


class TestWhatNobodySpeaksOf:
    YEAR = year_span("CN-SC")

    def covered(self, category: Category, readings: Sequence[Reading], homes: Sequence[Home] = ()) -> tuple[int, int]:
        """Seconds covered by the first rules, and with every kind."""
        first, guarded = (
            seconds_of(covered_spans(category, [self.YEAR], readings, homes, every_kind=guard))
            for guard in (False, True)
        )
        return first, guarded

    def test_bus_ticket__passed_for_all_transit__and_tells_nothing_of_trains(self) -> None:
        told = [reading(kind, "1", self.YEAR, "CN-SC") for kind in ("car_petrol", "bus", "flight_domestic")]

        assert self.covered(Category.TRAVEL, told) == (self.YEAR.seconds, 0)

    def test_every_kind_told__zeros_too__is_covered(self) -> None:
        told = [
            reading("car_petrol" if what == "road" else what, "0", self.YEAR, "CN-SC")
            for what in sorted(told_of(Category.TRAVEL))
        ]

        assert self.covered(Category.TRAVEL, told) == (self.YEAR.seconds, self.YEAR.seconds)
        assert self.covered(Category.TRAVEL, told[1:])[1] == 0

    def test_one_fuel__passed_for_all_heating__and_tells_nothing_of_the_others(self) -> None:
        lived = [Home((self.YEAR,), {Category.HEATING: frozenset({"tank"})})]
        told = [reading("lpg", "1", self.YEAR, "CN-SC", meter="tank")]

        assert self.covered(Category.HEATING, told, lived) == (self.YEAR.seconds, 0)

    def test_alternatives__of_one_stream__are_told_by_one(self) -> None:
        assert told_of(Category.DIET) == {"diet"}
        assert told_of(Category.GAS) == {"gas"}
        assert not any("direct" in what for what in told_of(Category.TRAVEL))
        assert {category for category in METERED if len(told_of(category)) > 1} == {Category.HEATING, Category.WATER}

    def test_car_that_others_drive_on__tells_nothing_of_who_left_it(self) -> None:
        january = month_span(2025, 1, ZONES["CN-SC"])
        told = [reading(kind, "1", self.YEAR, "CN-SC") for kind in ("bus", "flight_domestic")]
        car = replace(reading("car_petrol", "900", self.YEAR, "CN-SC", meter="car"), shares=((january, 1),))

        assert self.covered(Category.TRAVEL, [*told, car])[0] == january.seconds


class TestDocumentsAcrossAChange:
    JULY = days_span(date(2025, 7, 1), date(2025, 12, 31), ZONE)
    SPRING = days_span(date(2025, 1, 1), date(2025, 6, 30), ZONE)

    def bill(self, **parts: Any) -> Reading:
        return replace(reading("grid_electricity", "1000", year_span("US-CA"), "US-CAMX", meter="m"), **parts)

    def lines(self, bill: Reading) -> tuple[int, int]:
        year = californian([bill], policy=STRICT)
        return sum(one.amount.gco2e for one in year.lines), sum(one.least.gco2e for one in year.lines)

    def test_bill_over_a_vacancy__falls_on_those_who_lived_there(self) -> None:
        """Whoever moved out in June left the other half of a bill of the year to nobody."""
        left = ((self.SPRING, 1),)

        whole, least = self.lines(self.bill(shares=left, least=left, shared=(self.SPRING,)))
        half, _ = self.lines(self.bill(shares=left))

        assert abs(whole - 2 * half) <= half // 50
        assert abs(whole - 226_500) <= 6
        assert abs(least - whole) <= 12

    def test_bill_over_a_moving_in__may_all_have_been_used_by_who_was_there_alone(self) -> None:
        shared = (year_span("US-CA"),)
        parts = ((self.SPRING, 1), (self.JULY, 2))

        said, least = self.lines(self.bill(shares=parts, least=parts, shared=shared))

        assert said < 172_000
        assert abs(least - 226_500) <= 12

    def test_bill_within_one_sharing__counts_what_it_says(self) -> None:
        parts = ((year_span("US-CA"), 2),)

        said, least = self.lines(self.bill(shares=parts, least=parts, shared=(year_span("US-CA"),)))

        assert said == least


ONE, TWO, CHILD, GHOST = 1, 2, 3, 4
NEW_YEAR, LAST = date(2025, 1, 1), date(2025, 12, 31)


class TestWhoLightens:
    HOME = (Stay(ONE, NEW_YEAR, None), Stay(TWO, NEW_YEAR, None))

    def test_split__lightens_no_bound(self) -> None:
        runs = [(NEW_YEAR, LAST, Fraction(10_000, 1))]

        assert least_runs(runs, self.HOME, ONE, {7: self.HOME}) == [(NEW_YEAR, LAST, 2)]
        assert least_runs([(NEW_YEAR, LAST, Fraction(10_000, 9_999))], self.HOME, TWO, {7: self.HOME}) == [
            (NEW_YEAR, LAST, Fraction(10_000, 9_999))
        ]

    def test_ghost_with_a_home_elsewhere__lightens_nobody(self) -> None:
        there = (*self.HOME, Stay(GHOST, date(2025, 3, 1), None))
        roofs = {7: there, 8: (Stay(GHOST, NEW_YEAR, date(2025, 5, 31)),)}
        runs = [(NEW_YEAR, date(2025, 2, 28), 2), (date(2025, 3, 1), LAST, 3)]

        assert least_runs(runs, there, ONE, roofs) == [
            (NEW_YEAR, date(2025, 2, 28), 2),
            (date(2025, 3, 1), date(2025, 5, 31), 2),
            (date(2025, 6, 1), LAST, 3),
        ]

    def test_couple_with_two_homes__lightens_each_other_in_both(self) -> None:
        roofs = {7: self.HOME, 8: self.HOME}

        assert least_runs([(NEW_YEAR, LAST, 2)], self.HOME, ONE, roofs) == [(NEW_YEAR, LAST, 2)]

    def test_car__is_lightened_by_adults_of_the_same_home_only(self) -> None:
        drivers = (*self.HOME, Stay(CHILD, NEW_YEAR, None), Stay(GHOST, NEW_YEAR, None))
        roofs = {7: (*self.HOME, Stay(CHILD, NEW_YEAR, None)), 8: (Stay(GHOST, NEW_YEAR, None),)}

        assert least_runs([(NEW_YEAR, LAST, 4)], drivers, ONE, roofs, drivers_from={CHILD: date(2025, 10, 1)}) == [
            (NEW_YEAR, date(2025, 9, 30), 2),
            (date(2025, 10, 1), LAST, 3),
        ]


class TestToldLate:
    def test_moving_in__counts_from_a_month_before_it_was_told(self) -> None:
        late = Stay(ONE, NEW_YEAR, None, told_on=date(2025, 12, 20))

        assert [one.since_on for one in as_told([late], 31)] == [date(2025, 11, 19)]
        assert as_told([late], None) == [late]

    def test_moving_out__bears_on_for_the_person_and_lightens_nobody_else(self) -> None:
        late = Stay(ONE, NEW_YEAR, date(2025, 3, 31), end_told_on=date(2025, 12, 20))

        assert [one.until_on for one in as_told([late], 31, bearing=ONE)] == [date(2025, 11, 19)]
        assert [one.until_on for one in as_told([late], 31, bearing=TWO)] == [date(2025, 3, 31)]

    def test_stay_that_was_over_long_before_it_was_told__never_was(self) -> None:
        gone = Stay(ONE, NEW_YEAR, date(2025, 2, 1), told_on=date(2025, 12, 20), end_told_on=date(2025, 12, 20))

        assert as_told([gone], 31) == []


@pytest.mark.parametrize(
    "table", [{"whole_years": True}, {"told_within_days": -1}, {"every_kind": 1}, {"gap_holds_vintages": True}]
)
def test_guards__unknown_or_of_another_type__are_refused(table: dict[str, object]) -> None:
    with pytest.raises(GuardsMalformed) as refused:
        parse_guards(table)

    assert refused.value.code == "policy.guards_malformed"


def test_guards__of_the_frozen_policies__are_none() -> None:
    assert CALIFORNIA.guards == SICHUAN.guards == Guards() == parse_guards({})
