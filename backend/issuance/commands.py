"""`tanyu batch`: batches of a running Tanyu, read over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.storage.settings import Settings

app = typer.Typer(name="batch", help="Batches of attested statements, and what of them has minted.")

Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]


def _get(url: str | None, path: str, **params: int) -> Any:
    with ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}") as client:
        return client.get(path, **params)


def _batches_table(batches: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("id", "class", "state", "people", "surplus g", "deficit g", "signed", "minted", "root")
    for batch in batches:
        table.add_row(
            str(batch["id"]),
            batch["creditClass"],
            batch["state"],
            str(batch["people"]),
            batch["surplusesGco2e"],
            batch["deficitsGco2e"],
            f"{len(batch['verifiers'])} of {batch['threshold']}",
            f"{batch['minted']} of {batch['claims']}",
            batch["root"],
        )
    return table


def _fields_table(batch: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in batch.items():
        if value is not None:
            table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    return table


@app.command("list")
def list_batches(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only batches after the one with this id.")] = 0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Lists batches in order of planning, with the pool's totals in grams of CO2e."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, "/batches", limit=limit, after=after), as_json=as_json, render=_batches_table)


@app.command("show")
def show_batch(
    root: Annotated[str, typer.Argument(help="The batch's Merkle root: 0x and 64 hex digits.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Shows one batch: its totals, who signed it, what of it has minted."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/batches/{root}"), as_json=as_json, render=_fields_table)
