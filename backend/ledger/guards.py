"""Rules against gaming that a policy may have (ADR 0016). No framework.

A policy without a rule closes as it did before the rule was found: what was frozen is closed by what it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from backend.kernel.errors import InvalidInput


class GuardsMalformed(InvalidInput):
    """A guard that is not known, or of another type than it takes."""

    code = "policy.guards_malformed"

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"guard {name[:40]} is {value!r}; expected {expected}", guard=name[:40], expected=expected)


@dataclass(frozen=True)
class Guards:
    """The `[guards]` of a policy file."""

    whole_years_only: bool = False
    """Only a whole year mints: from 1 January or birth to 31 December or death, no second of a category unevidenced."""
    gap_holds_vintages: int = 0
    """For so many vintages after a whole year with a gap, nothing mints."""
    told_within_days: int | None = None
    """Moves into and out of a home or a vehicle count from so many days before they were told."""
    least_shares: bool = False
    """The bound counts at least an equal share among those who live nowhere else than the person does."""
    every_kind: bool = False
    """Kinds of transit and of air are told each, and every stream of a metered category in each home; zeros too."""
    year_at_once: bool = False
    """The haircut, and that a proxy never earns, are taken over a category's year and not month by month."""


def parse_guards(table: Mapping[str, Any]) -> Guards:
    """The guards of a policy file's table, empty if it has none; raises GuardsMalformed."""
    known = {one.name: bool if one.type is bool else int for one in fields(Guards)}
    for name, value in table.items():
        if name not in known:
            raise GuardsMalformed(name, value, f"one of {', '.join(sorted(known))}")
        if type(value) is not known[name] or (known[name] is int and value < 0):
            raise GuardsMalformed(name, value, "true or false" if known[name] is bool else "a whole number from 0")
    return Guards(**table)
