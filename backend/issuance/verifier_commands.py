"""`tanyu verifier`: a verifier's work, in a process of its own with a keystore of its own, against a running Tanyu."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.client import ApiClient
from backend.access.signed_in import client_at, signed_in_client
from backend.access.terminal import EXIT_FINDING, AsJson, failing_plainly
from backend.chain.keys import personal_sign
from backend.chain.rpc import connect
from backend.chain.typed_data import Domain
from backend.issuance.commands import root_of
from backend.issuance.draw import commitment_of, commitment_text
from backend.issuance.draw_list import draw_list_of
from backend.issuance.draw_record import require_over, wrong_on_chain, wrong_with
from backend.issuance.drawing import DrawNotNow
from backend.issuance.reauditing import Outcome
from backend.issuance.verifier_check import ShownUnsound, attestation_of_document, batch_signature, secret_of
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import InvalidInput
from backend.ledger.person_session import group

app, verifier = group(
    "verifier",
    "A verifier's work. Say who you are first: `tanyu verifier --keystore KEY --password-file FILE queue`, or `--dev 4`"
    " on the local chain. The key stays in this process.",
)

Digest = Annotated[str, typer.Argument(help="The statement's digest: 0x and 64 hex digits.")]
Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day on which the draw was opened.")]
Inspection = Annotated[int, typer.Argument(help="The inspection's number.")]
Reasons = Annotated[str, typer.Option("--reasons", help="Why, in words.")]


NOTHING_WAITS = {
    "name": "nothing_waits",
    "en": "Nothing waits for you. Work comes when a person hands a year in, a draw chooses one, or somebody appeals.",
    "zh": "暂无待办。有人提交年度账单、抽查抽中或有人申诉时，工作会指派给您。",
}


class RecordUnreadable(InvalidInput):
    """No draw's record there."""

    code = "draw.record_unreadable"

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} is no draw's record in JSON", source=source)


def _domain(client: ApiClient) -> Domain:
    """The domain of Issuance, in which verifiers sign."""
    found = next(one["domain"] for one in client.get("/signing")["messages"] if one["primaryType"] == "Batch")
    return Domain(found["name"], found["version"], found["chainId"], found["verifyingContract"])


def _waiting(found: list[Any]) -> list[Any] | dict[str, Any]:
    return found or {"notes": [NOTHING_WAITS]}


@app.command()
def queue(*, as_json: AsJson = False) -> None:
    """Lists what waits for you: appeals, re-audits, statements to attest."""
    verifier.ask("GET", "/verification/queue", as_json=as_json, shape=_waiting)


@app.command()
def inspections(*, as_json: AsJson = False) -> None:
    """Lists inspections of documents that wait for you."""
    verifier.ask("GET", "/verification/inspections", as_json=as_json, shape=_waiting)


@app.command("show-inspection")
def show_inspection(inspection: Inspection, *, as_json: AsJson = False) -> None:
    """Shows a year's activities and where the documents behind them are."""
    verifier.ask("GET", f"/verification/inspections/{inspection}", as_json=as_json)


