"""Bad rows of a CSV of activities, and what its refusal says of each, as the problem document has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.access.problems import problem_of
from backend.footprint.csv_intake import CsvRefused

TRIP = "travel,bus,1,passenger_km,2025-01-01,2025-01-01,CN-SC,,"
GAS = "gas,natural_gas,1,m3,2025-01-01,2025-01-01,CN-SC,,"

BAD: tuple[tuple[str, str | None, str], ...] = (
    (TRIP.replace("bus", "teleport"), "kind", "activity.kind_unknown"),
    (TRIP.replace("bus", "buss"), "kind", "activity.kind_unknown"),
    (TRIP.replace("bus", "flight_domestic_direct"), "kind", "activity.kind_only_compared"),
    (TRIP.replace("travel", "diet"), "category", "activity.category_mismatch"),
    (TRIP.replace(",1,", ",-1,"), "quantity", "quantity.negative"),
    (TRIP.replace(",1,", ",many,"), "quantity", "quantity.malformed"),
    (TRIP.replace(",1,", ",9999999999999,"), "quantity", "quantity.too_large"),
    (TRIP.replace(",1,", ",1,5,"), None, "csv.row_too_long"),
    (TRIP.replace("passenger_km", "kWh"), "unit", "unit.wrong_dimension"),
    (TRIP.replace("passenger_km", "ell"), "unit", "unit.unknown"),
    (TRIP.replace("2025-01-01", "soon", 1), "from/to", "activity.day_malformed"),
    (TRIP.replace("2025-01-01", "2025-01-02", 1), "from/to", "activity.span_invalid"),
    (TRIP.replace("2025-01-01", "2025-01-01T00:00:00"), "from/to", "time.malformed"),
    (TRIP.replace("CN-SC", "Mars"), "place", "place.unknown"),
    (TRIP.replace("CN-SC,", "CN-SC,M1"), "meter", "activity.meter_unexpected"),
    (GAS, "meter", "activity.meter_missing"),
    (GAS.replace("CN-SC,", "CN-SC,1.2E+08"), "meter", "activity.meter_mangled"),
    (GAS.replace("CN-SC,", "CN-SC,А1"), "meter", "activity.meter_unreadable"),
    (TRIP + "\a", "evidence", "text.control_character"),
    (TRIP + "x" * 201, "evidence", "activity.text_too_long"),
)
"""Rows with the column and the code that each is refused by: every refusal that needs no ledger."""

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
