"""Mass and money in integers (DESIGN section 2)."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.kernel.errors import InvalidInput
from backend.kernel.mass import (
    BPS,
    LOT_GCO2E,
    MINT_STEP_GCO2E,
    UINT256_MAX,
    LotMisaligned,
    fee_floor,
    lots_of,
    share_ceil,
    step_floor,
)

amounts = st.integers(min_value=0, max_value=UINT256_MAX)
rates_bps = st.integers(min_value=0, max_value=BPS)


def test_units__are_those_of_the_design() -> None:
    assert (LOT_GCO2E, MINT_STEP_GCO2E, BPS) == (1000, 10_000, 10_000)
    assert UINT256_MAX.bit_length() == 256


@given(lots=st.integers(min_value=1, max_value=UINT256_MAX // LOT_GCO2E))
def test_lots_of__whole_lots__counts_them(lots: int) -> None:
    assert lots_of(lots * LOT_GCO2E) == lots


@given(amount=st.integers(max_value=UINT256_MAX))
@example(amount=0)
@example(amount=-1000)
@example(amount=999)
@example(amount=1001)
def test_lots_of__anything_else__is_refused_and_says_which(amount: int) -> None:
    if amount > 0 and amount % LOT_GCO2E == 0:
        amount += 1
    with pytest.raises(LotMisaligned) as refusal:
        lots_of(amount)
    assert isinstance(refusal.value, InvalidInput)
    assert refusal.value.code == "amount.not_whole_lots"
    assert refusal.value.fields == {"amount_gco2e": amount, "lot_gco2e": 1000}


@given(cost=amounts, fee_bps=rates_bps)
def test_fee_floor__any_cost__is_the_exact_fee_rounded_down(cost: int, fee_bps: int) -> None:
    exact = Fraction(cost * fee_bps, BPS)
    fee = fee_floor(cost, fee_bps)
    assert fee <= exact < fee + 1
    assert fee <= cost


@given(parts=st.lists(st.integers(min_value=0, max_value=10**30), min_size=1, max_size=6), fee_bps=rates_bps)
def test_fee_floor__a_cost_in_parts__never_costs_more_than_whole(parts: list[int], fee_bps: int) -> None:
    apart = sum(fee_floor(part, fee_bps) for part in parts)
    assert apart <= fee_floor(sum(parts), fee_bps) < apart + len(parts)


@pytest.mark.parametrize(
    ("cost", "fee_bps", "fee"), [(0, 100, 0), (99, 100, 0), (100, 100, 1), (333, 30, 0), (334, 30, 1), (10**6, 0, 0)]
)
def test_fee_floor__worked_examples(cost: int, fee_bps: int, fee: int) -> None:
    assert fee_floor(cost, fee_bps) == fee


@given(amount=amounts, rate_bps=rates_bps)
def test_share_ceil__any_amount__is_the_exact_share_rounded_up(amount: int, rate_bps: int) -> None:
    exact = Fraction(amount * rate_bps, BPS)
    share = share_ceil(amount, rate_bps)
    assert share - 1 < exact <= share
    assert share <= amount


@pytest.mark.parametrize(
    ("amount", "rate_bps", "share"), [(0, 500, 0), (1, 1, 1), (10_000, 500, 500), (10_001, 500, 501), (10_000, 0, 0)]
)
def test_share_ceil__worked_examples(amount: int, rate_bps: int, share: int) -> None:
    assert share_ceil(amount, rate_bps) == share


@given(amount=amounts, step=st.integers(min_value=1, max_value=10**9))
def test_step_floor__any_amount__keeps_whole_steps_and_carries_less_than_one(amount: int, step: int) -> None:
    kept = step_floor(amount, step)
    assert kept % step == 0
    assert 0 <= amount - kept < step
    assert step_floor(kept, step) == kept


def test_step_floor__no_step_given__is_the_mint_step_of_ten_kilograms() -> None:
    assert [step_floor(amount) for amount in (0, 9_999, 10_000, 19_999, 20_000)] == [0, 0, 10_000, 10_000, 20_000]
