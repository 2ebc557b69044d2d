"""CSV of activities: one row an activity, errors by line and column, nothing kept if any row is bad.

The columns stand in any order; `MEANING` says what each holds. A row is self-declared until a verifier has inspected
the document that its `evidence` names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from backend.footprint.activity import Activity, activity_of, span_of
from backend.footprint.csv_table import CsvTable
from backend.footprint.kind import NAME_LIMIT, kind_of
from backend.kernel.errors import Fields, InvalidInput, TanyuError

MEANING: Final = {
    "category": "the kind's category, such as electricity or travel: a check on the kind",
    "kind": "what it was, such as grid_electricity or bus: GET /factors/kinds and `tanyu factors kinds` list them",
    "quantity": "a plain decimal such as 120.5, without separators, exponent or sign",
    "unit": "one that the kind may be given in, such as kWh",
    "from": "the first local day, 2025-01-01, or a time with its offset, 2025-01-01T12:00:00Z",
    "to": "the last day, which is included, or the time it ended; both are days or both are times",
    "place": "region or grid area, such as CN-SC; for a home's energy, the home's grid area",
    "meter": "for a home's energy and water: the number of the meter or supplier's account, as text; else empty",
    "evidence": "the document behind the row, which a verifier may inspect; may be empty",
}
"""What each column holds, for who fills the template in."""
COLUMNS = tuple(MEANING)
OPTIONAL = frozenset({"meter", "evidence"})
ROWS_LIMIT = 5_000
SHOWN_LIMIT = 50

_COLUMN_OF_CODE = {
    "activity.kind_unknown": "kind",
    "activity.kind_only_compared": "kind",
    "activity.category_mismatch": "category",
    "activity.meter_missing": "meter",
    "activity.meter_unexpected": "meter",
    "activity.meter_unreadable": "meter",
    "activity.meter_mangled": "meter",
    "meter.out_of_service": "meter",
    "activity.day_malformed": "from/to",
    "activity.span_invalid": "from/to",
    "time.malformed": "from/to",
    "place.unknown": "place",
    "footprint.factor_unknown": "kind",
    "activity.in_future": "from/to",
    "activity.vintage_frozen": "from/to",
    "activity.place_mismatch": "place",
    "meter.overlap": "meter",
    "meter.elsewhere": "meter",
    "unit.unknown": "unit",
    "unit.wrong_dimension": "unit",
    "quantity.malformed": "quantity",
    "quantity.negative": "quantity",
    "quantity.too_large": "quantity",
}


@dataclass(frozen=True)
class BadRow:
    """Why a row is refused. `line` is of the file, from 1."""

    line: int
    failure: TanyuError

    @property
    def column(self) -> str | None:
        """The column to look at; none if the fault is the whole row's."""
        named = self.failure.fields.get("field")
        return _COLUMN_OF_CODE.get(self.failure.code) or (named if isinstance(named, str) else None)

    def fields(self) -> Fields:
        """What the row's error says for itself, and where."""
        failure = self.failure
        told = {"line": self.line, "column": self.column, "code": failure.code, "message": failure.message}
        return failure.fields | told

    def __str__(self) -> str:
        at = f"line {self.line}" if self.column is None else f"line {self.line}, column {self.column}"
        return f"{at}: {self.failure.message} [{self.failure.code}]"


class CsvRefused(InvalidInput):
    """Some rows are bad; none was kept. `errors` says which, by line and column, each with its own code and fields."""

    code = "activity.csv_refused"

    def __init__(self, rows: Sequence[BadRow]) -> None:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        super().__init__(
            f"nothing was kept: {rows[0]}{more}",
            bad_rows=len({row.line for row in rows}),
            errors=[row.fields() for row in rows[:SHOWN_LIMIT]],
        )


class CsvEmpty(InvalidInput):
    """There is no row below the header, or nothing at all."""

    code = "activity.csv_empty"

    def __init__(self) -> None:
        super().__init__("the file has no rows")


class CsvTooManyRows(InvalidInput):
    """More activities than are taken at once."""

    code = "activity.csv_too_many_rows"

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}: more than {ROWS_LIMIT} rows; split the file", line=line, limit=ROWS_LIMIT)


class CategoryMismatch(InvalidInput):
    """The row's category is not its kind's."""

    code = "activity.category_mismatch"

    def __init__(self, given: str, expected: str) -> None:
        shown = given[:NAME_LIMIT]
        super().__init__(f"the category is {shown!r}, but this kind is {expected}", category=shown, expected=expected)


def columns_told() -> str:
    """What each column holds, one a paragraph: for help texts and the API's description."""
    return "\n\n".join(f"{name}: {told}." for name, told in MEANING.items())


def template() -> str:
    """A CSV with every column and one row for each category, to be filled in."""
    return files("backend.footprint").joinpath("csv_template.csv").read_text("utf-8")


def _activity(row: Mapping[str, str]) -> Activity:
    kind = kind_of(row["kind"])
    if row["category"] != kind.category:
        raise CategoryMismatch(row["category"], kind.category)
    return activity_of(
        kind=row["kind"],
        quantity=row["quantity"],
        unit=row["unit"],
        span=span_of(row["from"], row["to"], row["place"]),
        place=row["place"],
        evidence=row.get("evidence", ""),
        meter=row.get("meter") or None,
    )


def parse_activities(text: str) -> list[tuple[int, Activity]]:
    """Activities of a CSV text with their line numbers, in its order, all self-declared.

    Raises CsvRefused naming everything wrong with the header, or every bad row; CsvEmpty, CsvTooManyRows, and what
    `CsvTable` raises.
    """
    table = CsvTable(text)
    if table.header and (wrongs := table.wrongs(COLUMNS, OPTIONAL)):
        raise CsvRefused([BadRow(table.header_line, wrong) for wrong in wrongs])
    found: list[tuple[int, Activity]] = []
    bad: list[BadRow] = []
    for line, cells in table.rows():
        if len(found) + len(bad) >= ROWS_LIMIT:
            raise CsvTooManyRows(line)
        try:
            found.append((line, _activity(table.named(cells))))
        except InvalidInput as failure:
            bad.append(BadRow(line, failure))
    if bad:
        raise CsvRefused(bad)
    if not found:
        raise CsvEmpty
    return found
