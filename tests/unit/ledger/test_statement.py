"""The closing rules, each on a year small enough to work by hand."""

from dataclasses import replace
from datetime import date

import pytest

from backend.footprint.kind import Grade
from backend.footprint.span import Span, month_span
from backend.ledger.accrual import Membership, NotAMember, membership_of, monthly_budget, monthly_default
from backend.ledger.coverage import Home
from backend.ledger.statement import BasisMismatch, Status, Year, year_of
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
    sichuan_travel,
    sichuanese,
    year_span,
)


def months_of(year: Year, category: str) -> list[Status]:
    return [month.status for month in year.months if month.category == category]


class TestAccrual:
    def test_whole_year__accrues_the_whole_budget_in_shares_by_days(self) -> None:
        shares = monthly_budget(459_000, WHOLE_YEAR, CALIFORNIA)

        assert sum(shares) == 459_000
        assert shares[0] == 459_000 * 31 // 365
        assert max(shares) - min(shares) <= 459_000 * 3 // 365 + 1

    def test_late_start_and_early_end__accrue_by_the_day(self) -> None:
        member = membership_of(2025, date(2025, 3, 11), date(2025, 10, 5), None)

        assert sum(monthly_budget(365_000, member, CALIFORNIA)) == 209_000
        assert monthly_budget(365_000, member, CALIFORNIA)[:2] == [0, 0]

    def test_child__accrues_the_child_share_until_its_birthday(self) -> None:
        child = Membership(2025, date(2025, 1, 1), date(2025, 12, 31), date(2007, 7, 1))

        shares = monthly_budget(365_000, child, CALIFORNIA)

        assert sum(shares[:6]) == 181 * 500
        assert sum(shares[6:]) == 184 * 1000

    def test_leap_year__has_a_day_more_to_share(self) -> None:
        member = membership_of(2024, date(2024, 1, 1), None, None)

        assert monthly_budget(366_000, member, CALIFORNIA)[1] == 29_000

    def test_default__is_rounded_up_and_not_smaller_for_a_child(self) -> None:
        child = Membership(2025, date(2025, 1, 1), date(2025, 12, 31), date(2016, 1, 1))

        assert monthly_default(1000, child) == monthly_default(1000, WHOLE_YEAR)
        assert monthly_default(1000, WHOLE_YEAR)[0] == 85  # 84.93

    def test_birth__begins_membership_not_joining_before_it(self) -> None:
        assert membership_of(2025, date(2024, 1, 1), None, date(2025, 6, 15)).first == date(2025, 6, 15)

    @pytest.mark.parametrize(
        ("joined", "left", "born"),
        [
            (date(2026, 1, 1), None, None),
            (date(2024, 1, 1), date(2024, 12, 31), None),
            (date(2024, 1, 1), None, date(2026, 2, 1)),
        ],
    )
    def test_no_day_in_the_vintage__is_refused(self, joined: date, left: date | None, born: date | None) -> None:
        with pytest.raises(NotAMember) as refused:
            membership_of(2025, joined, left, born)

        assert refused.value.code == "statement.not_a_member"


