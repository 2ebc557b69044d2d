"""The ladder of substitutes: place before year, each rung flagged and wider (DESIGN section 3)."""

from enum import StrEnum

from backend.kernel.digest import Json


class Rung(StrEnum):
    """How near a factor is to the activity it is used for, nearest first."""

    SAME_PLACE = "same_place"
    EARLIER_YEAR = "earlier_year"
    """The same place, the latest year not after the activity's."""
    REGIONAL_GRID = "regional_grid"
    NATIONAL = "national"
    FOREIGN_PROXY = "foreign_proxy"
    """Another country's, declared to stand in. Counts as emission and never earns."""

    @property
    def earns(self) -> bool:
        """Whether what is measured with such a factor may earn credit."""
        return self is not Rung.FOREIGN_PROXY


RUNGS = tuple(Rung)

GRID_KIND = "grid_electricity"

_GRID_WIDENING_BPS = {
    Rung.SAME_PLACE: 0,
    Rung.EARLIER_YEAR: 300,
    Rung.REGIONAL_GRID: 4000,
    Rung.NATIONAL: 7500,
    Rung.FOREIGN_PROXY: 10000,
}
"""Judgement; nothing published says. China's national factor moved by 3.6 % and 1.1 % a year from 2021 to 2023;
Sichuan in 2022 stands 38 % below its regional grid and 74 % below the national mean.
"""

_OTHER_WIDENING_BPS = {
    Rung.SAME_PLACE: 0,
    Rung.EARLIER_YEAR: 200,
    Rung.REGIONAL_GRID: 500,
    Rung.NATIONAL: 500,
    Rung.FOREIGN_PROXY: 4000,
}
"""Judgement. A fuel differs little within a country; another country's cars, buses and diets differ much."""


def widening_bps(rung: Rung, kind: str) -> int:
    """Added to a factor's half-width on a rung, in basis points of its value."""
    return (_GRID_WIDENING_BPS if kind == GRID_KIND else _OTHER_WIDENING_BPS)[rung]


def ladder_table() -> Json:
    """The widenings as JSON: part of what a factor set's digest names."""
    return [[str(rung), widening_bps(rung, GRID_KIND), widening_bps(rung, "")] for rung in RUNGS]
