"""Places: regions and grid areas, what contains them, and their clock (`places/*.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from backend.kernel.errors import InvalidInput

SHOWN_LIMIT = 12
"""How many places a sentence names; the error's `known` has them all."""


@dataclass(frozen=True)
class Place:
    """An ISO 3166 region or a grid area. `grid` is the regional grid that contains it, `nation` the country."""

    code: str
    name: str
    nation: str
    zone: ZoneInfo
    grid: str | None
    is_region: bool
    """Whether a person can belong to it; a grid area is only where electricity comes from."""
    entered: int
    """The revision of the catalogue it came with."""


class PlaceUnknown(InvalidInput):
    """No such place in the catalogue: its grid factor cannot be chosen, and is never guessed."""

    code = "place.unknown"

    def __init__(self, code: str) -> None:
        upper = code.upper()
        nation = upper.partition("-")[0]
        near = [upper] if upper in places() else sorted(name for name in places() if name.partition("-")[0] == nation)
        known = near or sorted({place.nation for place in places().values()})
        shown = ", ".join(known[:SHOWN_LIMIT]) + (", ..." if len(known) > SHOWN_LIMIT else "")
        told = f"try {shown}" if near else "give an ISO 3166 code or a grid area, such as GB, CN-SC or US-CAMX"
        super().__init__(f"no place is called {code[:20]!r}; {told}", place=code[:20], known=known)


@cache
def places() -> dict[str, Place]:
    """Every place by code."""
    folder = files("backend.footprint").joinpath("places")
    texts = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {
        code: Place(
            code=code,
            name=fields["name"],
            nation=fields["nation"],
            zone=ZoneInfo(fields["zone"]),
            grid=fields.get("grid"),
            is_region=fields["region"],
            entered=fields.get("entered", 1),
        )
        for text in texts
        for code, fields in tomllib.loads(text).items()
    }


def place_of(code: str) -> Place:
    """The place of a code; raises PlaceUnknown."""
    found = places().get(code)
    if found is None:
        raise PlaceUnknown(code)
    return found
