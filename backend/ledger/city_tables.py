"""What the tables of a city hold: the columns that its expressions read, and the bounds that keep them exact.

Bounds. Everything is a signed 64-bit integer but the squares at the very end, which are decimals of 38 digits. A line
within bounds has a quantity times its part's numerator, times the rate's numerator, below 2**63 (`CityRate.most_*`), at
most MOST_GRAMS, and half-widths of at most MOST_LINEAR_BPS; a person has at most MOST_LINES lines. So no sum of grams
times half-widths exceeds 10**15: times 8393 it stays below 2**63, and the square of all groups times 8393 squared below
10**38. Who is not within bounds is closed by the per-person code, counted and reported; nothing is approximated.
"""

from dataclasses import dataclass

import ibis
from ibis.expr.types import Table

MOST_QUANTITY = 10**12
"""Thousandths of a unit in one line."""
MOST_NUMERATOR = 9 * 10**6
"""Numerator of a line's part. More than the seconds of a quarter; whole days make it far smaller."""
MOST_GRAMS = 10**7
"""Grams of one line: ten tonnes."""
MOST_LINES = 4_000
"""Lines of a person."""
MOST_LINEAR_BPS = 25_000
"""Half-widths of a rate added up."""

LINES = ibis.schema(
    {
        "person": "int64",
        "rate": "int32",
        "month": "int32",
        "is_signed": "boolean",
        "quantity": "int64",
        "part_numerator": "int64",
        "part_denominator": "int64",
        "least_numerator": "int64",
        "least_denominator": "int64",
        "covered_s": "int64",
    }
)
"""One activity in one month for one person. `quantity` is in thousandths of the kind's unit; the part is the person's
of it, the least part what the upper bound counts at least. `covered_s` says how many seconds of the month are evidenced
for the person in the line's category, the same on each of its lines.
"""
PERSONS = ibis.schema({"person": "int64", "seat": "int32", "moving_s": "int64", "is_held": "boolean"})
"""`moving_s`: seconds without evidence, over all categories, that count as no gap, since the person was moving."""
SEATS = ibis.schema(
    {
        "seat": "int32",
        "category": "int32",
        "month": "int32",
        "budget_gco2e": "int64",
        "high_gco2e": "int64",
        "whole_s": "int64",
    }
)
"""A membership's month of a category. `high_gco2e` is what it counts as unmeasured: the high default, or the budget."""
SEAT_YEARS = ibis.schema(
    {"seat": "int32", "budget_gco2e": "int64", "high_gco2e": "int64", "whole_s": "int64", "is_whole": "boolean"}
)

PEOPLE = ibis.schema(
    {
        "person": "int64",
        "budget_gco2e": "int64",
        "footprint_gco2e": "int64",
        "margin_gco2e": "int64",
        "bound_gco2e": "int64",
        "measured_bps": "int64",
        "gap_s": "int64",
        "surplus_gco2e": "int64",
        "deficit_gco2e": "int64",
        "outside_gco2e": "int64",
    }
)
"""What comes out: fields of `statement.Year`."""


def rates_schema(width: int) -> ibis.Schema:
    """The columns of the rates, with so many error columns."""
    fixed = {
        "rate": "int32",
        "category": "int32",
        "numerator": "int64",
        "denominator": "int64",
        "earns": "boolean",
        "linear_bps": "int64",
    }
    return ibis.schema(fixed | {error_column(at): "int64" for at in range(width)})


def error_column(at: int) -> str:
    """The name of an error column."""
    return f"error_{at}"


@dataclass(frozen=True)
class CityTables:
    """The tables as expressions know them: names and columns, no data."""

    lines: Table
    persons: Table
    rates: Table
    seats: Table
    seat_years: Table

    @classmethod
    def named(cls, width: int) -> "CityTables":
        """Unbound tables for rates with so many error columns."""
        return cls(
            ibis.table(LINES, name="lines"),
            ibis.table(PERSONS, name="persons"),
            ibis.table(rates_schema(width), name="rates"),
            ibis.table(SEATS, name="seats"),
            ibis.table(SEAT_YEARS, name="seat_years"),
        )
