"""Catalogue files: `[[factor]]` tables and `[[series]]` of many factors that differ in one thing, over `[defaults]`.

A series names what its values run over (`over = "region"`, `"kind"` or `"year"`), and its id has that in braces. A
value is a decimal string, or a table that overrides more of the row.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from backend.footprint.factor import Factor, FactorMalformed
from backend.footprint.factor_row import factor_of

OVER = ("region", "kind", "year")


def _rows_of(series: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    shared = {name: value for name, value in series.items() if name not in {"over", "values"}}
    template, over = str(shared.get("id", "(no id)")), series.get("over")
    if over not in OVER or not series.get("values"):
        raise FactorMalformed(template, f"a series runs over one of {', '.join(OVER)} and has values")
    for key, value in series["values"].items():
        row = shared | {over: int(key) if over == "year" else key}
        row |= value if isinstance(value, Mapping) else {"value": value}
        named = {name: str(row.get(name, "")).lower().replace("_", "-") for name in OVER}
        yield row | {"id": template.format(**named)}


def parse_factors(text: str) -> list[Factor]:
    """Factors of one catalogue file; raises FactorMalformed."""
    document = tomllib.loads(text)
    if unknown := sorted(set(document) - {"defaults", "factor", "series"}):
        raise FactorMalformed("(no id)", f"a catalogue file holds no {', '.join(unknown)}")
    defaults = document.get("defaults", {})
    found = [factor_of({**defaults, **row}) for row in document.get("factor", [])]
    for series in document.get("series", []):
        found += [factor_of(row) for row in _rows_of({**defaults, **series})]
    return found


@cache
def shipped_factors() -> tuple[Factor, ...]:
    """Every row of every file in `catalogue/`, of whatever revision, file by file."""
    folder = files("backend.footprint").joinpath("catalogue")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(factor for name in names for factor in parse_factors(folder.joinpath(name).read_text("utf-8")))
