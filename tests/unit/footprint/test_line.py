"""Lines, their one rounding, and the upper bound: worked by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from backend.footprint.factors import catalogue
from backend.footprint.line import Spread, amount_of, grams_up, isqrt_up, linear_margin_gco2e, margin_gco2e
from backend.footprint.selection import choose

FROZEN_2025 = catalogue().frozen_before(date(2025, 1, 1))


@pytest.mark.parametrize(
    ("kind", "place", "year", "quantity", "grams"),
    [
        ("grid_electricity", "CN-SC", 2022, "100", 14_040),
        ("grid_electricity", "US-CAMX", 2025, "428.756", 97_114),  # 97,113.234
        ("natural_gas_gross", "GB", 2024, "1000", 182_900),
        ("natural_gas_net", "GB", 2024, "1000", 202_640),
        ("flight_long_haul", "GB", 2024, "5540", 1_447_492),  # 1,447,491.2
        ("natural_gas", "CN-SC", 2025, "100", 216_220),
        ("diet_vegetarian", "GB", 2025, "365", 1_390_650),
    ],
)
def test_amount__known_cases__is_quantity_times_factor_rounded_up(
    kind: str, place: str, year: int, quantity: str, grams: int
) -> None:
    assert amount_of(choose(FROZEN_2025, kind, place, year), Decimal(quantity)).gco2e == grams


def test_amount__gas_taken_for_net_instead_of_gross__would_be_11_per_cent_off() -> None:
    gross = amount_of(choose(FROZEN_2025, "natural_gas_gross", "GB", 2024), Decimal(1000)).gco2e
    net = amount_of(choose(FROZEN_2025, "natural_gas_net", "GB", 2024), Decimal(1000)).gco2e

    assert (net - gross) * 100 // gross == 10


def test_amount__bev__multiplies_both_factors_and_errs_by_both() -> None:
    amount = amount_of(choose(FROZEN_2025, "car_bev", "GB", 2025), Decimal(1000))

    assert amount.gco2e == 47_452  # 1000 x 0.22918 x 0.20705 = 47.4517...
    assert [spread.group for spread in amount.spreads] == [
        "car-bev-energy-gb-2024@earlier_year",
        "electricity-gb-2024@earlier_year",
    ]


def test_grams__the_smallest_fraction__rounds_up_and_zero_stays_zero() -> None:
    assert grams_up(Decimal("0.000000001"), Fraction(1, 1000), Fraction(1)) == 1
    assert grams_up(Decimal(0), Fraction(1), Fraction(1)) == 0
    assert grams_up(Decimal(1), Fraction(1), Fraction(1)) == 1000
    assert grams_up(Decimal(1), Fraction(1), Fraction(1, 3)) == 334


@pytest.mark.parametrize(
    ("square", "root"), [(0, 0), (1, 1), (2, 2), (4, 2), (5, 3), (10**40, 10**20), (10**40 + 1, 10**20 + 1)]
)
def test_isqrt_up__any_square__is_never_below_the_root(square: int, root: int) -> None:
    assert isqrt_up(square) == root


def test_margin__lines_of_one_factor__add_linearly() -> None:
    twelve = [Spread("grid", 10_000 * 1000)] * 12  # twelve lines of 10 kg at 10 %

    assert margin_gco2e(twelve) == 10_072  # 12 kg x 0.8393 = 10,071.6 g


def test_margin__two_factors__add_in_quadrature() -> None:
    assert margin_gco2e([Spread("a", 30_000 * 10_000), Spread("b", 40_000 * 10_000)]) == 41_965  # 50 kg x 0.8393


def test_margin__nothing__is_nothing() -> None:
    assert margin_gco2e([]) == 0
    assert linear_margin_gco2e([]) == 0


def test_linear_margin__any_groups__is_as_if_they_were_one_error() -> None:
    assert linear_margin_gco2e([Spread("a", 30_000 * 10_000), Spread("b", 40_000 * 10_000)]) == 58_751