class TestMeasuredYear:
    def test_signed_readings__earn_budget_less_bound(self) -> None:
        year = californian(power(every_month("100"), grade=Grade.M))

        assert year.footprint_gco2e == 12 * 22_650
        assert year.margin_gco2e == 22_813  # 271,800 g x 10 % x 0.8393, rounded up
        assert year.bound_gco2e == 271_800 + 22_813
        assert year.surplus_gco2e == 459_000 - year.bound_gco2e
        assert year.deficit_gco2e == 0
        assert year.measured_bps == 10_000

    def test_documents_instead_of_signatures__are_credited_less_the_haircut(self) -> None:
        signed = californian(power(every_month("100"), grade=Grade.M))
        documented = californian(power(every_month("100"), grade=Grade.D))

        saved = [month.budget_gco2e - month.footprint_gco2e for month in signed.months]
        assert signed.surplus_gco2e - documented.surplus_gco2e == sum(-(-one * 500 // 10_000) for one in saved)
        assert documented.footprint_gco2e == signed.footprint_gco2e

    def test_over_budget__owes_central_less_budget(self) -> None:
        year = californian(power(every_month("200")))

        assert year.deficit_gco2e == 12 * 45_300 - 459_000
        assert year.surplus_gco2e == 0

    def test_between_central_and_bound__is_neutral(self) -> None:
        year = californian(power(every_month("165")))

        assert year.footprint_gco2e < year.budget_gco2e < year.bound_gco2e
        assert (year.surplus_gco2e, year.deficit_gco2e) == (0, 0)

    def test_shared_home__counts_an_equal_share(self) -> None:
        alone, shared = californian(power(every_month("90"))), californian(power(every_month("270"), people=3))

        assert alone.footprint_gco2e == shared.footprint_gco2e

    def test_diet_under_a_policy_without_diet__is_shown_and_not_compared(self) -> None:
        diet = reading("diet_vegan", "365", year_span("US-CA"), "US-CA")

        with_diet, without = californian([*power(every_month("100")), diet]), californian(power(every_month("100")))

        assert 1_054_850 <= with_diet.outside_gco2e < 1_054_850 + 12  # each month rounded up
        assert (with_diet.surplus_gco2e, with_diet.footprint_gco2e) == (without.surplus_gco2e, without.footprint_gco2e)

    def test_reading_across_a_month_s_end__is_split_by_seconds(self) -> None:
        january, february = (month_span(2025, month, ZONES["US-CA"]) for month in (1, 2))
        straddling = reading("grid_electricity", "590", Span(january.start_s, february.end_s), "US-CAMX", meter="m")

        year = californian([straddling])

        parts = {line.month: line.amount.gco2e for line in year.lines}
        assert parts == {1: 70_215, 2: 63_420}  # 310 kWh and 280 kWh

    def test_reading_across_new_year__counts_its_part_of_this_year_only(self) -> None:
        december = month_span(2025, 12, ZONES["US-CA"])
        over = reading(
            "grid_electricity", "62", Span(december.start_s, december.end_s + december.seconds), "US-CAMX", meter="m"
        )

        assert [line.amount.gco2e for line in californian([over]).lines] == [7_022]  # 31 kWh


class TestNotMeasured:
    def test_idle_account__has_nothing_to_sell_and_owes_by_the_high_default(self) -> None:
        year = californian([], homes=[])

        assert set(months_of(year, "electricity")) == {Status.UNMEASURED}
        assert year.surplus_gco2e == 0
        assert year.measured_bps == 0
        assert year.deficit_gco2e == sum(monthly_default(1_020_000, WHOLE_YEAR)) - 459_000

    def test_missing_month__enters_at_the_high_default(self) -> None:
        eleven = {month: kwh for month, kwh in every_month("100").items() if month != 7}

        year = californian(power(eleven))

        july = next(month for month in year.months if month.month == 7)
        assert july.status is Status.UNMEASURED
        assert july.footprint_gco2e == july.bound_gco2e == -(-1_020_000 * 31 // 365)
        assert year.surplus_gco2e < californian(power(every_month("100"))).surplus_gco2e

    def test_year_measured_below_80_per_cent_of_its_budget__mints_nothing(self) -> None:
        ten = californian(power({month: "1" for month in MONTHS if month > 2}))
        nine = californian(power({month: "1" for month in MONTHS if month > 3}))

        assert ten.measured_bps >= 8000
        assert ten.surplus_gco2e > 0
        assert nine.measured_bps < 8000
        assert nine.surplus_gco2e == 0

    def test_self_declared_months__count_as_emission_and_never_earn(self) -> None:
        low = californian(power(every_month("1"), grade=Grade.S))
        high = californian(power(every_month("2000"), grade=Grade.S))

        assert low.surplus_gco2e == 0
        assert low.footprint_gco2e == sum(monthly_default(1_020_000, WHOLE_YEAR))
        assert high.footprint_gco2e == 12 * 453_000

    def test_self_declared_month_above_the_default__enters_at_its_own_upper_bound(self) -> None:
        january = californian(power(every_month("2000"), grade=Grade.S)).months[0]

        assert january.footprint_gco2e == 453_000
        assert january.bound_gco2e == 453_000 + 38_021  # 10 % of it, one-sided

    def test_self_declared_line_beside_evidence__is_added(self) -> None:
        january = month_span(2025, 1, ZONES["US-CA"])
        extra = reading("grid_electricity", "10", january, "US-CAMX", grade=Grade.S, meter="m")

        year = californian([*power(every_month("100"), grade=Grade.M), extra])

        assert year.footprint_gco2e == 12 * 22_650 + 2_265

    def test_second_meter_that_stops_reporting__uncovers_its_months(self) -> None:
        heat_pump = power({month: "10" for month in MONTHS if month < 7}, meter="hp")

        year = californian([*power(every_month("50")), *heat_pump], homes=[home(electricity=["m", "hp"])])

        assert months_of(year, "electricity") == [Status.MEASURED] * 6 + [Status.UNMEASURED] * 6

    def test_home_without_any_meter__is_not_measured(self) -> None:
        assert set(months_of(californian([], homes=[Home((year_span("US-CA"),), {})]), "electricity")) == {
            Status.UNMEASURED
        }

    def test_time_without_a_home__is_not_measured(self) -> None:
        half = Home((Span(year_span("US-CA").start_s, month_span(2025, 7, ZONES["US-CA"]).start_s),), home().meters)

        year = californian(power(every_month("50")), homes=[half])

        assert months_of(year, "electricity") == [Status.MEASURED] * 6 + [Status.UNMEASURED] * 6

    @pytest.mark.parametrize(("gap_days", "status"), [(1, Status.MEASURED), (2, Status.UNMEASURED)])
    def test_month_covered_to_95_per_cent__is_measured_and_its_gap_filled(self, gap_days: int, status: Status) -> None:
        january = month_span(2025, 1, ZONES["US-CA"])
        short = Span(january.start_s, january.end_s - gap_days * 86400)
        rest = {month: "100" for month in MONTHS if month > 1}

        year = californian([reading("grid_electricity", "100", short, "US-CAMX", meter="m"), *power(rest)])

        first = year.months[0]
        assert first.status is status
        if status is Status.MEASURED:
            assert first.footprint_gco2e == 22_650 + 2_795  # one day of a month's 86,631 g

    def test_gap_of_a_heavy_user__is_filled_at_its_own_rate(self) -> None:
        january = month_span(2025, 1, ZONES["US-CA"])
        short = Span(january.start_s, january.end_s - 86400)

        year = californian([reading("grid_electricity", "3000", short, "US-CAMX", meter="m")])

        assert year.months[0].footprint_gco2e == 679_500 + 22_650


class TestTravel:
    def test_foreign_proxy__costs_and_never_earns(self) -> None:
        without, with_travel = (
            sichuanese([*sichuan_home("600", "40"), *sichuan_travel()]),
            sichuanese([*sichuan_home("600", "40"), *sichuan_travel(transit_km="100")]),
        )

        assert set(months_of(without, "travel")) == {Status.PROXIED}
        travel_bound = sum(month.bound_gco2e for month in without.months if month.category == "travel")
        assert travel_bound == 360_000
        assert with_travel.surplus_gco2e == without.surplus_gco2e
        assert with_travel.footprint_gco2e > without.footprint_gco2e

    def test_proxied_months__are_measured_for_the_80_per_cent(self) -> None:
        assert sichuanese([*sichuan_home("600", "40"), *sichuan_travel()]).measured_bps == 10_000

    def test_much_travel__eats_what_the_home_saved(self) -> None:
        frugal = sichuanese([*sichuan_home("600", "40"), *sichuan_travel(km="2200")])

        assert frugal.surplus_gco2e < sichuanese([*sichuan_home("600", "40"), *sichuan_travel()]).surplus_gco2e

    def test_proxied_month_above_its_budget__enters_at_its_own_upper_bound(self) -> None:
        year = sichuanese([*sichuan_home("600", "40"), *sichuan_travel(km="4000")])

        january = next(one for one in year.months if (one.category, one.month) == ("travel", 1))
        assert january.footprint_gco2e == 55_885  # 4000 km x 31/365 x 0.1645, rounded up
        assert january.bound_gco2e == 55_885 + 25_798  # 55 % of it, one-sided

    def test_a_stream_nobody_speaks_of__leaves_travel_unmeasured(self) -> None:
        no_flights_told = [one for one in sichuan_travel() if one.activity.kind.stream != "air"]

        year = sichuanese([*sichuan_home("600", "40"), *no_flights_told])

        assert set(months_of(year, "travel")) == {Status.UNMEASURED}
        assert year.surplus_gco2e == 0

    def test_domestic_factor_of_another_basis_than_the_budget__is_refused(self) -> None:
        wrong = replace(SICHUAN, categories=tuple(replace(one, gas_basis="co2e") for one in SICHUAN.categories))

        with pytest.raises(BasisMismatch) as refused:
            year_of(
                policy=wrong,
                member=WHOLE_YEAR,
                zone=ZONES["CN-SC"],
                factors=FROZEN_2025,
                readings=sichuan_home("600", "40"),
                homes=[home("CN-SC", electricity=["e"], gas=["g"])],
            )

        assert refused.value.code == "statement.basis_mismatch"
