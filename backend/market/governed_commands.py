"""`tanyu market rules`, `spread`, `history`: what holds for a class's market, why, and what its spread earns it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from backend.access.figures import percent_text
from backend.access.signed_in import Lang
from backend.access.terminal import AsJson, failing_plainly
from backend.market.commands import ClassRef, Url, app, read, second_text, shown_price
from backend.market.figures import TOKEN
from backend.market.rule_words import change_text, rule_text
from backend.market.telling import table_of, tell
from backend.market.words import Words

__all__ = ["app"]


def _rules(found: Mapping[str, Any], words: Words) -> RenderableType:
    reference, low, high = (shown_price(found[name]) for name in ("referencePerKg", "bandLowPerKg", "bandHighPerKg"))
    table = table_of(words, "rule", "value", title=f"{found['classCode']}, {words.value(found['phase'])}")
    if found["referencePerKg"] is not None:
        table.add_row(words.rule("reference"), words.says("perKgUnit", price=reference, token=TOKEN.symbol))
        table.add_row(words.rule("priceBand"), words.says("bandFromTo", low=low, high=high, token=TOKEN.symbol))
    else:
        table.add_row(words.rule("reference"), "-")
    table.add_row(words.rule("nextCall"), second_text(found["nextCall"]) if found["nextCall"] else "-")
    rules = {name: value for name, value in found["rules"].items() if name != "day"} | found["rules"]["day"]
    for name, value in rules.items():
        table.add_row(words.rule(name), rule_text(name, value, words))
    return table


@app.command("rules")
def show_rules(class_ref: ClassRef, url: Url = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Shows the rules of a class, the phase it is in, its reference price and band."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "rules"), _rules, language=lang, as_json=as_json)


def _spread(found: Mapping[str, Any], words: Words) -> RenderableType:
    rule, average = found["rule"], found["averageBps"]
    kept = words.says("pinned" if found["modePinned"] else "earned")
    days = (*([found["today"]] if found["today"] else []), *found["days"])
    table = table_of(words, "day", "mode", "lookedAt", "averageSpread")
    for day in days:
        times = words.says("times", count=day["moments"])
        table.add_row(day["day"], words.value(day["mode"]), times, percent_text(day["spreadBps"]))
    return Group(
        words.says("marketIs", code=found["classCode"], mode=words.value(found["mode"]), kept=kept),
        words.says(
            "averageOf",
            days=rule["days"],
            average=words.says("tooFewDays") if average is None else percent_text(average),
            narrow=percent_text(rule["narrowBps"]),
            wide=percent_text(rule["wideBps"]),
        ),
        table if days else words.says("noDay"),
    )


@app.command("spread")
def show_spread(class_ref: ClassRef, url: Url = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Shows what the spread of a class was day by day, and what it earns the class."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "spread"), _spread, language=lang, as_json=as_json)


def _history(acts: list[Mapping[str, Any]], words: Words) -> RenderableType:
    table = table_of(words, "time", "line", "who", "why", "what")
    for act in acts:
        changes = "\n".join(change_text(change, words) for change in act["changes"])
        who = act["by"] or words.says("earnedBy")
        table.add_row(second_text(act["at"]), str(act["sequence"]), who, Text(act["why"]), changes)
    return table


@app.command("history")
def show_history(
    class_ref: ClassRef,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    url: Url = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Shows who changed what of a class's rules, reference price and phase, and why; newest first."""
    with failing_plainly(as_json=as_json):
        tell(read(url, class_ref, "governance", limit=limit)["items"], _history, language=lang, as_json=as_json)
