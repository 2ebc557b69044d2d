"""What changed between two factor sets: which rows came, which went, and which now answer another figure's question."""

from dataclasses import dataclass

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet


@dataclass(frozen=True)
class Replaced:
    """A figure for the same kind, place and year that now comes first."""

    before: Factor
    after: Factor


@dataclass(frozen=True)
class Changes:
    """From an older set to a newer one, each list in order of id."""

    added: tuple[Factor, ...]
    withdrawn: tuple[Factor, ...]
    replaced: tuple[Replaced, ...]


def changes_between(older: FactorSet, newer: FactorSet) -> Changes:
    """The differences of two sets."""
    added = [newer.by_id[name] for name in sorted(newer.by_id.keys() - older.by_id.keys())]
    withdrawn = [older.by_id[name] for name in sorted(older.by_id.keys() - newer.by_id.keys())]
    replaced = []
    for key in sorted({(one.kind, one.region, one.year) for one in added + withdrawn}):
        before, after = older.latest(*key), newer.latest(*key)
        if before is not None and after is not None and before.id != after.id and before.year == after.year:
            replaced.append(Replaced(before, after))
    return Changes(tuple(added), tuple(withdrawn), tuple(replaced))
