"""Half-widths where nothing is published: a policy table, per class of factor and activity (`rules/judgement.toml`)."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from backend.kernel.errors import NotFound


class JudgementUnknown(NotFound):
    """No row of the table has that name."""

    code = "footprint.judgement_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"no judgement is called {name[:40]!r}", judgement=name[:40], known=sorted(judgements()))


@dataclass(frozen=True)
class Judgement:
    """One row: the half-width of the two-sided 95 % interval, in basis points, for a class of factors of some kinds."""

    name: str
    half_width_bps: int
    kinds: frozenset[str]
    reason: str


@cache
def judgements() -> dict[str, Judgement]:
    """The whole table by name."""
    text = files("backend.footprint").joinpath("rules", "judgement.toml").read_text("utf-8")
    return {
        name: Judgement(name, int(Decimal(row["half_width_pct"]) * 100), frozenset(row["kinds"]), row["reason"])
        for name, row in tomllib.loads(text).items()
    }


def judgement(name: str) -> Judgement:
    """The row of a name; raises JudgementUnknown."""
    found = judgements().get(name)
    if found is None:
        raise JudgementUnknown(name)
    return found
