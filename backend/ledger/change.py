"""Why did a total change? Two versions of a vintage compared line by line, to the gram. No framework.

What is compared are the fields of two statement documents (`content.py`), or of two drafts made of what was known at
two times. A total is the sum of its months; a month is the sum of its lines and of what fills it (the high default of a
month not measured, or the few unmeasured seconds of a measured one). So the causes found add up to the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_IDENTITY = ("category", "month", "kind", "place", "fromUnix", "toUnix")
_COMPARED = ("quantity", "part", "factors", "grade", "rung")


class Cause(StrEnum):
    """What changed."""

    LINE_ADDED = "line_added"
    LINE_REMOVED = "line_removed"
    QUANTITY = "quantity"
    SHARE = "share"
    """Who shares it, or for how long."""
    FACTOR = "factor"
    """Another factor, or another revision of it."""
    EVIDENCE = "evidence"
    """Its grade; no grams by itself."""
    FILL = "fill"
    """What a month not measured, or not wholly, counts as beyond its lines."""
    BUDGET = "budget"


@dataclass(frozen=True)
class Change:
    """One cause and what it did, in grams; positive raises the footprint (or the budget, for BUDGET)."""

    cause: Cause
    category: str
    month: str
    delta_gco2e: int
    what: str
    """In words: which activity, and from what to what."""


@dataclass(frozen=True)
class Difference:
    """Two versions. `changes` of the footprint add up to after less before."""

    footprint_before_gco2e: int
    footprint_after_gco2e: int
    budget_before_gco2e: int
    budget_after_gco2e: int
    changes: tuple[Change, ...]


def _grams(entry: Mapping[str, Any], name: str) -> int:
    return int(entry[name])


def _lines(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for name, entry in sorted(values.items()) if name.startswith("line.")]


def _months(values: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    found = {}
    for name, entry in values.items():
        if name.startswith("month."):
            _, category, month = name.split(".")
            found[category, month] = entry
    return found


def _shown(line: Mapping[str, Any]) -> str:
    return f"{line['quantity']} {line['unit']} of {line['kind']} in {line['place']}"


def difference_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Every cause between two versions' fields, the largest first. Categories the policy does not cover are left out
    of the causes, as they are of the totals.
    """
    covered = {key[0] for key in (*_months(before), *_months(after))}
    changes = [*_line_changes(before, after, covered), *_month_changes(before, after)]
    order = sorted(changes, key=lambda one: (-abs(one.delta_gco2e), one.month, one.category, one.cause, one.what))
    return Difference(
        footprint_before_gco2e=_grams(before, "footprintGco2e"),
        footprint_after_gco2e=_grams(after, "footprintGco2e"),
        budget_before_gco2e=_grams(before, "budgetGco2e"),
        budget_after_gco2e=_grams(after, "budgetGco2e"),
        changes=tuple(order),
    )


def _by_identity(values: Mapping[str, Any], covered: set[str]) -> dict[tuple[Any, ...], list[Mapping[str, Any]]]:
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for line in _lines(values):
        if line["category"] in covered:
            found.setdefault(tuple(line[name] for name in _IDENTITY), []).append(line)
    return found


def _line_changes(before: Mapping[str, Any], after: Mapping[str, Any], covered: set[str]) -> list[Change]:
    old, new = _by_identity(before, covered), _by_identity(after, covered)
    changes: list[Change] = []
    for key in sorted(old.keys() | new.keys(), key=str):
        gone, come = list(old.get(key, [])), list(new.get(key, []))
        for line in list(gone):
            if line in come:
                gone.remove(line)
                come.remove(line)
        while gone and come:
            changes.append(_changed(gone.pop(0), come.pop(0)))
        changes += [_change(Cause.LINE_REMOVED, line, -_grams(line, "gco2e"), _shown(line)) for line in gone]
        changes += [_change(Cause.LINE_ADDED, line, _grams(line, "gco2e"), _shown(line)) for line in come]
    return changes


def _change(cause: Cause, line: Mapping[str, Any], delta: int, what: str) -> Change:
    return Change(cause, line["category"], line["month"], delta, what)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    """The same activity counted otherwise; named for the weightiest thing that changed, all of them told."""
    causes = {
        "factors": Cause.FACTOR,
        "rung": Cause.FACTOR,
        "part": Cause.SHARE,
        "quantity": Cause.QUANTITY,
        "grade": Cause.EVIDENCE,
    }
    differing = [name for name in _COMPARED if old[name] != new[name]]
    cause = next(
        (causes[name] for name in ("quantity", "part", "factors", "rung") if name in differing), Cause.EVIDENCE
    )
    told = "; ".join(f"{name} {_plain(old[name])} -> {_plain(new[name])}" for name in differing)
    return _change(cause, new, _grams(new, "gco2e") - _grams(old, "gco2e"), f"{_shown(new)}: {told or 'uncertainty'}")


def _plain(value: Any) -> str:
    return " x ".join(value) if isinstance(value, list) else str(value)


_NO_MONTH: Mapping[str, Any] = {"footprintGco2e": "0", "reportedGco2e": "0", "budgetGco2e": "0", "status": "none"}


def _month_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    old, new = _months(before), _months(after)
    changes: list[Change] = []
    for category, month in sorted(old.keys() | new.keys()):
        was, now = old.get((category, month), _NO_MONTH), new.get((category, month), _NO_MONTH)
        filled = _fill(now) - _fill(was)
        if filled or was["status"] != now["status"]:
            told = f"{was['status']} -> {now['status']}, filled up with {_fill(was)} g -> {_fill(now)} g"
            changes.append(Change(Cause.FILL, category, month, filled, told))
        budget = _grams(now, "budgetGco2e") - _grams(was, "budgetGco2e")
        if budget:
            told = f"{was['budgetGco2e']} g -> {now['budgetGco2e']} g"
            changes.append(Change(Cause.BUDGET, category, month, budget, told))
    return changes


def _fill(month: Mapping[str, Any]) -> int:
    return _grams(month, "footprintGco2e") - _grams(month, "reportedGco2e")
