"""`tanyu market govern`: what governance decides of a class's market, from a terminal, with a reason anybody reads.

Every act can be tried first: it says field by field what was and what would be, and does nothing.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from backend.access.signed_in import signed_in_client
from backend.access.terminal import AsJson, failing_plainly
from backend.kernel.errors import InvalidInput
from backend.ledger.person_session import group
from backend.market.figures import base_units_in
from backend.market.phase import Phase
from backend.market.rule_words import rule_text
from backend.market.telling import table_of, tell
from backend.market.trading_day import Mode
from backend.market.words import Words

app, governor = group(
    "govern",
    "What governance decides of a class's market. Say who you are: `tanyu market govern --keystore KEY --password-file"
    " FILE ...`, or `--dev 1` on the local chain. Only the market's operator is heard; everybody may read.",
)

ClassRef = Annotated[str, typer.Argument(help="Credit class, such as CN-SC/2025/SIM, or its decimal id.")]
Why = Annotated[str, typer.Option("--why", help="The reason, in words that anybody may read.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and whether it may be done.")]


class TimeOfDayMalformed(InvalidInput):
    """Not a time of the day."""

    code = "market.time_of_day_malformed"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no time of the day; expected HH:MM or HH:MM:SS, UTC, 00:00 to 24:00", text=text)


def second_of_day(text: str) -> int:
    """Seconds after 00:00 of a time such as 14:30. Raises TimeOfDayMalformed."""
    found = re.fullmatch(r"([0-9]{2}):([0-5][0-9])(?::([0-5][0-9]))?", text)
    second = (
        sum(int(part or 0) * size for part, size in zip(found.groups(), (3600, 60, 1), strict=True)) if found else -1
    )
    if not 0 <= second <= 24 * 3600:
        raise TimeOfDayMalformed(text)
    return second


def _changes(done: Mapping[str, Any], words: Words) -> RenderableType:
    line = done["sequence"]
    head = words.says("governedTried") if line is None else words.says("governed", line=line)
    if not done["changes"]:
        return f"{head}\n{words.says('noChange')}"
    table = table_of(words, "field", "before", "after")
    for change in done["changes"]:
        field = change["field"]
        table.add_row(words.rule(field), *(rule_text(field, change[when], words) for when in ("before", "after")))
    return Group(head, table)


def _govern(class_ref: str, what: str, body: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
    with failing_plainly(as_json=as_json):
        with signed_in_client(governor.url, governor.key()) as client:
            path, tried = _path(class_ref, what), {"dryRun": "true"} if dry_run else {}
            done = client.request("PUT", path, params=tried, body=dict(body))
        tell(done, _changes, language=governor.language, as_json=as_json)


def _path(class_ref: str, what: str) -> str:
    return f"/market/{class_ref.replace('/', '~')}/{what}"


@app.command("rules")
def set_rules(
    class_ref: ClassRef,
    why: Why,
    *,
    mode: Annotated[Mode | None, typer.Option(help="How orders meet; pins the mode unless --earn.")] = None,
    pin: Annotated[
        bool | None,
        typer.Option("--pin/--earn", help="Keep the mode, or let the class earn and lose it by its spread."),
    ] = None,
    calls: Annotated[str | None, typer.Option(help="Times of the calls, UTC: 02:00,10:00; or none.")] = None,
    opens: Annotated[str | None, typer.Option(help="When trading begins, UTC.")] = None,
    closes: Annotated[str | None, typer.Option(help="When trading ends, UTC.")] = None,
    random_end_s: Annotated[int | None, typer.Option(help="Seconds in which a call's end is drawn.")] = None,
    collect_s: Annotated[int | None, typer.Option(help="Seconds that orders collect before a call.")] = None,
    pre_open_s: Annotated[int | None, typer.Option(help="Seconds before opening that orders may come in.")] = None,
    volatility_s: Annotated[int | None, typer.Option(help="Seconds of a volatility call.")] = None,
    tick: Annotated[str | None, typer.Option(help="Prices are multiples of this, such as 0.001 per kg.")] = None,
    lots_min: Annotated[int | None, typer.Option(help="The least kg of an order.")] = None,
    lots_max: Annotated[int | None, typer.Option(help="The most kg of an order.")] = None,
    lots_held_max: Annotated[int | None, typer.Option(help="The most kg an account may hold; 0: no limit.")] = None,
    resale_next_day: Annotated[
        bool | None, typer.Option("--resale-next-day/--resale-at-once", help="When what was bought may be sold.")
    ] = None,
    price_max: Annotated[str | None, typer.Option(help="The highest price per kg, such as 1000.")] = None,
    open_orders_max: Annotated[int | None, typer.Option(help="Open orders of an account.")] = None,
    band_bps: Annotated[int | None, typer.Option(help="The band around the reference price, basis points.")] = None,
    protection_bps: Annotated[int | None, typer.Option(help="How far a market order may go, basis points.")] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Gives a class other rules: those named change, the others stay."""
    with failing_plainly(as_json=as_json):
        given: dict[str, Any] = {
            "mode": mode and mode.value,
            "modePinned": pin if mode is None or pin is not None else True,
            "resaleNextDay": resale_next_day,
            "openOrdersMax": open_orders_max,
            "bandBps": band_bps,
            "protectionBps": protection_bps,
        }
        lots = {"lotsMin": lots_min, "lotsMax": lots_max}
        given |= {name: None if count is None else str(count) for name, count in lots.items()}
        given |= {"tick": _base_units(tick), "priceMax": _base_units(price_max)}
        day: dict[str, Any] = {
            "calls": None if calls is None else [second_of_day(one) for one in calls.split(",") if one != "none"],
            "opensS": None if opens is None else second_of_day(opens),
            "closesS": None if closes is None else second_of_day(closes),
            "randomEndS": random_end_s,
            "collectS": collect_s,
            "preOpenS": pre_open_s,
            "volatilityS": volatility_s,
        }
        with signed_in_client(governor.url, governor.key()) as client:
            rules = client.get(_path(class_ref, "rules"))["rules"]
            changed = rules | _named(given) | {"day": rules["day"] | _named(day), "why": why}
            if lots_held_max is not None:
                changed["lotsHeldMax"] = str(lots_held_max) if lots_held_max else None
            tried = {"dryRun": "true"} if dry_run else {}
            done = client.request("PUT", _path(class_ref, "rules"), params=tried, body=changed)
        tell(done, _changes, language=governor.language, as_json=as_json)


