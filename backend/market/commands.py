"""`tanyu market`: the book and the tape of a running Tanyu, read over HTTP."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.figures import percent_text
from backend.access.signed_in import Lang
from backend.access.terminal import AsJson, failing_plainly
from backend.kernel.clock import parse_iso
from backend.market.candle import Interval
from backend.market.figures import money_text, price_text
from backend.market.order import Side
from backend.market.stream_client import BookMirror, StreamClient, Update
from backend.market.telling import table_of, tell, words_for
from backend.market.words import Words
from backend.storage.settings import Settings

app = typer.Typer(
    name="market", help="The order book: who would trade at which price, and who did.", no_args_is_help=True
)

ClassRef = Annotated[str, typer.Argument(help="Credit class, such as CN-SC/2025/SIM, or its decimal id.")]
Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]


def read(url: str | None, class_ref: str, what: str, **params: int | str) -> Any:
    """What the server says of a class."""
    with ApiClient(_base_url(url)) as client:
        return client.get(f"/market/{class_ref.replace('/', '~')}/{what}", **params)


def _base_url(url: str | None) -> str:
    return url or f"http://127.0.0.1:{Settings.of_environment().port}"


def shown_price(base_units: str | None) -> str:
    """A price as an order names it, so that it can be typed into one."""
    return "-" if base_units is None else price_text(int(base_units))


def second_text(time: str) -> str:
    """A time of our JSON to the second, for a column that says UTC."""
    return f"{parse_iso(time):%Y-%m-%d %H:%M:%S}"


def _book_table(book: Mapping[str, Any], words: Words) -> Table:
    title = words.says("book", code=book["classCode"])
    table = table_of(words, "kgToBuy", "orders", "price", "orders", "kgToSell", title=title)
    for level in reversed(book["asks"]):
        table.add_row("", "", shown_price(level["pricePerKg"]), str(level["orders"]), level["lots"])
    table.add_section()
    for level in book["bids"]:
        table.add_row(level["lots"], str(level["orders"]), shown_price(level["pricePerKg"]), "", "")
    return table


def _trades_table(trades: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = table_of(words, "time", "trade", "kg", "price", "taker", "state")
    for trade in trades:
        table.add_row(
            second_text(trade["matchedAt"]),
            str(trade["tradeId"]),
            trade["lots"],
            shown_price(trade["pricePerKg"]),
            words.value(trade["takerSide"]),
            words.value(trade["state"]),
        )
    return table


def _classes_table(classes: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = table_of(words, "class", "kgOfAnOrder", "ticks", "fee")
    for one in classes:
        lots = words.says("fromTo", least=one["lotsMin"], most=one["lotsMax"])
        table.add_row(one["classCode"], lots, shown_price(one["tick"]), percent_text(int(one["feeBps"])))
    return table


@app.command("classes")
def list_classes(url: Url = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Lists every class with a market, and what an order for it must keep to; `rules` tells one whole."""
    with failing_plainly(as_json=as_json), ApiClient(_base_url(url)) as client:
        tell(client.get("/market/classes"), _classes_table, language=lang, as_json=as_json)


@app.command()
def book(
    class_ref: ClassRef,
    depth: Annotated[int, typer.Option(min=1, max=500, help="Price levels of each side.")] = 10,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows the price levels of a class: sells above, buys below. Prices in payment tokens; --json in base units."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "book", depth=depth), _book_table, language=lang, as_json=as_json)


@app.command()
def trades(
    class_ref: ClassRef,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows the latest trades of a class, newest first."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "trades", limit=limit)["items"], _trades_table, language=lang, as_json=as_json)


def _candles_table(candles: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = table_of(
        words, "since", "open", "high", "low", "close", "kg", "trades", "busted", title=words.column("price")
    )
    for candle in candles:
        prices = (shown_price(candle[f"{name}PerKg"]) for name in ("open", "high", "low", "close"))
        counts = (str(candle[name]) for name in ("volumeLots", "trades", "busted"))
        table.add_row(second_text(candle["start"]), *prices, *counts)
    return table


@app.command()
def candles(
    class_ref: ClassRef,
    interval: Annotated[Interval, typer.Option(help="How long a candle is.")] = Interval.HOUR,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 24,
    *,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows the candles of a class, newest first; one without prices is a time in which nothing was traded."""
    with failing_plainly(as_json=as_json):
        found = read(url, class_ref, "candles", interval=interval.value, limit=limit)["items"]
        tell(found, _candles_table, language=lang, as_json=as_json)


def _watched_line(update: Update, mirror: BookMirror, words: Words) -> str:
    """What happened, in a line for people."""
    if update.channel.startswith("book:"):
        best = [mirror.depth.best(side, 1) for side in (Side.BUY, Side.SELL)]
        bid, ask = (
            words.says("kgAt", kg=levels[0].lots, price=money_text(levels[0].price_per_kg))
            if levels
            else words.says("nobody")
            for levels in best
        )
        return words.says("bookLine", bid=bid, ask=ask)
    return "\n".join(_traded_line(told["event"], told["trade"], words) for told in update.data.get("events", ()))


def _traded_line(event: str, trade: Mapping[str, Any], words: Words) -> str:
    return words.says(
        "tapeLine",
        event=words.value(event),
        kg=trade["lots"],
        price=money_text(int(trade["pricePerKg"])),
        taker=words.value(trade["takerSide"]),
        trade=trade["tradeId"],
    )


@app.command()
def watch(
    class_ref: ClassRef,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many updates; else at Ctrl-C.")] = None,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows a class's best prices and trades as they happen, coming back after a cut; with --json one update a line."""
    with failing_plainly(as_json=as_json):
        code = class_ref.replace("~", "/")
        client = StreamClient(_base_url(url), [f"book:{code}", f"trades:{code}"])
        mirror, words = BookMirror(), words_for(lang)
        for update in islice(client.updates(), count):
            if update.channel.startswith("book:") and not mirror.apply(update):
                client.again(update.channel)
            elif as_json:
                typer.echo(json.dumps(asdict(update), ensure_ascii=False))
            elif line := _watched_line(update, mirror, words):
                typer.echo(line)


def _grant(grant: Mapping[str, Any], words: Words) -> str:
    figures = {"money": money_text(int(grant["amount"])), "account": grant["account"]}
    said = words.says("granted", **figures, state=words.value(grant["state"]))
    return said if grant["isNew"] else f"{said}\n{words.says('onceADay', asked=grant['askedAt'], next=grant['nextAt'])}"


@app.command()
def faucet(
    account: Annotated[str, typer.Argument(help="The address that wants test money.")],
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Asks for payment tokens of the local chain to try the market with, once a day."""
    with failing_plainly(as_json=as_json):
        with ApiClient(_base_url(url)) as client:
            found = client.post("/faucet", {"account": account})
        tell(found, _grant, language=lang, as_json=as_json)
