"""`tanyu appeals`: what a person can do about its verifiers' decisions, signed in with its key."""

from typing import Annotated

import typer

from backend.access.terminal import AsJson
from backend.ledger.person_session import group

app, person = group(
    "appeals",
    "Your appeals against verifiers' decisions, their questions to you, corrections. Say who you are first:"
    " `tanyu appeals --keystore KEY --password-file FILE list`, or `--dev 10` on the local chain.",
)

Vintage = Annotated[int, typer.Argument(min=2000, max=2999, help="A calendar year.")]
Words = Annotated[str, typer.Option("--words", help="What you say.")]


@app.command("make")
def make(vintage: Vintage, words: Words, *, as_json: AsJson = False) -> None:
    """Appeals against the return or the reversal of your statement: another verifier decides."""
    person.ask("POST", f"/statements/{vintage}/appeal", as_json=as_json, body={"words": words})


@app.command("list")
def list_own(*, as_json: AsJson = False) -> None:
    """Lists your appeals and what became of them."""
    person.ask("GET", "/appeals", as_json=as_json)


@app.command("questions")
def questions(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Shows what a verifier asks about your statement."""
    person.ask("GET", f"/statements/{vintage}/questions", as_json=as_json)


@app.command("answer")
def answer(
    vintage: Vintage,
    question: Annotated[int, typer.Argument(help="The question's number.")],
    words: Words,
    *,
    as_json: AsJson = False,
) -> None:
    """Answers a verifier's question, once."""
    path = f"/statements/{vintage}/questions/{question}/answer"
    person.ask("POST", path, as_json=as_json, body={"words": words})


@app.command("inspection")
def inspection(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Asks that a verifier look at the documents behind a year's activities, before you close it."""
    person.ask("POST", f"/statements/{vintage}/inspection", as_json=as_json)


@app.command("inspections")
def inspections(vintage: Vintage, *, as_json: AsJson = False) -> None:
    """Shows the inspections that you asked for in a year, and what was seen."""
    person.ask("GET", f"/statements/{vintage}/inspections", as_json=as_json)


@app.command("corrections")
def corrections(*, as_json: AsJson = False) -> None:
    """Shows what was corrected in your attested statements, and what you owe or may expect for it."""
    person.ask("GET", "/corrections", as_json=as_json)
