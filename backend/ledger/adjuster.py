"""Household terms: declared and capped additions to a person's budget in named categories. No framework.

A term rests on what a whole household declares to the ledger, never on a figure that a person could choose. To bring
one about on paper does not pay: whoever leaves a home counts as the high default, never below the budget with its term.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.footprint.kind import Category
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import BPS


class AdjusterMalformed(InvalidInput):
    """A policy's household terms are unknown, unlabelled, or more than their cap."""

    code = "policy.adjuster_malformed"

    def __init__(self, term: str, why: str) -> None:
        super().__init__(f"adjuster {term}: {why}", term=term, why=why)


class Term(StrEnum):
    """What a policy can adjust for."""

    LIVING_ALONE = "living_alone"
    """Days on which nobody else is declared to live in any home of the person's."""


@dataclass(frozen=True)
class Adjuster:
    """What a term adds to the daily accrual of some categories, in basis points of their budget."""

    term: Term
    extra_bps: int
    categories: frozenset[Category]
    note: str
    """Where it comes from; says so if it is an assumption."""


def _bps(term: str, name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= BPS:
        raise AdjusterMalformed(term, f"{name} is {value!r}; expected a whole number from 1 to {BPS}")
    return value


def adjusters_of(table: Mapping[str, Any]) -> tuple[Adjuster, ...]:
    """The terms of a policy's `[adjusters]`, each with a note; together at most `cap_bps`. Raises AdjusterMalformed."""
    if not table:
        return ()
    cap_bps = _bps("cap", "cap_bps", table.get("cap_bps"))
    found = []
    for name, row in sorted(table.items()):
        if name == "cap_bps":
            continue
        if name not in list(Term) or not isinstance(row, Mapping):
            raise AdjusterMalformed(name, f"no such term; known are {', '.join(Term)}")
        unknown = sorted(set(row.get("categories", [])) - set(Category))
        if unknown or not row.get("categories") or not row.get("note"):
            raise AdjusterMalformed(name, f"it needs a note, and categories that exist; not {unknown}")
        found.append(
            Adjuster(
                term=Term(name),
                extra_bps=_bps(name, "extra_bps", row.get("extra_bps")),
                categories=frozenset(Category(one) for one in row["categories"]),
                note=row["note"].strip(),
            )
        )
    if sum(one.extra_bps for one in found) > cap_bps:
        raise AdjusterMalformed("cap", f"the terms add up to more than {cap_bps} bps")
    return tuple(found)
