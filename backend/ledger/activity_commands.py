"""`tanyu activities`: a template to fill in, what a file holds, and handing files in to a running Tanyu."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table

from backend.access.signed_in import signed_in_client
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.footprint.csv_intake import columns_told, parse_activities, template
from backend.footprint.csv_table import csv_text
from backend.footprint.green_button import read_green_button
from backend.footprint.kind import kind_of
from backend.footprint.quantity import plain
from backend.footprint.trip import distance_mm, read_gpx
from backend.footprint.xml_stream import CHUNK_BYTES
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.errors import InvalidInput
from backend.ledger.person_session import group

app, person = group(
    "activities",
    "Activities, one by one or from files: CSV, Green Button, GPX. Of a file nothing is recorded before you confirm"
    " what it would be.",
)

SNIFFED_BYTES = 8_192

RESTORED = {"en": "the old meter has its place again", "zh": "已恢复旧表"}


class FileFormat(StrEnum):
    """What a file is in."""

    CSV = "csv"
    GREEN_BUTTON = "green-button"
    GPX = "gpx"


class UploadUnreadable(InvalidInput):
    """No file to read there."""

    code = "activities.file_unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read {path}: {why}", file=str(path))


_PATHS = {
    FileFormat.CSV: ("/activities/import", "text/csv"),
    FileFormat.GREEN_BUTTON: ("/activities/green-button", "application/xml"),
    FileFormat.GPX: ("/activities/gpx", "application/gpx+xml"),
}

File = Annotated[Path, typer.Argument(help="The file.")]
Format = Annotated[
    FileFormat | None, typer.Option("--format", help="What the file is in; seen by its content if not given.")
]
Home = Annotated[str | None, typer.Option("--home", help="Code of the home that energy and water belong to.")]
Meters = Annotated[
    list[str] | None,
    typer.Option("--meter", help="Number printed on the meter; POINT=NUMBER for each if the file has several."),
]
Mode = Annotated[str | None, typer.Option("--kind", help="GPX: how the tracks were travelled, such as bus.")]
Where = Annotated[str | None, typer.Option("--place", help="GPX: where, such as CN-SC.")]
Category = Annotated[str, typer.Option(help="electricity, gas, heating or water.")]
HomeArgument = Annotated[str, typer.Argument(help="The home's code.")]


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK_BYTES):
                yield piece
    except OSError as failure:
        raise UploadUnreadable(path, failure.strerror or "it cannot be opened") from failure


def format_of(path: Path) -> FileFormat:
    """What a file is in, by its first bytes: names lie. Raises UploadUnreadable."""
    head = next(_pieces(path), b"")[:SNIFFED_BYTES]
    if b"topografix.com/GPX" in head:
        return FileFormat.GPX
    return FileFormat.GREEN_BUTTON if b"<" in head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] else FileFormat.CSV


def _read(path: Path, form: FileFormat, kind: str) -> list[dict[str, Any]]:
    if form is FileFormat.GREEN_BUTTON:
        file = read_green_button(_pieces(path))
        return [
            {
                "what": point.name,
                "kind": point.unit.kind,
                "quantity": plain(point.quantity(sum(one.value for one in point.intervals))),
                "unit": kind_of(point.unit.kind).unit,
                "start": iso(from_unix_s(point.intervals[0].start_s)),
                "end": iso(from_unix_s(point.intervals[-1].end_s)),
                "sha256": file.sha256.hex(),
            }
            for point in file.points
        ]
    if form is FileFormat.GPX:
        found = read_gpx(_pieces(path))
        return [
            {
                "what": f"track {at}",
                "kind": kind,
                "metres": distance_mm(track, kind_of(kind), at) // 1000,
                "sha256": found.sha256.hex(),
            }
            for at, track in enumerate(found.tracks, 1)
        ]
    return [
        {
            "what": f"line {line}",
            "kind": activity.kind.name,
            "quantity": plain(activity.quantity),
            "unit": activity.kind.unit,
            "start": iso(from_unix_s(activity.span.start_s)),
            "end": iso(from_unix_s(activity.span.end_s)),
        }
        for line, activity in parse_activities(csv_text(b"".join(_pieces(path))))
    ]


def _rows_table(rows: list[dict[str, Any]]) -> RenderableType:
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table


_PLANNED = ("kind", "quantity", "unit", "start", "end", "meter", "grade")
_KEPT = ("id", "kind", "quantity", "unit", "start", "end", "grade", "source", "evidence")


def _rows(found: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names} for row in found["activities"]]


def _intake(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a file would record, and what became of it."""
    if told["kept"]:
        end = {"en": f"recorded {told['kept']} activities", "zh": f"已记录 {told['kept']} 项活动"}
    else:
        end = {
            "en": f"nothing is recorded yet; to record exactly this, add --confirm {told['confirm']}",
            "zh": f"尚未记录；如需照此记录，请加上 --confirm {told['confirm']}",
        }
    return {"activities": _rows(told, _PLANNED), "notes": [*told["leftOut"], end]}


def _page(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"activities": _rows(found, _KEPT)}


def _kept(found: Mapping[str, Any]) -> dict[str, Any]:
    return _page({"activities": [found]}) | {"notes": found["notes"]}


