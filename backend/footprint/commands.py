"""`tanyu factors`: the catalogue at the terminal."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from backend.access.terminal import EXIT_FINDING, AsJson, emit, failing_plainly
from backend.footprint.changes import changes_between
from backend.footprint.factors import catalogue
from backend.footprint.finding import find_factors, set_of
from backend.footprint.kind import KINDS
from backend.footprint.kind_views import KindsOut, kinds_out
from backend.footprint.lint import faults, warnings
from backend.footprint.matrix import PLACES, matrix
from backend.footprint.revision import head_revision
from backend.footprint.routes import list_revisions
from backend.footprint.views import (
    CellOut,
    ChangesOut,
    FactorOut,
    FactorSetOut,
    MatrixOut,
    RevisionsOut,
    cell_out,
    changes_out,
    factor_out,
)
from backend.kernel.digest import to_hex

app = typer.Typer(name="factors", help="Emission factors, each with its passport.", no_args_is_help=True)

VintageOption = Annotated[int | None, typer.Option(help="The set that was frozen for this year, such as 2025.")]


def today() -> date:
    """The machine's day in UTC."""
    return datetime.now(UTC).date()


def day_of(text: str | None, option: str) -> date | None:
    """A day given as an option; raises BadParameter."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as failure:
        raise typer.BadParameter(f"{text!r} is not a date such as 2025-01-01", param_hint=option) from failure


def percent(bps: int) -> str:
    """Basis points as per cent without trailing zeros."""
    whole, hundredths = divmod(bps, 100)
    return f"{whole}.{hundredths:02d}" if hundredths else str(whole)


def _flagged(factor: FactorOut) -> str:
    flags = ["look again"] * factor.past_review + ["compare only"] * (factor.reference is not None)
    return ", ".join([factor.status, *flags])


def _rows(table: Table, factors: Sequence[FactorOut]) -> Table:
    for name in ("id", "kind", "region", "year", "value", "unit", "± %", "status"):
        table.add_column(name)
    for one in factors:
        width = percent(one.uncertainty_half_width_bps)
        table.add_row(one.id, one.kind, one.region, str(one.year), one.value, one.unit, width, _flagged(one))
    late = sum(one.past_review for one in factors)
    if late:
        table.caption = f"{late} past their review date: look whether newer figures exist"
        table.caption_style = "bold yellow"
    return table


def _render_set(found: FactorSetOut) -> Table:
    return _rows(Table(title=f"{len(found.factors)} factors, set {to_hex(found.digest)}"), found.factors)


def _render_one(factor: FactorOut) -> Table:
    table = Table(title=factor.id, show_header=False)
    if factor.past_review:
        table.caption = f"past its review date {factor.review_by}: look whether a newer figure exists"
        table.caption_style = "bold yellow"
    for name, value in factor.model_dump(mode="json").items():
        if value is not None:
            table.add_row(name, str(value))
    return table


def _render_changes(found: ChangesOut) -> Table:
    title = f"{len(found.added)} added, {len(found.withdrawn)} withdrawn, {len(found.replaced)} replaced"
    table = Table(title=title)
    for name in ("", "kind", "region", "year", "before", "after"):
        table.add_column(name)
    for one in found.replaced:
        before, after = f"{one.before} {one.before_value}", f"{one.after} {one.after_value}"
        table.add_row("replaced", one.kind, one.region, str(one.year), before, after)
    for factor in found.withdrawn:
        text = f"{factor.id} {factor.value}"
        table.add_row("withdrawn", factor.kind, factor.region, str(factor.year), text, "")
    for factor in found.added:
        text = f"{factor.id} {factor.value} {factor.unit}"
        table.add_row("added", factor.kind, factor.region, str(factor.year), "", text)
    return table


def _cell_text(cell: CellOut) -> str:
    if cell.choice is None:
        return f"REFUSED: {cell.reason}"
    used = " x ".join(f"{one.value} ({one.region} {one.year})" for one in cell.choice.factors)
    width = "/".join(percent(one.half_width_bps) for one in cell.choice.factors)
    compared = f", compare only: {cell.instead} counts" if cell.instead else ""
    return f"{cell.state}: {used} ±{width} %{compared}"


def _render_matrix(found: MatrixOut) -> Table:
    table = Table(title=f"{found.year}, set {to_hex(found.digest)}", show_lines=True)
    for name in ("kind", "unit", *PLACES):
        table.add_column(name, overflow="fold")
    for kind in KINDS.values():
        cells = [_cell_text(cell) for cell in found.cells if cell.kind == kind.name]
        table.add_row(kind.name, kind.unit, *cells)
    return table


def _render_check(found: dict[str, list[str]]) -> Table:
    table = Table(title=f"{len(found['faults'])} faults, {len(found['warnings'])} warnings", show_header=False)
    for what, lines in found.items():
        for line in lines:
            table.add_row(what.removesuffix("s"), line)
    return table


def _render_revisions(found: RevisionsOut) -> Table:
    table = Table(title="revisions of the catalogue, and what each vintage may use")
    for name in ("", "revision", "recorded", "factors", "digest", "note"):
        table.add_column(name, overflow="fold")
    for one in found.revisions:
        table.add_row("catalogue", str(one.number), str(one.on), str(one.factors), to_hex(one.digest), one.note)
    for row in found.freezes:
        name = f"vintage {row.vintage}"
        table.add_row(name, str(row.revision), str(row.on), str(row.factors), to_hex(row.digest), row.note)
    return table


@app.command("list")
def list_factors(
    *,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as grid_electricity.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this place, such as CN-SC.")] = None,
    before: Annotated[str | None, typer.Option(help="Only factors published before this day: 2025-01-01.")] = None,
    vintage: VintageOption = None,
    revision: Annotated[int | None, typer.Option(help="A revision of the catalogue; the newest if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the catalogue, or the set that a vintage froze."""
    _list(kind=kind, region=region, before=before, vintage=vintage, revision=revision, search=None, as_json=as_json)


