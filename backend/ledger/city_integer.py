"""Exact integer arithmetic as expressions that mean the same on every engine.

Engines differ in what dividing integers gives (DuckDB's and Spark's quotients are floating, Trino's truncate, decimals
round), so nothing here relies on it: a quotient is taken of a multiple, whose floating image is nearer to it than to
any other integer, and a root is estimated and then put right by comparing integers.
"""

import ibis
from ibis.expr.types import BooleanValue, IntegerValue

from backend.footprint.line import BPS, ONE_SIDED_BPS

WIDE = "decimal(38, 0)"
EXACT = "!int64"
"""A cast to it is kept in the text that the engine gets, so that sums are 64 bits wide again."""


def quotient_up(above: IntegerValue, below: IntegerValue) -> IntegerValue:
    """`above / below` rounded up; exact while it is below 2**50: three roundings of 2**-53 each leave less than 1/2."""
    rest = above % below
    whole = (above - rest) / below  # money-lint: of a multiple, rounded to the integer that it is
    return (whole.round().cast(EXACT) + one_if(rest > 0)).cast(EXACT)


def quotient_down(above: IntegerValue, below: IntegerValue) -> IntegerValue:
    """`above / below` rounded down; exact as `quotient_up` is."""
    whole = (above - above % below) / below  # money-lint: of a multiple, rounded to the integer that it is
    return whole.round().cast(EXACT)


def one_if(condition: BooleanValue) -> IntegerValue:
    """1 where it holds, else 0."""
    return ibis.ifelse(condition, 1, 0)


def total(column: IntegerValue) -> IntegerValue:
    """The sum of a column that is known to stay below 2**63; 0 of nothing."""
    return column.sum().cast(EXACT)


def margin_gco2e(groups_gram_bps: list[IntegerValue]) -> IntegerValue:
    """`line.margin_gco2e` of groups that are added up: the smallest m with (m * 10**8)**2 >= square * 8393**2.

    m rounds up what the integer root rounded up gives over 10**8, and that is the same number: m * 10**8 is an integer,
    so it is not below the root exactly when it is not below the root rounded up. The estimate's error is far below one
    gram, since m is below 10**11; two comparisons of integers put it right.
    """
    if not groups_gram_bps:
        return ibis.literal(0, "int64")
    wide = [one.cast(WIDE) for one in groups_gram_bps]
    square = wide[0] * wide[0]
    for one in wide[1:]:
        square += one * one
    target = square * ibis.literal(ONE_SIDED_BPS * ONE_SIDED_BPS, WIDE)
    estimate = square.cast("float64").sqrt() * ONE_SIDED_BPS / (BPS * BPS)  # money-lint: an estimate, put right below
    low = ibis.greatest(estimate.floor().cast(EXACT) - 1, 0)
    return (low + one_if(_is_below(low, target)) + one_if(_is_below(low + 1, target))).cast(EXACT)


def _is_below(gco2e: IntegerValue, target: IntegerValue) -> BooleanValue:
    scaled = gco2e.cast(WIDE)
    return scaled * scaled * ibis.literal((BPS * BPS) ** 2, WIDE) < target
