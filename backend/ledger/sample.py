"""The sample year's households, read from `sample_year/`: people, homes and their CSVs. Simulated, methodology SIM."""

import csv
import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from sqlmodel import Session

from backend.ledger.books import Books
from backend.ledger.odometer import read_odometer
from backend.ledger.vehicle import join_vehicle, register_vehicle

SAMPLE_VINTAGE = 2025
_FIRST_DAY = date(SAMPLE_VINTAGE, 1, 1)


@dataclass(frozen=True)
class SamplePerson:
    """One person of a sample household."""

    key: str
    name: str
    """What to show: the household's name and the person's number in it."""
    joined_on: date
    born_on: date | None
    guardian: str | None
    """The guardian's key; a person with one is a minor."""
    csv_texts: tuple[str, ...]
    """The person's own CSVs (travel, diet), for `record.import_csv`."""

    @property
    def identity(self) -> str:
        """What the development issuer is told."""
        return f"sample year {SAMPLE_VINTAGE}: {self.key}"


@dataclass(frozen=True)
class SampleVehicle:
    """A car that all of a household use, and its odometer: (day, km, evidence)."""

    kind: str
    plate: str
    readings: tuple[tuple[date, int, str], ...]


@dataclass(frozen=True)
class SampleHousehold:
    """A home of the sample year. The first person registers it and imports its CSVs; the others move in."""

    key: str
    name: str
    region: str
    grid_area: str
    assumption: str
    """What was assumed about who lives there."""
    csv_texts: tuple[str, ...]
    """The home's CSVs (electricity, gas), meter numbers made its own."""
    people: tuple[SamplePerson, ...]
    vehicle: SampleVehicle | None


def play_vehicle(
    session: Session, books: Books, household: SampleHousehold, person_ids: Sequence[int], at: datetime
) -> list[int]:
    """Registers a household's car with all of its people and reads its odometer; returns what is to be inspected."""
    vehicle = household.vehicle
    if vehicle is None:
        return []
    first, *others = person_ids
    registered = register_vehicle(
        session,
        books,
        person_id=first,
        kind=vehicle.kind,
        place=household.region,
        plate=vehicle.plate,
        since_on=_FIRST_DAY,
        at=at,
    )
    for person_id in others:
        join_vehicle(session, registered.code, person_id=person_id, since_on=_FIRST_DAY, at=at)
    read = [
        read_odometer(session, books, registered.code, person_id=first, read_on=day, km=km, at=at, evidence=evidence)
        for day, km, evidence in vehicle.readings
    ]
    return [one.activity_id for one in read if one.activity_id is not None]


def _text(name: str) -> str:
    return files("backend.ledger").joinpath("sample_year", name).read_text("utf-8")


def _vehicle(row: dict[str, str] | None) -> SampleVehicle | None:
    if row is None:
        return None
    read = csv.DictReader(io.StringIO(_text(row["file"])))
    readings = tuple((date.fromisoformat(one["read_on"]), int(one["km"]), one["evidence"]) for one in read)
    return SampleVehicle(row["kind"], row["plate"], readings)


def _own_meters(text: str, household: str) -> str:
    """The same CSV with meter numbers that only this household has: the files name them by what they measure."""
    for meter in ("sample-profile", "power-meter", "gas-meter"):
        text = text.replace(f",{meter},", f",{household}-{meter},")
    return text


@cache
def sample_households() -> tuple[SampleHousehold, ...]:
    """Every household of the sample year, in the order of the file."""
    found = []
    for row in tomllib.loads(_text("households.toml"))["household"]:
        people = tuple(
            SamplePerson(
                key=person["key"],
                name=f"{row['name']}, person {number}",
                joined_on=max(_FIRST_DAY, person.get("born_on", _FIRST_DAY)),
                born_on=person.get("born_on"),
                guardian=person.get("guardian"),
                csv_texts=tuple(_text(name) for name in person.get("files", [])),
            )
            for number, person in enumerate(row["people"], 1)
        )
        found.append(
            SampleHousehold(
                key=row["key"],
                name=row["name"],
                region=row["region"],
                grid_area=row["grid_area"],
                assumption=row["assumption"],
                csv_texts=tuple(_own_meters(_text(name), row["key"]) for name in row["files"]),
                people=people,
                vehicle=_vehicle(row.get("vehicle")),
            )
        )
    return tuple(found)
