"""`tanyu retire`: receipts of a running Tanyu, read over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.storage.settings import Settings

retire = typer.Typer(
    name="retire", help="Receipts of what was retired, given, granted or refunded.", no_args_is_help=True
)

Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]
ReceiptId = Annotated[str, typer.Argument(help="<transaction hash>-<log index>, as a list or the chain shows it.")]


def _get(url: str | None, path: str, **params: int) -> Any:
    with ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}") as client:
        return client.get(path, **params)


def _fields_table(values: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in values.items():
        if value is not None:
            table.add_row(name, str(value))
    return table


@retire.callback()
def _retire() -> None:
    """Receipts of what was retired, given, granted or refunded."""


@retire.command("receipt")
def show_receipt(receipt_id: ReceiptId, url: Url = None, as_json: AsJson = False) -> None:
    """Shows a receipt: what was given or retired, where on the chain, and in plain words what that means."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/receipts/{receipt_id}"), as_json=as_json, render=_fields_table)
