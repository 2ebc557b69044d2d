"""Named refusals: kinds and places for which no factor is shipped, and why (`rules/refusals.toml`)."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Refusal:
    """Some kinds that have no factor in some places (regions, grids or nations)."""

    kinds: frozenset[str]
    places: frozenset[str]
    reason: str


@cache
def refusals() -> tuple[Refusal, ...]:
    """Every refusal, in the order of the file."""
    text = files("backend.footprint").joinpath("rules", "refusals.toml").read_text("utf-8")
    return tuple(
        Refusal(frozenset(row["kinds"]), frozenset(row["places"]), row["reason"])
        for row in tomllib.loads(text)["refusal"]
    )


def refusal_of(kind: str, within: Collection[str]) -> str | None:
    """Why a kind has no factor in a place, given the place, its grid and its nation; None if no refusal is declared."""
    return next((one.reason for one in refusals() if kind in one.kinds and not one.places.isdisjoint(within)), None)
