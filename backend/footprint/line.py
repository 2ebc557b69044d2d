"""A line of a footprint: a part of an activity times its factor, rounded up to the gram. The only rounding there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isqrt

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


@dataclass(frozen=True)
class Rate:
    """What a unit of an activity counts, from its factors: `numerator / denominator` grams, exact. Many activities of a
    year share one, so that each of their lines is a product and a division of integers.
    """

    choice: Choice
    numerator: int
    denominator: int

    @cached_property
    def half_widths_bps(self) -> tuple[tuple[str, int], ...]:
        """Per error that its lines share with others: the group and the half-width."""
        return tuple((one.group, one.half_width_bps) for one in self.choice.selections)

    def grams_up(self, quantity: tuple[int, int], numerator: int = 1, denominator: int = 1) -> int:
        """Grams of the part `numerator / denominator` of a quantity (a ratio too), rounded up; exact before that."""
        above, below = quantity
        return -(-(above * numerator * self.numerator) // (below * denominator * self.denominator))

    def spreads(self, gco2e: int) -> tuple[Spread, ...]:
        """How some grams of it err."""
        return tuple(Spread(group, gco2e * half_width_bps) for group, half_width_bps in self.half_widths_bps)


def rate_of(choice: Choice) -> Rate:
    """The rate of a choice."""
    return Rate(choice, choice.kg_per_unit.numerator * GRAMS_PER_KG, choice.kg_per_unit.denominator)


def amount_of(choice: Choice, quantity: Decimal, weight: Fraction = Fraction(1)) -> Amount:
    """The grams of `weight` (a share of people and of time) of a quantity, with what it shares its errors with."""
    rate = rate_of(choice)
    gco2e = rate.grams_up(quantity.as_integer_ratio(), weight.numerator, weight.denominator)
    return Amount(gco2e, rate.spreads(gco2e))


def isqrt_up(square: int) -> int:
    """The smallest integer whose square is not less than `square`."""
    root = isqrt(square)
    return root if root * root == square else root + 1


def _root_of_groups(spreads: Iterable[Spread], scale: int) -> int:
    groups: dict[str, int] = {}
    for spread in spreads:
        groups[spread.group] = groups.get(spread.group, 0) + spread.gram_bps
    return isqrt_up(sum(total * total for total in groups.values()) * scale * scale)


def margin_gco2e(spreads: Iterable[Spread]) -> int:
    """What to add to a sum of lines for its one-sided 95 % upper bound, rounded up to the gram.

    Within a group errors add linearly (it is one error), groups add in quadrature (IPCC 2006 vol. 1 ch. 3, approach 1).
    """
    return -(-_root_of_groups(spreads, ONE_SIDED_BPS) // (BPS * BPS))


def half_width_gco2e(spreads: Iterable[Spread]) -> int:
    """How far a sum of lines may be off either way: half of its two-sided 95 % interval, rounded up to the gram."""
    return -(-_root_of_groups(spreads, 1) // BPS)


def linear_margin_gco2e(spreads: Iterable[Spread]) -> int:
    """The same as if every error were one error: never less than `margin_gco2e`."""
    return -(-sum(spread.gram_bps for spread in spreads) * ONE_SIDED_BPS // (BPS * BPS))
