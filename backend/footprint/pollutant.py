"""Co-pollutants: NOx, PM2.5 and SOx beside a footprint (`pollutants/*.toml`). Shown, never traded.

What cuts carbon may foul the air: wood emits less CO2e than gas and hundreds of times its fine particles. So both sides
are always shown, with the published interval, and a figure that no table gives is told as not available, never as zero.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from backend.footprint.kind import Category, kind_of
from backend.kernel.errors import InvalidInput

POLLUTANTS = ("NOx", "PM2.5", "SOx")
MG_PER_G = 1000
NOTHING_SEEN = "no table seen here gives a figure for it"
_TEXTS = ("source", "pollutant", "value", "lower", "upper", "unit", "table")


class PollutantMalformed(InvalidInput):
    """A row of the pollutant table has no source, or a value outside its own interval."""

    code = "footprint.pollutant_malformed"

    def __init__(self, row: str, why: str) -> None:
        super().__init__(f"pollutant row {row}: {why}", row=row, why=why)


@dataclass(frozen=True)
class PollutantFactor:
    """Grams of a pollutant per `unit` (GJ of net calorific value, kg of fuel, vehicle km), with its 95 % interval."""

    source: str
    pollutant: str
    value: Decimal
    lower: Decimal
    upper: Decimal
    unit: str
    table: str


@dataclass(frozen=True)
class PollutantUse:
    """How much of a factor's unit one unit of a kind is, and where that number comes from."""

    kind: str
    source: str
    part: str
    per_unit: Decimal
    derivation: str


@dataclass(frozen=True)
class PollutantAmount:
    """Milligrams of a pollutant from one part of an activity, rounded up; or why there is no figure."""

    pollutant: str
    part: str
    amount_mg: int | None
    lower_mg: int | None
    upper_mg: int | None
    source: str
    """The table, or why it is not available."""


@dataclass(frozen=True)
class PollutantTable:
    """Everything of one document."""

    document: str
    licence: str
    region: str
    factors: tuple[PollutantFactor, ...]
    uses: tuple[PollutantUse, ...]
    absent: Mapping[tuple[str, str], str]


def pollutant_factor(row: Mapping[str, Any]) -> PollutantFactor:
    """A factor from a row; raises PollutantMalformed without a whole passport or if it is outside its own interval."""
    name = f"{row.get('source', '(no source)')} {row.get('pollutant', '')}".strip()
    lacking = [field for field in _TEXTS if not row.get(field)]
    if lacking:
        raise PollutantMalformed(name, f"it lacks {', '.join(lacking)}")
    value, lower, upper = (Decimal(row[field]) for field in ("value", "lower", "upper"))
    if not lower <= value <= upper:
        raise PollutantMalformed(name, f"its value {value} is outside its own interval {lower} to {upper}")
    return PollutantFactor(row["source"], row["pollutant"], value, lower, upper, row["unit"], row["table"])


@cache
def pollutant_table() -> PollutantTable:
    """The shipped table; raises PollutantMalformed, KindUnknown."""
    document = tomllib.loads(
        files("backend.footprint").joinpath("pollutants", "emep_eea.toml").read_text("utf-8"),
    )
    uses = tuple(
        PollutantUse(kind_of(row["kind"]).name, row["source"], row["part"], Decimal(row["per_unit"]), row["derivation"])
        for row in document["use"]
    )
    return PollutantTable(
        document=document["document"],
        licence=document["licence"],
        region=document["region"],
        factors=tuple(pollutant_factor(row) for row in document["factor"]),
        uses=uses,
        absent={
            (kind_of(kind).name, pollutant): row["reason"]
            for row in document["absent"]
            for kind in row["kinds"]
            for pollutant in row["pollutants"]
        },
    )


def _mg_up(quantity: Decimal | Fraction, per_unit: Decimal, grams: Decimal) -> int:
    exact = Fraction(quantity) * Fraction(per_unit) * Fraction(grams) * MG_PER_G
    return -(-exact.numerator // exact.denominator)


def _counted(kind: str, quantity: Decimal | Fraction) -> list[PollutantAmount]:
    table = pollutant_table()
    return [
        PollutantAmount(
            pollutant=factor.pollutant,
            part=use.part,
            amount_mg=_mg_up(quantity, use.per_unit, factor.value),
            lower_mg=_mg_up(quantity, use.per_unit, factor.lower),
            upper_mg=_mg_up(quantity, use.per_unit, factor.upper),
            source=f"{table.document}: {factor.table}; {use.derivation}",
        )
        for use in table.uses
        if use.kind == kind
        for factor in table.factors
        if factor.source == use.source
    ]


def pollutants_of(kind: str, quantity: Decimal | Fraction) -> list[PollutantAmount]:
    """What a quantity of a kind (in the kind's unit) emits of each pollutant, by part, in the order of POLLUTANTS.

    A pollutant without a figure, or with one for some parts only, has an entry that says so.
    """
    counted = _counted(kind, quantity)
    found: list[PollutantAmount] = []
    for pollutant in POLLUTANTS:
        own = [one for one in counted if one.pollutant == pollutant]
        reason = pollutant_table().absent.get((kind, pollutant))
        if reason is None and not own:
            reason = NOTHING_SEEN
        found += own
        if reason is not None:
            found.append(PollutantAmount(pollutant, "not available", None, None, None, reason))
    return found


def energy_gj_per_unit(kind: str) -> Decimal | None:
    """GJ of net calorific value in one unit of a fuel burned at home; None for anything else, and for cubic metres of
    gas, whose energy differs from country to country.
    """
    found = kind_of(kind)
    if found.category not in {Category.GAS, Category.HEATING} or found.unit == "m3":
        return None
    return next((use.per_unit for use in pollutant_table().uses if use.kind == kind), None)


def total_mg(amounts: Iterable[PollutantAmount], pollutant: str) -> int | None:
    """The sum of what has a figure; None if nothing has."""
    known = [one.amount_mg for one in amounts if one.pollutant == pollutant and one.amount_mg is not None]
    return sum(known) if known else None
