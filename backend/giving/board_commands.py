"""`tanyu give board`: the leaderboards, and being on them or not."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from backend.access.terminal import AsJson
from backend.giving.give_commands import app, person

__all__ = ["app"]

board = app.group("board", "Who retired or gave most, of those who asked to be listed; joining them and leaving.")

Year = Annotated[int | None, typer.Option("--year", min=2000, max=2999, help="A calendar year, by UTC; ever.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many.")]


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    """The places as a table, and beneath it what the grams are not."""
    rows = [
        {name: one[name] for name in ("rank", "name", "amountGco2e")} | {"classCode": ", ".join(one["byClass"])}
        for one in found["standings"]
    ]
    return {"standings": rows, "words": [{"en": found["wordsEn"], "zh": found["wordsZh"]}]}


def _path(what: str, **params: int | None) -> str:
    return f"/leaderboards/{what}?" + "&".join(f"{name}={value}" for name, value in params.items() if value is not None)


@board.command("retired")
def retired(year: Year = None, limit: Limit = 20, *, as_json: AsJson = False) -> None:
    """Shows who retired most for good. Needs no key."""
    person.look(_path("retired", year=year, limit=limit), as_json=as_json, shape=_told)


@board.command("given")
def given(
    year: Year = None,
    campaign: Annotated[int | None, typer.Option("--campaign", min=1, help="To one campaign only.")] = None,
    limit: Limit = 20,
    *,
    as_json: AsJson = False,
) -> None:
    """Shows who gave most. Needs no key."""
    person.look(_path("given", year=year, campaign=campaign, limit=limit), as_json=as_json, shape=_told)


@board.command("join")
def join(
    name: Annotated[str, typer.Argument(help="What to be called there; your address does not stand beside it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Puts you on the leaderboards, or under another name. Sums are public on the chain: who compares can find you."""
    person.ask("PUT", "/leaderboards/my-name", as_json=as_json, body={"name": name})


@board.command("leave")
def leave(*, as_json: AsJson = False) -> None:
    """Takes you off the leaderboards, at once."""
    person.ask("DELETE", "/leaderboards/my-name", as_json=as_json)


@board.command("me")
def me(*, as_json: AsJson = False) -> None:
    """Shows whether you are on the leaderboards, and under which name."""
    person.ask("GET", "/leaderboards/my-name", as_json=as_json)
