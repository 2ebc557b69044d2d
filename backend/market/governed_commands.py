"""`tanyu market rules`, `spread`, `history`: what holds for a class's market, why, and what its spread earns it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.market.commands import ClassRef, Url, app, read, shown_price
from backend.market.figures import TOKEN
from backend.market.govern_commands import rule_text

__all__ = ["app"]


_UNITS = {
    "tick": "base units per kg",
    "priceMax": "base units per kg",
    "lotsMin": "kg",
    "lotsMax": "kg",
    "lotsHeldMax": "kg",
    "bandBps": "basis points",
    "protectionBps": "basis points",
    "collectS": "seconds",
    "randomEndS": "seconds",
    "volatilityS": "seconds",
    "preOpenS": "seconds",
    "opensS": "UTC",
    "closesS": "UTC",
    "calls": "UTC",
}
"""What a rule's number counts, where its name alone does not say it to a trader."""


def _rules(found: Mapping[str, Any]) -> RenderableType:
    reference, low, high = (shown_price(found[name]) for name in ("referencePerKg", "bandLowPerKg", "bandHighPerKg"))
    table = Table("rule", "value", "unit", title=f"{found['classCode']}, {found['phase']}")
    table.add_row("reference price", reference, f"{TOKEN.symbol} per kg")
    table.add_row("band", f"{low} to {high}", f"{TOKEN.symbol} per kg")
    table.add_row("next call", found["nextCall"] or "-", "")
    rules = {name: value for name, value in found["rules"].items() if name != "day"} | found["rules"]["day"]
    for name, value in rules.items():
        table.add_row(name, rule_text(name, value), _UNITS.get(name, ""))
    return table


@app.command("rules")
def show_rules(class_ref: ClassRef, url: Url = None, as_json: AsJson = False) -> None:
    """Shows the rules of a class, the phase it is in, its reference price and band."""
    with failing_plainly(as_json=as_json):
        emit(read(url, class_ref, "rules"), as_json=as_json, render=_rules)


def _spread(found: Mapping[str, Any]) -> RenderableType:
    rule = found["rule"]
    kept = "pinned by governance, so not measured" if found["modePinned"] else "earned by its spread"
    average = "too few days" if found["averageBps"] is None else f"{found['averageBps']} basis points"
    days = (*([found["today"]] if found["today"] else []), *found["days"])
    table = Table("day", "mode", "looked at", "average spread, basis points")
    for day in days:
        table.add_row(day["day"], day["mode"], f"{day['moments']} times", str(day["spreadBps"]))
    return Group(
        f"{found['classCode']}: mode {found['mode']}, {kept}",
        f"average of {rule['days']} trading days: {average}; up to {rule['narrowBps']} a step up, above "
        f"{rule['wideBps']} a step down",
        table if days else "no day was measured yet",
    )


@app.command("spread")
def show_spread(class_ref: ClassRef, url: Url = None, as_json: AsJson = False) -> None:
    """Shows what the spread of a class was day by day, and what it earns the class."""
    with failing_plainly(as_json=as_json):
        emit(read(url, class_ref, "spread"), as_json=as_json, render=_spread)


def _history(acts: list[Mapping[str, Any]]) -> RenderableType:
    table = Table("time", "line", "who", "why", "what")
    for act in acts:
        changes = (
            f"{change['field']}: {rule_text(change['field'], change['before'])} -> "
            f"{rule_text(change['field'], change['after'])}"
            for change in act["changes"]
        )
        table.add_row(act["at"], str(act["sequence"]), act["by"] or "earned", act["why"], "\n".join(changes))
    return table


@app.command("history")
def show_history(
    class_ref: ClassRef,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Shows who changed what of a class's rules, reference price and phase, and why; newest first."""
    with failing_plainly(as_json=as_json):
        emit(read(url, class_ref, "governance", limit=limit)["items"], as_json=as_json, render=_history)
