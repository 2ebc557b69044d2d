"""`tanyu footprint`: the footprint of one activity at the terminal, and fuels side by side."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.footprint.commands import VintageOption, day_of, percent, today
from backend.footprint.estimate import estimate, fuel_sides
from backend.footprint.finding import set_of
from backend.footprint.pollutant import POLLUTANTS
from backend.footprint.views import EstimateOut, FuelsOut, PollutantOut, estimate_out, fuels_out

app = typer.Typer(name="footprint", help="Footprints of single activities; nothing is kept.", no_args_is_help=True)

PlaceOption = Annotated[str, typer.Option(help="Where: a region or grid area, such as CN-SC, US-CAMX or GB.")]
OnOption = Annotated[str | None, typer.Option(help="The day of the activity: 2025-06-30. Today if left out.")]


def _grams(milligrams: int) -> str:
    return f"{milligrams // 1000}.{milligrams % 1000:03d}"


def _pollutant_rows(table: Table, pollutants: Sequence[PollutantOut]) -> None:
    for one in pollutants:
        if one.amount_mg is None or one.lower_mg is None or one.upper_mg is None:
            table.add_row(one.pollutant, f"not available: {one.source}")
        else:
            bounds = f"{_grams(one.lower_mg)} to {_grams(one.upper_mg)}"
            table.add_row(one.pollutant, f"{_grams(one.amount_mg)} g ({bounds}) {one.part}; {one.source}")


def _render_estimate(found: EstimateOut) -> Table:
    table = Table(title=f"{found.quantity} {found.unit} {found.kind}", show_header=False)
    table.caption = "; ".join(found.choice.flags) or None
    table.caption_style = "bold yellow"
    table.add_row("footprint", f"{found.footprint_gco2e} g CO2e, at most {found.bound_gco2e} g (one-sided 95 %)")
    for one in found.choice.factors:
        table.add_row("factor", f"{one.id}: {one.value} {one.unit} ±{percent(one.half_width_bps)} %, {one.rung}")
    if found.instead:
        table.add_row("compare only", f"what counts is {found.instead}")
    _pollutant_rows(table, found.pollutants)
    table.add_row("pollutants from", found.pollutants_from)
    return table


def side_of(pollutants: Sequence[PollutantOut], pollutant: str) -> str:
    """Grams of one pollutant over all its parts, or that it is not available."""
    own = [one for one in pollutants if one.pollutant == pollutant and one.amount_mg is not None]
    return _grams(sum(one.amount_mg or 0 for one in own)) if own else "not available"


def _render_fuels(found: FuelsOut) -> Table:
    table = Table(title="per kWh of net calorific value, in grams")
    table.caption = found.pollutants_from
    for name in ("fuel", "CO2e", *POLLUTANTS, "flags"):
        table.add_column(name, overflow="fold")
    for one in found.fuels:
        carbon = "refused" if one.footprint_gco2e is None else str(one.footprint_gco2e)
        flags = "; ".join(one.choice.flags) if one.choice else one.reason
        table.add_row(one.kind, carbon, *(side_of(one.pollutants, name) for name in POLLUTANTS), flags)
    return table


@app.command("of")
def footprint_of(
    kind: Annotated[str, typer.Argument(help="A kind of activity, such as grid_electricity, bus or wood_logs.")],
    quantity: Annotated[str, typer.Argument(help="A plain decimal, such as 120.5.")],
    unit: Annotated[str, typer.Argument(help="Its unit, such as kWh; a wrong one is told which are taken.")],
    *,
    place: PlaceOption,
    on: OnOption = None,
    vintage: VintageOption = None,
    as_json: AsJson = False,
) -> None:
    """Computes one activity's footprint with its bound and factors, and what else it puts into the air."""
    with failing_plainly(as_json=as_json):
        day = day_of(on, "--on") or today()
        factors = set_of(vintage=vintage)
        found = estimate(factors, kind=kind, quantity=quantity, unit=unit, place=place, day=day)
    emit(estimate_out(found, today()), as_json=as_json, render=_render_estimate)


@app.command("fuels")
def show_fuels(
    *, place: PlaceOption, on: OnOption = None, vintage: VintageOption = None, as_json: AsJson = False
) -> None:
    """Shows fuels burned at home per kWh, both sides: carbon, and NOx, fine particles and sulphur in the air."""
    with failing_plainly(as_json=as_json):
        sides = fuel_sides(set_of(vintage=vintage), place=place, day=day_of(on, "--on") or today())
    emit(fuels_out(sides, today()), as_json=as_json, render=_render_fuels)
