"""Kilograms and money as people write them: exact or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.market.figures import FigureInexact, base_units_in, lots_in, money_text, price_text


@given(st.integers(min_value=1, max_value=10**24))
def test_price__as_text_and_back__is_the_same(base_units: int) -> None:
    assert base_units_in(price_text(base_units).replace(",", "")) == base_units


@given(st.integers(min_value=1, max_value=10**24), st.integers(min_value=0, max_value=3))
def test_amount__with_zeros_after_the_point__is_whole_kilograms(lots: int, zeros: int) -> None:
    assert lots_in(f"{lots}.{'0' * zeros}" if zeros else str(lots)) == lots


@pytest.mark.parametrize(
    ("text", "base_units"), [("0.1", 100_000), ("1", 1_000_000), ("0.000001", 1), ("2.5000000", 2_500_000)]
)
def test_price__in_tokens__is_in_base_units(text: str, base_units: int) -> None:
    assert base_units_in(text) == base_units


@pytest.mark.parametrize("text", ["", "0", "0.0", "-1", "1e3", "1,5", "0.0000001", ".5", "1.", "１", "1 2", "9" * 31])
def test_price__inexact_or_none__is_refused(text: str) -> None:
    with pytest.raises(FigureInexact) as refused:
        base_units_in(text)
    assert refused.value.code == "market.figure_inexact"


@pytest.mark.parametrize("text", ["0", "1.5", "0.001", "-3", "two"])
def test_amount__of_no_whole_kilograms__is_refused(text: str) -> None:
    with pytest.raises(FigureInexact):
        lots_in(text)


def test_money__names_its_token() -> None:
    assert money_text(1_234_500_000) == "1,234.5 TTD"
