"""What a refused CSV says of each bad row, as the problem document has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.access.problems import problem_of
from backend.footprint.csv_intake import CsvRefused

PLACE = ("line", "column", "code")


@dataclass(frozen=True)
class Told:
    """One of a problem's `errors`."""

    line: str
    column: str | None
    code: str
    message: str
    fields: Mapping[str, Any]
    """The error's own, beside the four that every one has."""

    @property
    def place(self) -> tuple[str, str | None, str]:
        """Where it is, and what."""
        return self.line, self.column, self.code


def rows_of(problem: Mapping[str, Any]) -> list[Told]:
    """Of a problem document."""
    return [
        Told(
            **{name: one[name] for name in (*PLACE, "message")},
            fields={name: value for name, value in one.items() if name not in {*PLACE, "message"}},
        )
        for one in problem["errors"]
    ]


def rows_told(refused: CsvRefused) -> list[Told]:
    """Of the error that becomes the document."""
    return rows_of(problem_of(refused))