@app.command("search")
def search_factors(words: Annotated[list[str], typer.Argument()], *, as_json: AsJson = False) -> None:
    """Searches the catalogue: every word must stand in id, kind, place, document or notes. Try: search coach 2024."""
    text = " ".join(words)
    _list(kind=None, region=None, before=None, vintage=None, revision=None, search=text, as_json=as_json)


def _list(
    *,
    kind: str | None,
    region: str | None,
    before: str | None,
    vintage: int | None,
    revision: int | None,
    search: str | None,
    as_json: bool,
) -> None:
    with failing_plainly(as_json=as_json):
        factors = set_of(day_of(before, "--before"), vintage, revision)
        shown = [factor_out(factor, today()) for factor in find_factors(factors, kind, region, search)]
    emit(FactorSetOut(digest=factors.digest, factors=shown), as_json=as_json, render=_render_set)


def _render_kinds(found: KindsOut) -> Table:
    table = Table(title="what can be counted")
    for name in ("kind", "category", "kept in", "may be given in", ""):
        table.add_column(name, overflow="fold")
    for one in found.kinds:
        note = f"compare only; enter {one.instead}" if one.instead else "needs a meter" if one.is_metered else ""
        table.add_row(one.name, one.category, one.unit, ", ".join(one.accepted), note)
    return table


@app.command("kinds")
def show_kinds(*, as_json: AsJson = False) -> None:
    """Lists what can be counted, and the units it may be given in."""
    emit(kinds_out(), as_json=as_json, render=_render_kinds)


@app.command("show")
def show_factor(factor_id: str, *, as_json: AsJson = False) -> None:
    """Shows one factor with its whole passport: what it is, where it was read, how sure anyone is."""
    with failing_plainly(as_json=as_json):
        found = factor_out(catalogue().factor(factor_id), today())
    emit(found, as_json=as_json, render=_render_one)


@app.command("matrix")
def show_matrix(
    *,
    vintage: VintageOption = None,
    on: Annotated[str | None, typer.Option(help="The day of the activity: 2023-06-30. Today if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows what each kind gets in Sichuan, Hebei, California and Britain: a factor, a proxy, or why there is none."""
    with failing_plainly(as_json=as_json):
        day = day_of(on, "--on") or today()
        factors, year = set_of(vintage=vintage), day.year if vintage is None else vintage
        cells = [cell_out(cell, KINDS[cell.kind].instead, today()) for cell in matrix(factors, year)]
    emit(MatrixOut(digest=factors.digest, year=year, cells=cells), as_json=as_json, render=_render_matrix)


@app.command("revisions")
def show_revisions(*, as_json: AsJson = False) -> None:
    """Lists the catalogue's revisions and the frozen set of each vintage, each with its digest."""
    with failing_plainly(as_json=as_json):
        found = list_revisions()
    emit(found, as_json=as_json, render=_render_revisions)


@app.command("check")
def check_catalogue(*, as_json: AsJson = False) -> None:
    """Checks the shipped catalogue: sources, intervals, judgements, digests. Exit 1 if it has a fault; late reviews are
    warnings.
    """
    with failing_plainly(as_json=as_json):
        found = {"faults": faults(), "warnings": warnings(today())}
    emit(found, as_json=as_json, render=_render_check)
    if found["faults"]:
        raise typer.Exit(EXIT_FINDING)


@app.command("changes")
def show_changes(
    *,
    older: Annotated[int | None, typer.Option(help="A revision; the one before the newer if left out.")] = None,
    newer: Annotated[int | None, typer.Option(help="A revision; the newest if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows what changed between two revisions of the catalogue: added, withdrawn, and replaced by a better figure."""
    with failing_plainly(as_json=as_json):
        after = catalogue(newer)
        before = catalogue(older if older is not None else max(1, (newer or head_revision()) - 1))
        found = changes_out(before, after, changes_between(before, after), today())
    emit(found, as_json=as_json, render=_render_changes)