@app.command("inspect")
def inspect(
    inspection: Inspection,
    words: Annotated[str, typer.Option("--words", help="What you have seen.")],
    documented: Annotated[
        list[int] | None, typer.Option("--activity", help="An activity whose document agrees.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Says which activities' documents you have seen and found to agree."""
    body = {"documented": documented or [], "words": words}
    verifier.ask("POST", f"/verification/inspections/{inspection}/decision", as_json=as_json, body=body)


@app.command()
def show(digest: Digest, *, as_json: AsJson = False) -> None:
    """Shows one statement of your queue: findings, evidence, questions, its document."""
    verifier.ask("GET", f"/verification/statements/{digest}", as_json=as_json)


@app.command()
def attest(
    digest: Digest,
    accept: Annotated[list[str] | None, typer.Option("--accept", help="A rule whose findings are harmless.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Checks a statement's document, signs what it says, and hands the signature in."""
    with failing_plainly(as_json=as_json):
        key = verifier.key()
        with signed_in_client(verifier.url, key) as client:
            path = f"/verification/statements/{digest}"
            shown = client.get(path)
            attestation = attestation_of_document(
                canonical_json(shown["document"]).decode(),
                root_of(digest),
                _domain(client),
                key.signer,
                rule_version=shown["ruleVersion"],
                accepted=accept or [],
                at=SystemClock().now(),
            )
            body = {
                "ruleVersion": attestation.rule_version,
                "attestedAt": str(unix_s(attestation.attested_at)),
                "accepted": list(attestation.accepted),
                "signature": to_hex(attestation.signature),
            }
            found = client.post(f"{path}/attestation", body)
        verifier.show(found, as_json=as_json)


@app.command("return")
def return_back(
    digest: Digest,
    reason: Annotated[list[str], typer.Option("--reason", help="One reason; give it again for more.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Sends a statement back to the person, with your reasons."""
    verifier.ask("POST", f"/verification/statements/{digest}/return", as_json=as_json, body={"reasons": reason})


@app.command()
def ask(
    digest: Digest, words: Annotated[str, typer.Option("--words", help="The question.")], *, as_json: AsJson = False
) -> None:
    """Asks the person about a statement before you decide."""
    verifier.ask("POST", f"/verification/statements/{digest}/questions", as_json=as_json, body={"words": words})


def _paged(client: ApiClient, path: str) -> dict[str, Any]:
    """A batch as it is shown, its statements page by page as they are asked for."""
    first = client.get(path)

    def statements() -> Iterator[Any]:
        page = first["statements"]
        while page:
            yield from page
            page = client.get(path, after=page[-1]["id"])["statements"]

    return {"message": first["message"], "statements": statements()}


@app.command("approve-batch")
def approve_batch(
    root: Annotated[str, typer.Argument(help="The batch's Merkle root: 0x and 64 hex digits.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Works a batch out again from its statements, then signs it if it is what was shown."""
    with failing_plainly(as_json=as_json):
        key = verifier.key()
        with signed_in_client(verifier.url, key) as client:
            path = f"/verification/batches/{root}"
            terms = client.get("/verification/accreditations")
            signature = batch_signature(
                _paged(client, path),
                _domain(client),
                key.signer,
                root=root_of(root),
                attesters={one["verifier"] for one in terms if one["revokedAt"] is None},
                now=SystemClock().now(),
            )
            found = client.post(f"{path}/approval", {"signature": to_hex(signature)})
        verifier.show(found, as_json=as_json)


def _draw_path(day: datetime) -> str:
    return f"/verification/draws/{day.date().isoformat()}"


@app.command()
def commit(day: Day, *, as_json: AsJson = False) -> None:
    """Commits you to a secret for a draw; your key makes the same secret again when it is revealed."""
    with failing_plainly(as_json=as_json):
        key = verifier.key()
        with signed_in_client(verifier.url, key) as client:
            listed = draw_list_of(client.get(_draw_path(day))["listed"])
            own = key.signer.address
            commitment = commitment_of(listed.digest, own, secret_of(listed, key.signer))
            signature = personal_sign(key.signer, commitment_text(listed, own, commitment))
            body = {"commitment": to_hex(commitment), "signature": to_hex(signature)}
            found = client.post(f"{_draw_path(day)}/commitment", body)
        verifier.show(found, as_json=as_json)


@app.command()
def reveal(
    day: Day,
    rpc: Annotated[
        str | None, typer.Option("--rpc", help="A node of your own, asked for the list and the block.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Reveals your secret for a draw, once the block that it names is there; before that it is not even sent."""
    with failing_plainly(as_json=as_json):
        key = verifier.key()
        with signed_in_client(verifier.url, key) as client:
            shown = client.get(_draw_path(day))
            listed = draw_list_of(shown["listed"])
            if shown["blockHash"] is None:
                raise DrawNotNow(listed.day, "reveal", "the named block is not there yet; nothing was sent")
            wrong = wrong_on_chain(shown, connect(rpc)) if rpc else []
            if wrong:
                raise ShownUnsound("the draw's record", wrong)
            secret = secret_of(listed, key.signer)
            found = client.post(f"{_draw_path(day)}/reveal", {"secret": to_hex(secret)})
        verifier.show(found, as_json=as_json)


@app.command()
def reaudit(
    digest: Digest,
    outcome: Annotated[Outcome, typer.Option("--outcome", help="What you found.")],
    reasons: Reasons,
    amount: Annotated[int, typer.Option("--amount", min=0, help="By how many grams of CO2e.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Records what your second look at a drawn statement found."""
    body = {"outcome": outcome, "amountGco2e": str(amount), "reasons": reasons}
    verifier.ask("POST", f"/verification/statements/{digest}/reaudit", as_json=as_json, body=body)


@app.command("decide-appeal")
def decide_appeal(
    appeal: Annotated[int, typer.Argument(help="The appeal's number, from your queue.")],
    reasons: Reasons,
    *,
    granted: Annotated[bool, typer.Option("--grant/--dismiss", help="Whether the person is right.")],
    as_json: AsJson = False,
) -> None:
    """Decides an appeal against another verifier's decision."""
    body = {"granted": granted, "reasons": reasons}
    verifier.ask("POST", f"/verification/appeals/{appeal}/decision", as_json=as_json, body=body)


def _record(source: str) -> Any:
    if source.startswith(("http://", "https://")):
        base, _, path = source.partition("/verification/")
        with client_at(base) as client:
            return client.get(f"/verification/{path}")
    try:
        return json.loads(Path(source).read_text("utf-8"))
    except (OSError, ValueError) as failure:
        raise RecordUnreadable(source) from failure


@app.command("verify-draw", offline=True)
def verify_draw(
    source: Annotated[str, typer.Argument(help="A draw's record: a file, or its address at a server.")],
    rpc: Annotated[str | None, typer.Option("--rpc", help="A node to ask for the anchored list and the block.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Draws again from a draw's public record, offline, for anybody; exits 1 if anything is otherwise, or if the draw
    is not over.
    """
    with failing_plainly(as_json=as_json):
        record = _record(source)
        if not isinstance(record, dict):
            raise RecordUnreadable(source)
        findings = wrong_with(record)
        if rpc and not findings:
            findings += wrong_on_chain(record, connect(rpc))
        if not findings:
            require_over(record)
        drawn = [one["statement"] for one in record.get("drawn", [])]
    verifier.show({"findings": findings, "drawn": drawn}, as_json=as_json)
    if findings:
        raise typer.Exit(EXIT_FINDING)
