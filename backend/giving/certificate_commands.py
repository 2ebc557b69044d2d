"""`tanyu retire`: what was retired, its certificates, and whether a file is one."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.client import ApiClient
from backend.access.language import Language, terminal_language
from backend.access.new_file import new_file
from backend.access.signed_in import client_at
from backend.access.terminal import EXIT_FINDING, AsJson, failing_plainly
from backend.giving.certificate_routes import PDF, PDF_BYTES_MAX
from backend.giving.certifier import Verdict
from backend.giving.kept_words import kept_words, wire_of
from backend.giving.relay_words import why_told
from backend.giving.retire_commands import app, person
from backend.kernel.digest import sha256, to_hex
from backend.kernel.errors import InvalidInput

__all__ = ["app"]

DeedId = Annotated[
    str, typer.Argument(metavar="ID", help="<transaction hash>-<log index>, as lists and certificates show it.")
]
Kept = Annotated[Path | None, typer.Option("--kept", help="The file of words and salt that `make --keep` wrote.")]
PaperLanguage = Annotated[Language, typer.Option("--in", help="en or zh: the language of the certificate.")]


class FileUnreadable(InvalidInput):
    """No file to verify, or one too large to be a certificate."""

    code = "certificate.file_unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read {path}: {why}", file=str(path))


def _running(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Retirements, the latest first, with what they come to from the oldest of them on."""
    sums, total = [], 0
    for row in reversed(rows):
        total += int(row["amountGco2e"])
        listed = {name: row[name] for name in _LISTED}
        sums.append(listed | {"runningGco2e": str(total), "final": row["final"]})
    return sums[::-1]


_LISTED = ("at", "classCode", "amountGco2e", "purpose", "receiptId")


@app.command("list")
def list_retirements(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50, *, as_json: AsJson = False
) -> None:
    """Lists what you retired and what was retired for you, newest first, with the running sum of the list."""
    person.ask("GET", "/retirements", as_json=as_json, params={"limit": limit}, shape=_running)


@app.command("balance")
def balance(*, as_json: AsJson = False) -> None:
    """Shows what was retired for you in all, by class; on the chain it never moves again."""
    person.ask("GET", "/retired", as_json=as_json)


@app.command("acts")
def acts(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20, *, as_json: AsJson = False
) -> None:
    """Lists your signed acts on their way to the chain, newest first, and where each stands."""
    person.ask("GET", "/relays", as_json=as_json, params={"limit": limit}, shape=_acted)


def _acted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Acts with what matters first: their numbers are for programs."""
    return [
        {
            **{name: row[name] for name in ("createdAt", "kind", "state")},
            "amountGco2e": row["amountGco2e"] if row["classId"] else None,
            "txHash": row["txHash"],
            "reason": why_told(row, terminal_language(person.language, os.environ)),
        }
        for row in rows
    ]


@app.command("show")
def show(deed: DeedId, kept: Kept = None, *, as_json: AsJson = False) -> None:
    """Shows a retirement, donation or grant as the chain has it now, with the words of it if you kept them."""
    with failing_plainly(as_json=as_json):
        with client_at(person.url) as client:
            path = f"/certificates/{deed}"
            found = client.get(path) if kept is None else client.post(f"{path}/dedication", wire_of(kept_words(kept)))
        person.show(found, as_json=as_json, shape=_in_one_language)


@app.command("receipt")
def receipt(deed: DeedId, *, as_json: AsJson = False) -> None:
    """Shows a receipt by the server's index: what happened and in plain words what that means."""
    person.look(f"/receipts/{deed}", as_json=as_json, shape=_in_one_language)


def _in_one_language(found: dict[str, Any]) -> dict[str, Any]:
    """The sentences that come in both languages in the reader's."""
    end = "Zh" if terminal_language(person.language, os.environ) == "zh" else "En"
    return {name: value for name, value in found.items() if name[-2:] not in {"En", "Zh"} or name.endswith(end)}


@app.command("certificate")
def certificate(
    deed: DeedId,
    file: Annotated[Path, typer.Argument(help="A new PDF file.")],
    kept: Kept = None,
    language: PaperLanguage = "en",
    *,
    as_json: AsJson = False,
) -> None:
    """Saves the certificate of a final retirement, donation or grant: A4, to print; the same to the byte each time."""
    with failing_plainly(as_json=as_json):
        dedication = None if kept is None else wire_of(kept_words(kept))
        with client_at(person.url) as client, new_file(file) as out:
            pdf = client.file(f"/certificates/{deed}/pdf", {"language": language, "dedication": dedication})
            out.write(pdf)
        found = {"file": str(file), "bytes": str(len(pdf)), "sha256": to_hex(sha256(pdf))}
        person.show(found, as_json=as_json)


@app.command("verify")
def verify(file: Annotated[Path, typer.Argument(help="A certificate as PDF.")], *, as_json: AsJson = False) -> None:
    """Tells whether a file is a certificate: made again from the chain and compared to the byte. Exit 1 if not."""
    with failing_plainly(as_json=as_json):
        with client_at(person.url) as client:
            found = _compared(client, file)
        person.show(found, as_json=as_json, shape=_checked)
    if found["verdict"] == Verdict.ALTERED:
        raise typer.Exit(EXIT_FINDING)


def _checked(found: dict[str, Any]) -> dict[str, Any]:
    """A verdict with its words said once, and what the chain has in the reader's language."""
    deed = {name: value for name, value in found["deed"].items() if name != "words"}
    return found | {"deed": _in_one_language(deed)}


def _compared(client: ApiClient, file: Path) -> Any:
    """The server's verdict on a file. Raises FileUnreadable."""
    try:
        content = file.read_bytes()
    except OSError as failure:
        raise FileUnreadable(file, failure.strerror or type(failure).__name__) from failure
    if len(content) > PDF_BYTES_MAX:
        raise FileUnreadable(file, f"it has more than {PDF_BYTES_MAX} bytes")
    return client.send("/certificates/check", [content], PDF, params={})
