"""`tanyu market`: the book and the tape of a running Tanyu, read over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.storage.settings import Settings

app = typer.Typer(
    name="market", help="The order book: who would trade at which price, and who did.", no_args_is_help=True
)

ClassRef = Annotated[str, typer.Argument(help="Credit class, such as CN-SC/2025/SIM, or its decimal id.")]
Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]


def _base(url: str | None) -> str:
    return url or f"http://127.0.0.1:{Settings.of_environment().port}"


def _get(url: str | None, class_ref: str, what: str, **params: int) -> Any:
    with ApiClient(_base(url)) as client:
        return client.get(f"/market/{class_ref.replace('/', '~')}/{what}", **params)


def _book_table(book: Mapping[str, Any]) -> Table:
    table = Table("kg to buy", "orders", "price per kg", "orders", "kg to sell", title=f"{book['classCode']}, book")
    for level in reversed(book["asks"]):
        table.add_row("", "", level["pricePerKg"], str(level["orders"]), level["lots"])
    table.add_section()
    for level in book["bids"]:
        table.add_row(level["lots"], str(level["orders"]), level["pricePerKg"], "", "")
    return table


def _trades_table(trades: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("time", "trade", "kg", "price per kg", "taker", "state")
    for trade in trades:
        table.add_row(
            trade["matchedAt"],
            str(trade["tradeId"]),
            trade["lots"],
            trade["pricePerKg"],
            trade["takerSide"],
            trade["state"],
        )
    return table


@app.command()
def book(
    class_ref: ClassRef,
    depth: Annotated[int, typer.Option(min=1, max=500, help="Price levels of each side.")] = 10,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Shows the price levels of a class: sells above, buys below. Prices in payment-token base units."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, class_ref, "book", depth=depth), as_json=as_json, render=_book_table)


@app.command()
def trades(
    class_ref: ClassRef,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Shows the latest trades of a class, newest first."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, class_ref, "trades", limit=limit), as_json=as_json, render=_trades_table)


def _grant(grant: Mapping[str, Any]) -> str:
    return f"{grant['amount']} base units of test money for {grant['account']}: {grant['state']}"


@app.command()
def faucet(
    account: Annotated[str, typer.Argument(help="The address that wants test money.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Asks for payment tokens of the local chain to try the market with, once a day."""
    with failing_plainly(as_json=as_json):
        with ApiClient(_base(url)) as client:
            found = client.post("/faucet", {"account": account})
        emit(found, as_json=as_json, render=_grant)
