"""A small city of a few hundred people, by arithmetic: as files, and as the rows that the per-person code closes."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backend.ledger.accrual import Membership
from backend.ledger.city_rows import LineRow, PersonRows
from tests.unit.ledger.years import ZONES

USES = (
    ("grid_electricity", "CN-SC", 90_000),
    ("natural_gas", "CN-SC", 15_000),
    ("bus", "CN-SC", 200_000),
    ("flight_domestic", "CN-SC", 400_000),
    ("grid_electricity", "CN-CQ", 30_000),
    ("diet_vegan", "CN-SC", 31_000),
)
"""Kinds and places, and the most thousandths of a month. A diet is outside the policy."""
CATEGORIES = {"grid_electricity": 0, "natural_gas": 1, "bus": 2, "flight_domestic": 2, "diet_vegan": -1}


@dataclass(frozen=True)
class City:
    """People as rows, and the same in two files."""

    people: tuple[PersonRows, ...]
    persons: Path
    lines: Path


def _member(number: int) -> Membership:
    if number % 7 == 3:
        return Membership(2025, date(2025, 1 + number % 5, 1 + number % 28), date(2025, 12, 31), None)
    if number % 11 == 5:
        return Membership(2025, date(2025, 1, 1), date(2025, 12, 31), date(2007, 1 + number % 12, 3))
    if number % 13 == 1:
        return Membership(2025, date(2025, 1, 1), date(2025, 9, 30), date(1950, 5, 5), died=number % 2 == 0)
    return Membership(2025, date(2025, 1, 1), date(2025, 12, 31), date(1990, 1, 1 + number % 28))


def _line(number: int, month: int, at: int, whole_s: int) -> LineRow:
    kind, place, most = USES[at]
    chance = (number * 7919 + month * 104_729 + at * 1_299_709) % 1_000_003
    covered_s = whole_s if CATEGORIES[kind] < 0 else whole_s - (number * month % 9 == 0) * 86400 * (number % 3)
    part = (1, 1 + number % 4)
    least = (2, 1 + 2 * (number % 4)) if number % 6 == 0 and number % 4 else part
    is_signed = chance % 5 != 0 and number % 2 == 0
    return LineRow(kind, place, CATEGORIES[kind], month, is_signed, chance % most, *part, *least, covered_s)


def people(count: int) -> tuple[PersonRows, ...]:
    """Each has bills of most months, some trips, some a second grid, some a diet; every 50th a factory's bill."""
    found = []
    for number in range(count):
        member = _member(number)
        lines = [
            _line(number, month, at, span.seconds)
            for month, span in member.spans(ZONES["CN-SC"]).items()
            for at in range(len(USES))
            if at < 2 + number % 5 and (number + month + at) % (9 + number % 17)
        ]
        if number % 50 == 49:
            lines[0] = LineRow(**{**vars(lines[0]), "quantity": 10**12 + number})
        found.append(PersonRows(number, member, 0, number % 10 == 4, tuple(lines)))
    return tuple(found)


def city(folder: Path, count: int) -> City:
    """The same people, also in files."""
    found = people(count)
    persons, lines = folder / "persons.csv", folder / "lines.csv"
    with persons.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("person", "first", "last", "born_on", "died", "is_held"))
        for one in found:
            table.writerow(
                (one.person, one.member.first, one.member.last, one.member.born_on, one.member.died, one.is_held)
            )
    with lines.open("w", newline="") as file:
        table = csv.writer(file)
        names = [name for name in LineRow.__dataclass_fields__ if name not in {"category", "is_signed"}]
        table.writerow(("person", "grade", *names))
        for one in found:
            for line in one.lines:
                table.writerow((one.person, "M" if line.is_signed else "D", *(getattr(line, name) for name in names)))
    return City(found, persons, lines)
