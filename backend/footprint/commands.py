"""`tanyu factors`: the catalogue at the terminal."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.footprint.factors import catalogue
from backend.footprint.routes import FactorOut, FactorSetOut, factor_out, find_factors, set_of
from backend.kernel.digest import to_hex

app = typer.Typer(name="factors", help="Emission factors, each with its passport.", no_args_is_help=True)


def _render_set(found: FactorSetOut) -> Table:
    table = Table(title=f"{len(found.factors)} factors, set {to_hex(found.digest)}")
    for name in ("id", "kind", "region", "year", "value", "unit", "± %", "status"):
        table.add_column(name)
    for factor in found.factors:
        whole, hundredths = divmod(factor.uncertainty_half_width_bps, 100)
        table.add_row(
            factor.id,
            factor.kind,
            factor.region,
            str(factor.year),
            factor.value,
            factor.unit,
            f"{whole}.{hundredths:02d}" if hundredths else str(whole),
            factor.status,
        )
    return table


def _render_one(factor: FactorOut) -> Table:
    table = Table(title=factor.id, show_header=False)
    if factor.review_by < datetime.now(UTC).date():
        table.caption = f"past its review date {factor.review_by}: look whether a newer figure exists"
        table.caption_style = "bold yellow"
    for name, value in factor.model_dump(mode="json").items():
        table.add_row(name, str(value))
    return table


@app.command("list")
def list_factors(
    *,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as grid_electricity.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this place, such as CN-SC.")] = None,
    before: Annotated[str | None, typer.Option(help="Only factors published before this day: 2025-01-01.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the catalogue, or the set that a vintage froze."""
    with failing_plainly(as_json=as_json):
        try:
            day = date.fromisoformat(before) if before else None
        except ValueError as failure:
            raise typer.BadParameter(f"{before!r} is not a date such as 2025-01-01", param_hint="--before") from failure
        factors = set_of(day)
        found = FactorSetOut(
            digest=factors.digest, factors=[factor_out(factor) for factor in find_factors(factors, kind, region)]
        )
    emit(found, as_json=as_json, render=_render_set)


@app.command("show")
def show_factor(factor_id: str, *, as_json: AsJson = False) -> None:
    """Shows one factor with its whole passport: what it is, where it was read, how sure anyone is."""
    with failing_plainly(as_json=as_json):
        found = factor_out(catalogue().factor(factor_id))
    emit(found, as_json=as_json, render=_render_one)
