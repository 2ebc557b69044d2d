"""The matrix of places and kinds: in each cell a sourced factor, a declared proxy, or a named refusal."""

from dataclasses import dataclass
from enum import StrEnum

from backend.footprint.factors import FactorSet
from backend.footprint.kind import KINDS
from backend.footprint.selection import Choice, FactorUnknown, choose

PLACES = ("CN-SC", "CN-HE", "US-CA", "GB")
"""The places that the catalogue promises a whole answer for."""


class State(StrEnum):
    """What a cell holds."""

    SOURCED = "sourced"
    PROXY = "proxy"
    """Another country's figure, declared, flagged and widened; it never earns."""
    UNVERIFIED = "unverified"
    """A figure whose source is not known well enough; flagged, it never earns."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Cell:
    """One kind in one place. A refused cell has a reason and no choice."""

    kind: str
    place: str
    state: State
    choice: Choice | None
    reason: str


def cell_of(factors: FactorSet, kind: str, place: str, year: int) -> Cell:
    """What an activity of a kind in a place gets in a year; raises KindUnknown, PlaceUnknown."""
    try:
        choice = choose(factors, kind, place, year)
    except FactorUnknown as failure:
        return Cell(kind, place, State.REFUSED, None, str(failure.fields["reason"]))
    chosen = [choice.own] if choice.carrier is None else [choice.own, choice.carrier]
    if any(not one.factor.earns for one in chosen):
        state = State.UNVERIFIED
    else:
        state = State.SOURCED if choice.earns else State.PROXY
    return Cell(kind, place, state, choice, "")


def matrix(factors: FactorSet, year: int, places: tuple[str, ...] = PLACES) -> list[Cell]:
    """Every kind in every place, kind by kind."""
    return [cell_of(factors, kind, place, year) for kind in KINDS for place in places]
