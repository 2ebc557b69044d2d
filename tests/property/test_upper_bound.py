"""The one-sided 95 % bound against a simulation: truncated normals, shared errors drawn once, within 2 %."""

from decimal import Decimal
from fractions import Fraction
from random import Random  # noqa: TID251 - seeded

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.footprint.line import Spread, margin_gco2e

DRAWS = 20_000
Z = 1.959964
"""Half-width of a two-sided 95 % interval over the standard deviation."""

groups = st.lists(
    st.tuples(st.integers(10_000, 2_000_000), st.integers(200, 3_000), st.integers(1, 12)), min_size=1, max_size=12
)
"""(grams of a line, half-width in basis points up to 30 %, lines that share the error)."""


def truncated(source: Random, half_width_bps: int) -> float:
    """A factor's error around 1: normal, cut at nothing and at twice the value."""
    while True:
        drawn = source.gauss(1.0, half_width_bps / 10_000 / Z)
        if 0.0 <= drawn <= 2.0:
            return drawn


def simulated_bound(lines: list[tuple[int, int, int]], seed: int) -> float:
    """The 95th percentile of the sum when every group's error is drawn once for all its lines."""
    source = Random(seed)
    totals = sorted(
        sum(grams * count * truncated(source, width) for grams, width, count in lines) for _ in range(DRAWS)
    )
    return totals[int(DRAWS * 0.95)]


def computed_bound(lines: list[tuple[int, int, int]]) -> int:
    spreads = [
        Spread(f"group {at}", grams * width) for at, (grams, width, count) in enumerate(lines) for _ in range(count)
    ]
    return sum(grams * count for grams, _, count in lines) + margin_gco2e(spreads)


@settings(max_examples=12, deadline=None)
@given(groups, st.integers(0, 2**32))
def test_bound__any_groups_up_to_thirty_per_cent__agrees_with_the_simulation(
    lines: list[tuple[int, int, int]], seed: int
) -> None:
    simulated = simulated_bound(lines, seed)

    assert abs(computed_bound(lines) - simulated) <= 0.02 * simulated


@pytest.mark.parametrize("width", [500, 1000, 2000, 3000])
def test_bound__energy_times_grid__agrees_with_the_product_of_two_errors(width: int) -> None:
    """An electric car's line has two factors: their errors add in quadrature, but for a small second order."""
    source = Random(width)
    grams = 1_000_000
    drawn = sorted(grams * truncated(source, width) * truncated(source, width) for _ in range(DRAWS))
    computed = grams + margin_gco2e([Spread("energy", grams * width), Spread("grid", grams * width)])

    assert abs(computed - drawn[int(DRAWS * 0.95)]) <= 0.02 * computed


def test_bound__lines_of_one_error__is_wider_than_if_they_were_independent() -> None:
    shared = margin_gco2e([Spread("grid", 100_000 * 1000)] * 12)
    independent = margin_gco2e([Spread(f"grid {at}", 100_000 * 1000) for at in range(12)])

    assert Fraction(shared, independent) > Fraction(34, 10)
    assert Decimal(shared) == 12 * 8393
