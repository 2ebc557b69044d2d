"""What a year put into the air besides greenhouse gases: co-pollutants of a statement's own lines. No framework.

Beside the grams of CO2e of the same lines, so that both sides are seen. Shown to the person; in no statement, no claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.footprint.pollutant import PollutantAmount, pollutants_of


@dataclass(frozen=True)
class KindAir:
    """One kind of activity over the year: its grams of CO2e and its co-pollutants."""

    kind: str
    footprint_gco2e: int
    pollutants: tuple[PollutantAmount, ...]


def air_of(values: Mapping[str, Any]) -> list[KindAir]:
    """Of a statement document's fields: by kind, in order of name. A person's part of a line is what counts."""
    quantities: dict[str, Fraction] = {}
    grams: dict[str, int] = {}
    for name, line in values.items():
        if name.startswith("line."):
            kind = line["kind"]
            quantities[kind] = quantities.get(kind, Fraction(0)) + Fraction(line["quantity"]) * Fraction(line["part"])
            grams[kind] = grams.get(kind, 0) + int(line["gco2e"])
    return [KindAir(kind, grams[kind], tuple(pollutants_of(kind, quantities[kind]))) for kind in sorted(grams)]