@app.command(
    "template",
    offline=True,
    help=f"Prints a CSV to fill in: every column, and an example row for each category.\n\n{columns_told()}",
)
def show_template(*, as_json: AsJson = False) -> None:
    """Prints a CSV to fill in: every column, and an example row for each category."""
    if as_json:
        emit({"csv": template()}, as_json=True, render=str)
    else:
        typer.echo(template(), nl=False)


@app.command("read", offline=True)
def read_file(file: File, *, form: Format = None, kind: Mode = "rail", as_json: AsJson = False) -> None:
    """Shows what a file holds, offline: usage points and their totals, tracks and their metres, or rows.

    The SHA-256 is what an activity's evidence names: a verifier sees by it that this is the file.
    """
    with failing_plainly(as_json=as_json):
        rows = _read(file, form or format_of(file), kind or "rail")
    emit(rows, as_json=as_json, render=_rows_table)


@app.command("import")
def import_file(
    file: File,
    *,
    form: Format = None,
    home: Home = None,
    meter: Meters = None,
    kind: Mode = None,
    place: Where = None,
    start: Annotated[str | None, typer.Option("--from", help="GPX: first day of tracks without times.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="GPX: their last day, if another.")] = None,
    only_new: Annotated[bool, typer.Option("--only-new", help="Leave out readings recorded already.")] = False,
    utility: Annotated[str | None, typer.Option(help="The registered utility that signed the file for you.")] = None,
    signature: Annotated[str | None, typer.Option(help="Its signature: 0x and hex.")] = None,
    confirm: Annotated[
        str | None,
        typer.Option(help="What the first call printed: record exactly that. Left out, nothing is recorded."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tells what a file would record; with --confirm, records it. The file is sent as it is read."""
    with failing_plainly(as_json=as_json):
        path, media_type = _PATHS[form or format_of(file)]
        asked = {
            "home": home,
            "meter": meter,
            "kind": kind,
            "place": place,
            "from": start,
            "to": end,
            "onlyNew": "true" if only_new else None,
            "utility": utility,
            "signature": signature,
            "ward": person.ward,
            "confirm": confirm,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        with signed_in_client(person.url, person.key()) as client:
            told = client.send(path, _pieces(file), media_type, params=params)
        person.show(told, as_json=as_json, shape=_intake)


@app.command("add")
def add_activity(
    kind: Annotated[str, typer.Argument(help="What it was, such as bus: `tanyu factors kinds` lists them.")],
    quantity: Annotated[str, typer.Argument(help="How much, as a plain decimal: 120.5.")],
    unit: Annotated[str, typer.Argument(help="In what, such as kWh.")],
    *,
    start: Annotated[str, typer.Option("--from", help="First day, 2025-01-01, or a time, 2025-01-01T12:00:00Z.")],
    end: Annotated[str | None, typer.Option("--to", help="Last day, or the time it ended; the same day.")] = None,
    place: Annotated[str, typer.Option(help="Where, such as CN-SC; for energy, the home's grid area.")],
    home: Home = None,
    meter: Annotated[str | None, typer.Option(help="Number of the home's meter or supplier's account.")] = None,
    evidence: Annotated[str, typer.Option(help="The document behind it: a verifier inspects that.")] = "",
    as_json: AsJson = False,
) -> None:
    """Records one activity, self-declared. `tanyu me take-back ID` undoes it."""
    body = {"kind": kind, "quantity": quantity, "unit": unit, "from": start, "to": end or start, "place": place}
    body |= {name: text for name, text in (("evidence", evidence), ("meter", meter), ("home", home)) if text}
    person.ask("POST", "/activities", as_json=as_json, body=body, shape=_kept)


@app.command("list")
def list_recorded(
    *,
    after: Annotated[int, typer.Option(min=0, help="Only activities after the one with this id.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Lists what you recorded and what was recorded for your homes, in order of entry."""
    person.ask("GET", "/activities", as_json=as_json, params={"after": after, "limit": limit}, shape=_page)


def _counts_from(said: Mapping[str, Any]) -> dict[str, Any]:
    on = said["on"]
    return {"notes": [{"en": f"the new meter counts from {on} on", "zh": f"新表自 {on} 起计入"}]}


@app.command("replace-meter")
def replace_meter(
    home: HomeArgument,
    *,
    category: Category,
    old: Annotated[str, typer.Option(help="Number of the meter that was taken out.")],
    new: Annotated[str, typer.Option(help="Number of the meter in its place.")],
    on: Annotated[str, typer.Option(help="The day the new one began: 2025-07-01.")],
    as_json: AsJson = False,
) -> None:
    """Says that a meter was replaced: the old one ends and the new one begins with that day."""
    body = {"category": category, "old": old, "new": new, "on": on}
    person.ask("POST", f"/homes/{home}/meters/replacements", as_json=as_json, body=body, shape=_counts_from)


@app.command("restore-meter")
def restore_meter(
    home: HomeArgument,
    *,
    category: Category,
    new: Annotated[str, typer.Option(help="The number that was given for the new meter.")],
    as_json: AsJson = False,
) -> None:
    """Takes back a replacement that nothing was read under, such as one with a mistyped number."""
    with failing_plainly(as_json=as_json):
        with signed_in_client(person.url, person.key()) as client:
            params = {"category": category, "new": new}
            person.request(client, "DELETE", f"/homes/{home}/meters/replacements", params=params)
        person.show({"restored": new}, as_json=as_json, shape=lambda _: {"notes": [RESTORED]})
