"""Units at the edge, for any quantity: there and back again, order kept, nothing passing for something else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.kind import KINDS, Kind
from backend.footprint.quantity import (
    ACCEPTED,
    FRACTION_DIGITS,
    GAS_VOLUMES,
    UnitWrongDimension,
    accepted_for,
    plain,
    quantity_in,
    quantity_of,
)

STEP = Decimal(1).scaleb(-FRACTION_DIGITS)
GAS = KINDS["natural_gas"]
ALL_UNITS = sorted({unit for units in ACCEPTED.values() for unit in units} | set(GAS_VOLUMES))

kinds = st.sampled_from([KINDS[name] for name in sorted(KINDS)])
amounts = st.decimals(min_value=0, max_value=1_000_000, places=6).map(plain)
WAYS = [(unit, kept) for kept, units in ACCEPTED.items() for unit in units if unit != kept]


def one_of(unit: str, kept: str) -> Decimal:
    """How many of the kept unit a million of a unit are, a millionth of that."""
    return quantity_in("1000000", unit, kept) / 1_000_000


@given(kinds, amounts)
def test_kept_unit__any_amount__comes_back_as_given(kind: Kind, amount: str) -> None:
    assert plain(quantity_of(amount, kind.unit, kind)) == plain(Decimal(amount))


@given(st.sampled_from(WAYS), amounts)
def test_other_unit__there_and_back__loses_less_than_its_last_digits(way: tuple[str, str], amount: str) -> None:
    unit, kept = way
    there = quantity_in(amount, unit, kept)
    size = one_of(unit, kept)

    back = there / size

    assert abs(back - Decimal(amount)) <= (STEP + Decimal(amount) * STEP) / size + STEP


@given(st.sampled_from(WAYS), amounts, amounts)
def test_other_unit__of_two_amounts__keeps_order_and_sum(way: tuple[str, str], first: str, second: str) -> None:
    one, other = (quantity_in(amount, *way) for amount in (first, second))

    assert (one <= other) is (Decimal(first) <= Decimal(second)) or one == other
    both = quantity_in(plain(Decimal(first) + Decimal(second)), *way)
    assert 0 <= one + other - both <= 2 * STEP, "rounded up, so parts never come to less than the whole"


@given(kinds, st.sampled_from(ALL_UNITS), amounts)
def test_unit_of_another_measure__for_any_kind__is_refused_with_what_is_taken(
    kind: Kind, unit: str, amount: str
) -> None:
    if unit in accepted_for(kind):
        assert quantity_of(amount, unit, kind) >= 0
        return
    with pytest.raises(UnitWrongDimension) as refused:
        quantity_of(amount, unit, kind)
    assert refused.value.fields["accepted"] == list(accepted_for(kind))


@given(amounts)
def test_gas_volume__colder_cubic_metres__hold_more(amount: str) -> None:
    at_0, at_15, at_20 = (quantity_of(amount, unit, GAS) for unit in GAS_VOLUMES)

    assert at_0 >= at_15 >= at_20 == Decimal(amount)
    assert abs(at_0 * Decimal("273.15") - at_20 * Decimal("293.15")) <= Decimal("1e-6")


@given(amounts)
def test_gross_and_net__of_one_amount__never_pass_for_each_other(amount: str) -> None:
    for unit, kept in (("kWh_gross", "kWh_net"), ("kWh_net", "kWh_gross"), ("therm", "kWh_net"), ("kWh", "kWh_gross")):
        with pytest.raises(UnitWrongDimension):
            quantity_in(amount, unit, kept)
