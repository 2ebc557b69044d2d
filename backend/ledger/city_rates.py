"""The rates of a city's lines: a row for each kind and place, chosen by the ledger's own ladder. No framework.

Lines of one category share errors by groups (`footprint/line.py`). Each category numbers its groups, so that a month's
grams times half-widths stand in a few columns; `Errors.of_person` says which column of which category is which group.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from backend.footprint.activity import Activity
from backend.footprint.factors import FactorSet
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.line import Rate, rate_of
from backend.footprint.selection import FactorUnknown, choose
from backend.footprint.span import Span
from backend.ledger.coverage import Reading
from backend.ledger.policy import Policy
from backend.ledger.statement import BasisMismatch, may_earn
from backend.ledger.sums import Sum

THOUSANDTHS = 1000
"""Quantities of a city's lines are in thousandths of the kind's unit: Wh, metres, grams."""
INT64_MAX = 2**63 - 1
OUTSIDE = -1
"""The category number of what the policy does not cover."""


@dataclass(frozen=True)
class CityRate:
    """A rate as a row. `numerator / denominator` grams are in a thousandth of a unit; none if `refused` says why.
    The last of each category have no kind: they are for months that are evidenced and hold nothing.
    """

    rate: int
    kind: str
    place: str
    category: int
    """Its place among the policy's categories, or OUTSIDE."""
    numerator: int
    denominator: int
    earns: bool
    half_widths_bps: tuple[int, ...]
    """One for each error column of its category; only of rates that earn, since nothing else shares an error."""
    linear_bps: int
    """All its half-widths added up."""
    refused: str

    @property
    def most_quantity(self) -> int:
        """The largest product of quantity and part's numerator whose grams are computed in 64 bits."""
        return INT64_MAX // max(1, self.numerator)

    @property
    def most_denominator(self) -> int:
        """The largest denominator of a part."""
        return INT64_MAX // self.denominator


@dataclass(frozen=True)
class CityRates:
    """All rates, and what their error columns are."""

    rows: tuple[CityRate, ...]
    groups: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]
    """By category: the group of each of its error columns, as a number among `groups`."""

    @property
    def width(self) -> int:
        """How many error columns a month needs."""
        return max((len(columns) for columns in self.columns), default=0)


def specimen(kind: str, place: str, rate: Rate) -> Sum:
    """Lines of a kind and place with nothing in them yet: whether they may earn depends on nothing else."""
    activity = Activity(kind_of(kind), Decimal(0), Span(0, 1), place, Grade.M, "", "", None)
    return Sum(Reading(activity, "", ()), rate)


def _priced(kind: str, place: str, policy: Policy, factors: FactorSet) -> tuple[Rate | None, bool, str]:
    """A rate, whether it may earn, and the code of why there is none."""
    try:
        rate = rate_of(choose(factors, kind, place, policy.vintage))
        budget = next((one for one in policy.categories if one.category == kind_of(kind).category), None)
        return rate, budget is not None and may_earn(specimen(kind, place, rate), policy, budget), ""
    except (FactorUnknown, BasisMismatch) as failure:
        return None, False, failure.code


def _category(kind: str, categories: Sequence[Category]) -> int:
    category = kind_of(kind).category
    return categories.index(category) if category in categories else OUTSIDE


def rates_of(uses: Iterable[tuple[str, str]], policy: Policy, factors: FactorSet) -> CityRates:
    """The rates of kinds and places under a policy. A person with a use that has none is refused, as `year_of` would.

    Raises KindUnknown, PlaceUnknown.
    """
    categories = [budget.category for budget in policy.categories]
    found = [(use, *_priced(*use, policy, factors)) for use in sorted(set(uses))]
    earning: list[dict[str, int]] = [{} for _ in categories]
    for (kind, _), rate, earns, _ in found:
        if rate is not None and earns:
            mine = earning[_category(kind, categories)]
            for group, _ in rate.half_widths_bps:
                mine.setdefault(group, len(mine))
    groups = sorted({group for mine in earning for group in mine})
    width = max((len(mine) for mine in earning), default=0)
    rows = []
    for number, ((kind, place), rate, earns, refused) in enumerate(found):
        category = _category(kind, categories)
        grams = Fraction(rate.numerator, rate.denominator * THOUSANDTHS) if rate else Fraction(0)
        widths = [0] * width
        for group, half_width_bps in rate.half_widths_bps if rate and earns else ():
            widths[earning[category][group]] += half_width_bps
        rows.append(
            CityRate(
                rate=number,
                kind=kind,
                place=place,
                category=category,
                numerator=grams.numerator,
                denominator=grams.denominator,
                earns=earns,
                half_widths_bps=tuple(widths),
                linear_bps=sum(half_width for _, half_width in rate.half_widths_bps) if rate else 0,
                refused=refused,
            )
        )
    return CityRates(
        tuple(rows), tuple(groups), tuple(tuple(groups.index(group) for group in mine) for mine in earning)
    )
