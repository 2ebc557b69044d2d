"""`tanyu market ticker`, `queue`, `auction`: a class at a glance, order by order, and what its next call would make."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.signed_in import Lang
from backend.access.terminal import AsJson, failing_plainly
from backend.market.commands import ClassRef, Url, read, second_text, shown_price
from backend.market.governed_commands import app
from backend.market.telling import table_of, tell
from backend.market.words import Words

__all__ = ["app"]


def _facts(title: str, facts: Iterator[tuple[str, str]]) -> Table:
    table = Table(title=title, show_header=False)
    for name, value in facts:
        table.add_row(name, value)
    return table


def _ticker_facts(found: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    for name in ("last", "bid", "ask", "high", "low"):
        price = found["lastPricePerKg" if name == "last" else f"{name}PerKg"]
        yield words.says(f"ticker.{name}"), shown_price(price)
    if found["lastAt"] is not None:
        yield words.says("ticker.lastAt"), second_text(found["lastAt"])
    yield words.says("ticker.volume"), words.says("volume", kg=found["volumeLots"], trades=found["trades"])


@app.command("ticker")
def show_ticker(class_ref: ClassRef, url: Url = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Shows a class at a glance: the last price, the best bid and ask, the last 24 hours."""

    def table(found: Mapping[str, Any], words: Words) -> Table:
        return _facts(f"{found['classCode']}, {words.column('price')}", _ticker_facts(found, words))

    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "ticker"), table, language=lang, as_json=as_json)


def _queue_table(queue: Mapping[str, Any], words: Words) -> Table:
    title = words.says("queue", code=queue["classCode"])
    table = table_of(words, "kgToBuy", "price", "kgToSell", "place", "order", title=title)
    for place in reversed(queue["asks"]):
        table.add_row("", shown_price(place["pricePerKg"]), place["lots"], str(place["place"]), str(place["sequence"]))
    table.add_section()
    for place in queue["bids"]:
        table.add_row(place["lots"], shown_price(place["pricePerKg"]), "", str(place["place"]), str(place["sequence"]))
    return table


@app.command("queue")
def show_queue(
    class_ref: ClassRef,
    count: Annotated[int, typer.Option(min=1, max=500, help="Orders of each side.")] = 20,
    *,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows a class's orders as they would be filled, the best next to the middle, each with its place at its price."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "queue", count=count), _queue_table, language=lang, as_json=as_json)


def _auction_facts(found: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    yield words.rule("phase"), words.value(found["phase"])
    yield words.column("price"), shown_price(found["pricePerKg"])
    yield words.says("auction.lots"), f"{found['lots']} kg"
    imbalance = int(found["imbalanceLots"])
    side = words.says("auction.more", side=words.value("buy" if imbalance > 0 else "sell")) if imbalance else ""
    yield words.says("auction.imbalance"), f"{abs(imbalance)} kg{side}"


@app.command("auction")
def show_auction(class_ref: ClassRef, url: Url = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Shows what an auction of a class would make now: one price, how much of it, and what would be left over."""

    def table(found: Mapping[str, Any], words: Words) -> Table:
        return _facts(str(found["classCode"]), _auction_facts(found, words))

    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "auction"), table, language=lang, as_json=as_json)
