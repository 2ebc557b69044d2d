"""Personas: made-up people whose year is known, one file each (`personas/*.toml`), and what their year came to.

Each says what was assumed, and holds every result it ever had with the reason for the change: a figure of theirs moves
only when somebody writes down why.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from backend.footprint.kind import Grade
from backend.kernel.errors import InvalidInput, NotFound

ASPECTS = ("diet", "home", "travel", "children")
"""What personas are grouped by, besides their region."""


class PersonaMalformed(InvalidInput):
    """A persona's file lacks something or contradicts itself."""

    code = "persona.malformed"

    def __init__(self, persona_id: str, why: str) -> None:
        super().__init__(f"persona {persona_id}: {why}", persona=persona_id, why=why)


class PersonaUnknown(NotFound):
    """No persona with that id."""

    code = "persona.unknown"

    def __init__(self, persona_id: str) -> None:
        known = sorted(shipped_personas())
        super().__init__(
            f"no persona is called {persona_id[:60]!r}; there are {', '.join(known)}",
            persona=persona_id[:60],
            known=known,
        )


@dataclass(frozen=True)
class PersonaHome:
    """A home and the part of the year lived in it, as (month, day), both included."""

    key: str
    place: str
    """The grid area it draws from."""
    people: int
    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True)
class PersonaUse:
    """What was used or travelled in a year: one reading over all of it, or one a month (None: no bill)."""

    kind: str
    unit: str
    yearly: str | None
    monthly: tuple[str | None, ...]
    grade: Grade
    home: str | None
    """For energy and water: the home it belongs to, shared among who lives there."""
    vehicle: str | None
    people: int
    """Among how many a vehicle is shared."""
    note: str


@dataclass(frozen=True)
class Change:
    """What a persona's year came to from a day on, in grams by name, and why it came to something else than before."""

    on: date
    reason: str
    before: Mapping[str, int] | None
    after: Mapping[str, int]


@dataclass(frozen=True)
class Persona:
    """One person, its year, and what was assumed about it."""

    id: str
    name: str
    vintage: int
    regions: tuple[tuple[tuple[int, int], str], ...]
    """Where it belongs, from a (month, day) on."""
    aspects: Mapping[str, str]
    born_on: date | None
    assumption: str
    homes: tuple[PersonaHome, ...]
    uses: tuple[PersonaUse, ...]
    changes: tuple[Change, ...]

    @property
    def region(self) -> str:
        """Where it belongs on 31 December."""
        return self.regions[-1][1]


def _day(persona_id: str, text: Any) -> tuple[int, int]:
    try:
        month, day = (int(part) for part in str(text).split("-"))
        date(2025, month, day)
    except ValueError as failure:
        raise PersonaMalformed(persona_id, f"{text!r} is no day such as 06-30") from failure
    return month, day


def _home(persona_id: str, row: Mapping[str, Any]) -> PersonaHome:
    people = row.get("people")
    if not isinstance(people, int) or people < 1 or not row.get("place"):
        raise PersonaMalformed(persona_id, "a home needs its place and how many people live there")
    first, last = (_day(persona_id, row.get(name, every)) for name, every in (("from", "01-01"), ("until", "12-31")))
    return PersonaHome(str(row.get("key", "home")), row["place"], people, first, last)


def _use(persona_id: str, row: Mapping[str, Any], homes: tuple[PersonaHome, ...]) -> PersonaUse:
    monthly, yearly = tuple(text or None for text in row.get("monthly", [])), row.get("yearly")
    if (yearly is None) == (not monthly) or len(monthly) not in {0, 12}:
        raise PersonaMalformed(persona_id, f"{row.get('kind')} needs either a year's quantity or twelve months'")
    home = row.get("home")
    if home is not None and home not in {one.key for one in homes}:
        raise PersonaMalformed(persona_id, f"{row.get('kind')} is of a home {home!r} that it does not have")
    for name in ("kind", "unit", "grade", "note"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise PersonaMalformed(persona_id, f"a use without {name}")
    if row["grade"] not in list(Grade):
        raise PersonaMalformed(persona_id, f"{row['grade']} is no grade")
    return PersonaUse(
        kind=row["kind"],
        unit=row["unit"],
        yearly=yearly,
        monthly=monthly,
        grade=Grade(row["grade"]),
        home=home,
        vehicle=row.get("vehicle"),
        people=row.get("people", 1),
        note=row["note"],
    )


def _change(row: Mapping[str, Any]) -> Change:
    return Change(row["on"], row["reason"], row.get("from"), row["to"])


def parse_persona(text: str) -> Persona:
    """A persona from its TOML text; raises PersonaMalformed."""
    try:
        source = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise PersonaMalformed("(no id)", f"it is no TOML: {failure}") from failure
    persona_id = str(source.get("id", "(no id)"))
    for name in ("id", "name", "assumption", *ASPECTS):
        if not isinstance(source.get(name), str) or not source[name]:
            raise PersonaMalformed(persona_id, f"{name} is absent")
    homes = tuple(_home(persona_id, row) for row in source.get("homes", []))
    regions = tuple((_day(persona_id, row.get("since")), str(row.get("region"))) for row in source.get("regions", []))
    if not homes or not regions or regions[0][0] != (1, 1) or list(regions) != sorted(regions):
        raise PersonaMalformed(persona_id, "it needs a home, and regions in order of time from 01-01 on")
    return Persona(
        id=persona_id,
        name=source["name"],
        vintage=source["vintage"],
        regions=regions,
        aspects={name: source[name] for name in ASPECTS},
        born_on=source.get("born_on"),
        assumption=source["assumption"].strip(),
        homes=homes,
        uses=tuple(_use(persona_id, row, homes) for row in source.get("uses", [])),
        changes=tuple(_change(row) for row in source.get("changes", [])),
    )


@cache
def shipped_personas() -> Mapping[str, Persona]:
    """Every persona by its id, in order of id. Raises PersonaMalformed."""
    folder = files("backend.ledger").joinpath("personas")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    found = [parse_persona(folder.joinpath(name).read_text("utf-8")) for name in names]
    return {one.id: one for one in sorted(found, key=lambda one: one.id)}


def persona_of(persona_id: str) -> Persona:
    """The persona of an id; raises PersonaUnknown."""
    found = shipped_personas().get(persona_id)
    if found is None:
        raise PersonaUnknown(persona_id)
    return found
