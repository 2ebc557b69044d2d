"""A line of a footprint: a part of an activity times its factor, rounded up to the gram. The only rounding there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt, prod

from backend.footprint.selection import Choice

GRAMS_PER_KG = 1000
BPS = 10_000
ONE_SIDED_BPS = 8393
"""1.6449 / 1.9600, rounded up: from the half-width of a two-sided 95 % interval to a one-sided 95 % bound."""


@dataclass(frozen=True)
class Spread:
    """A line's part in one shared error: its grams times the half-width, in gram basis points."""

    group: str
    gram_bps: int


@dataclass(frozen=True)
class Amount:
    """Grams of a line and how they may err."""

    gco2e: int
    spreads: tuple[Spread, ...]


def grams_up(quantity: Decimal, value: Fraction, weight: Fraction) -> int:
    """`quantity * value * weight` in kg, as grams rounded up; exact before that."""
    exact = Fraction(quantity) * value * weight * GRAMS_PER_KG
    return -(-exact.numerator // exact.denominator)


def amount_of(choice: Choice, quantity: Decimal, weight: Fraction = Fraction(1)) -> Amount:
    """The grams of `weight` (a share of people and of time) of a quantity, with what it shares its errors with."""
    selections = [choice.own] if choice.carrier is None else [choice.own, choice.carrier]
    gco2e = grams_up(quantity, prod((Fraction(one.factor.value) for one in selections), start=Fraction(1)), weight)
    return Amount(gco2e, tuple(Spread(one.group, gco2e * one.half_width_bps) for one in selections))


def isqrt_up(square: int) -> int:
    """The smallest integer whose square is not less than `square`."""
    root = isqrt(square)
    return root if root * root == square else root + 1


def margin_gco2e(spreads: Iterable[Spread]) -> int:
    """What to add to a sum of lines for its one-sided 95 % upper bound, rounded up to the gram.

    Within a group errors add linearly (it is one error), groups add in quadrature (IPCC 2006 vol. 1 ch. 3, approach 1).
    """
    groups: dict[str, int] = {}
    for spread in spreads:
        groups[spread.group] = groups.get(spread.group, 0) + spread.gram_bps
    square = sum(total * total for total in groups.values())
    return -(-isqrt_up(square * ONE_SIDED_BPS * ONE_SIDED_BPS) // (BPS * BPS))


def linear_margin_gco2e(spreads: Iterable[Spread]) -> int:
    """The same as if every error were one error: never less than `margin_gco2e`."""
    return -(-sum(spread.gram_bps for spread in spreads) * ONE_SIDED_BPS // (BPS * BPS))
