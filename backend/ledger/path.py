"""A declining path of budgets: what a person may emit in anchor years, geometric between them. No framework.

Exact: a year's value is the whole grams below an n-th root of whole numbers, so everybody gets the same one. A year
before the first anchor is a *backcast*: nobody set a target for it, the first two anchors' rate is carried back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.kernel.errors import InvalidInput
from backend.kernel.mass import BPS

GRAMS_PER_KG = 1000


class PathMalformed(InvalidInput):
    """A policy's path lacks something, or the policy's numbers are not what its path gives."""

    code = "policy.path_malformed"

    def __init__(self, path_id: str, why: str) -> None:
        super().__init__(f"path {path_id}: {why}", path=path_id, why=why)


class PathEnded(InvalidInput):
    """The path says nothing of a year after its last anchor."""

    code = "policy.path_ended"

    def __init__(self, path_id: str, year: int, last: int) -> None:
        super().__init__(f"path {path_id} ends in {last}, before {year}", path=path_id, year=year, last=last)


class Use(StrEnum):
    """How a policy uses its path."""

    SHARES = "shares"
    """The year's value is shared out among categories and what stays outside: a whole lifestyle."""
    RATE = "rate"
    """Budgets of a base year, declared and derived on their own, fall as the path falls from that year on."""


def root_down(radicand: int, degree: int) -> int:
    """The largest whole number whose `degree`-th power is not more than `radicand`."""
    low, high = 0, 1 << (radicand.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if middle**degree <= radicand:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True)
class Path:
    """Anchor years and what a person may emit in each, in grams of CO2e."""

    id: str
    title: str
    anchors: tuple[tuple[int, int], ...]
    source: str

    def value_gco2e(self, year: int) -> int:
        """A year's value, rounded down to the gram. Raises PathEnded."""
        if year > self.anchors[-1][0]:
            raise PathEnded(self.id, year, self.anchors[-1][0])
        at = max((index for index, (start, _) in enumerate(self.anchors[:-1]) if start <= year), default=0)
        (first, before), (second, after) = self.anchors[at], self.anchors[at + 1]
        length, along = second - first, year - first
        if along < 0:
            back = first - year
            return root_down(before ** (length + back) // after**back, length)
        return root_down(before ** (length - along) * after**along, length)

    def is_backcast(self, year: int) -> bool:
        """Whether a year lies before the first anchor."""
        return year < self.anchors[0][0]


@dataclass(frozen=True)
class DeclaredPath:
    """The path of one policy, and how the policy uses it."""

    path: Path
    use: Use
    base_year: int | None
    """The year whose budgets the rate starts from."""
    value_gco2e: int
    """The path's value in the policy's vintage."""
    backcast: bool
    note: str


@dataclass(frozen=True)
class Part:
    """What a policy gives one category, and what its path has to say of it: see `Use`."""

    name: str
    budget_kg: int
    base_kg: int | None
    path_share_bps: int | None
    boundary_share_bps: int | None
    """The part of the lifestyle's emission that lies within the boundary of the category's factors."""


def _whole(path_id: str, where: str, value: Any, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise PathMalformed(path_id, f"{where} is {value!r}; expected a whole number from {least}")
    return value


def _path_of(table: Mapping[str, Any]) -> Path:
    path_id = str(table.get("id", "(no id)"))
    rows = table.get("anchors", [])
    anchors = [
        (_whole(path_id, "an anchor's year", row.get("year")), _whole(path_id, "budget_kg", row.get("budget_kg")))
        for row in rows
    ]
    years = [year for year, _ in anchors]
    if len(years) < 2 or years != sorted(set(years)):
        raise PathMalformed(path_id, "it needs two anchors at least, in order of their years")
    for name in ("id", "title", "source", "note"):
        if not isinstance(table.get(name), str) or not table[name]:
            raise PathMalformed(path_id, f"{name} is absent")
    grams = tuple((year, value * GRAMS_PER_KG) for year, value in anchors)
    return Path(path_id, table["title"], grams, table["source"])


def declared_path(table: Mapping[str, Any], vintage: int) -> DeclaredPath:
    """The path that a policy of a vintage declares. Its value, and whether that is a backcast, stand in the file for
    those who read only that; both are checked here. Raises PathMalformed, PathEnded.
    """
    path = _path_of(table)
    value_gco2e = path.value_gco2e(vintage)
    if table.get("value_kg") != value_gco2e // GRAMS_PER_KG:
        raise PathMalformed(path.id, f"value_kg is {table.get('value_kg')!r}; {vintage} gives {value_gco2e} g")
    if table.get("backcast") is not path.is_backcast(vintage):
        raise PathMalformed(path.id, f"backcast must be {str(path.is_backcast(vintage)).lower()} for {vintage}")
    if table.get("use") not in list(Use):
        raise PathMalformed(path.id, f"use is {table.get('use')!r}; expected {' or '.join(Use)}")
    use = Use(table["use"])
    base_year = _whole(path.id, "base_year", table.get("base_year")) if use is Use.RATE else None
    return DeclaredPath(path, use, base_year, value_gco2e, path.is_backcast(vintage), table["note"])


def budget_kg_on(declared: DeclaredPath, part: Part) -> int:
    """What a category's budget has to be by its path, in whole kilograms, rounded down. Raises PathMalformed."""
    path_id = declared.path.id
    if declared.base_year is not None:
        base_kg = _whole(path_id, f"{part.name}.base_kg", part.base_kg)
        return base_kg * declared.value_gco2e // declared.path.value_gco2e(declared.base_year)
    share_bps = _whole(path_id, f"{part.name}.path_share_bps", part.path_share_bps)
    within_bps = _whole(path_id, f"{part.name}.boundary_share_bps", part.boundary_share_bps)
    if within_bps > BPS:
        raise PathMalformed(path_id, f"{part.name}.boundary_share_bps is {within_bps}, more than {BPS}")
    return declared.value_gco2e * share_bps * within_bps // (BPS * BPS * GRAMS_PER_KG)


def check_on_path(declared: DeclaredPath, parts: Sequence[Part], outside_bps: int) -> None:
    """Raises PathMalformed unless every budget is what the path gives, and all shares add up to the whole."""
    path_id = declared.path.id
    for part in parts:
        due_kg = budget_kg_on(declared, part)
        if part.budget_kg != due_kg:
            raise PathMalformed(path_id, f"{part.name}.budget_kg is {part.budget_kg}; the path gives {due_kg}")
    if declared.use is Use.SHARES:
        total_bps = sum(part.path_share_bps or 0 for part in parts) + outside_bps
        if total_bps != BPS:
            raise PathMalformed(path_id, f"shares inside and outside add up to {total_bps} of {BPS} bps")
