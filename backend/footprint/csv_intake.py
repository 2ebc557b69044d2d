"""CSV of activities: one row an activity, errors by line and column, nothing kept if any row is bad.

The columns stand in any order; `MEANING` says what each holds. A row is self-declared until a verifier has inspected
the document that its `evidence` names.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final

from backend.footprint.activity import Activity, activity_of, span_of
from backend.footprint.kind import kind_of
from backend.kernel.errors import InvalidInput, TanyuError

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
BYTES_LIMIT = 1_000_000
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


class CsvRefused(InvalidInput):
    """Some rows are bad; none was kept. `rows` says which, by line and column."""

    code = "activity.csv_refused"

    def __init__(self, rows: list[str]) -> None:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        super().__init__(f"nothing was kept: {rows[0]}{more}", rows=rows[:SHOWN_LIMIT], bad_rows=len(rows))


class CategoryMismatch(InvalidInput):
    """The row's category is not its kind's."""

    code = "activity.category_mismatch"

    def __init__(self, given: str, expected: str) -> None:
        super().__init__(f"the category is {given!r}, but this kind is {expected}", category=given, expected=expected)


def columns_told() -> str:
    """What each column holds, one a paragraph: for help texts and the API's description."""
    return "\n\n".join(f"{name}: {told}." for name, told in MEANING.items())


def template() -> str:
    """A CSV with every column and one row for each category, to be filled in."""
    return files("backend.footprint").joinpath("csv_template.csv").read_text("utf-8")


def row_error(line: int, failure: TanyuError) -> str:
    """What is wrong with a row, by line and column, with the error's code."""
    column = _COLUMN_OF_CODE.get(failure.code) or failure.fields.get("field", "row")
    return f"line {line}, column {column}: {failure.message} [{failure.code}]"


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True, restkey="", restval="")
    header = [name.strip() for name in reader.fieldnames or []]
    absent = [name for name in COLUMNS if name not in header and name not in OPTIONAL]
    unknown = [name for name in header if name not in COLUMNS]
    if absent or unknown or len(set(header)) != len(header):
        expected = f"expected {', '.join(COLUMNS)}"
        raise CsvRefused(
            [f"line 1: the columns are {', '.join(header) or 'none'}; {expected} ({_why(absent, unknown)})"]
        )
    for row in reader:
        if "" in row:
            raise CsvRefused([f"line {reader.line_num}: more fields than columns"])
        if any(row.values()):
            yield reader.line_num, {(name or "").strip(): (value or "").strip() for name, value in row.items()}


def _why(absent: list[str], unknown: list[str]) -> str:
    told = [f"absent: {', '.join(absent)}"] if absent else []
    told += [f"unknown: {', '.join(unknown)}"] if unknown else []
    told += ["put commas between them"] if any(";" in name or "\t" in name for name in unknown) else []
    return "; ".join(told) or "one is there twice"


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

    Raises CsvRefused naming every bad row, or the first
    thing wrong with the file.
    """
    if len(text.encode()) > BYTES_LIMIT:
        raise CsvRefused([f"the file is larger than {BYTES_LIMIT} bytes"])
    found: list[tuple[int, Activity]] = []
    bad: list[str] = []
    try:
        for line, row in _rows(text):
            if len(found) + len(bad) >= ROWS_LIMIT:
                raise CsvRefused([f"line {line}: more than {ROWS_LIMIT} rows"])
            try:
                found.append((line, _activity(row)))
            except CsvRefused:
                raise
            except InvalidInput as failure:
                bad.append(row_error(line, failure))
    except csv.Error as failure:
        raise CsvRefused([f"the file is not CSV: {failure}"]) from failure
    if bad:
        raise CsvRefused(bad)
    if not found:
        raise CsvRefused(["the file has no rows"])
    return found