def _base_units(price: str | None) -> str | None:
    """A price as our JSON has it. Raises FigureInexact."""
    return None if price is None else str(base_units_in(price))


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was named on the command line."""
    return {name: value for name, value in given.items() if value is not None}


@app.command("reference")
def set_reference(
    class_ref: ClassRef,
    price: Annotated[str, typer.Argument(help="Per kg, in payment tokens, such as 0.08.")],
    why: Why,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Sets a class's reference price; the first one begins the price band."""
    with failing_plainly(as_json=as_json):
        body = {"pricePerKg": str(base_units_in(price)), "why": why}
    _govern(class_ref, "reference", body, dry_run=dry_run, as_json=as_json)


@app.command("stop")
def stop(
    class_ref: ClassRef,
    why: Why,
    *,
    cancel_only: Annotated[bool, typer.Option("--cancel-only", help="Orders may still shrink.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Halts a class: no new orders until it is told to go on; cancelling stays possible."""
    phase = Phase.CANCEL_ONLY if cancel_only else Phase.HALTED
    _govern(class_ref, "phase", {"phase": phase.value, "why": why}, dry_run=dry_run, as_json=as_json)


@app.command("resume")
def resume(class_ref: ClassRef, why: Why, *, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Lets a stopped class go on, through a call."""
    _govern(class_ref, "phase", {"why": why}, dry_run=dry_run, as_json=as_json)
