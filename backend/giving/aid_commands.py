"""`tanyu aid`: applying for aid, opening and granting a round, vouching for somebody, registering who may vouch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.access.signed_in import DevIndex, Keystore, PasswordFile, client_at, key_of, require_fit_key
from backend.access.terminal import AsJson, failing_plainly
from backend.chain.class_id import parse_code
from backend.chain.keys import personal_sign, require_dev_chain
from backend.giving.aid import AidRule, batches_of
from backend.giving.aid_applying import application_body, application_path
from backend.giving.charity_sender import CharitySender, grant_message
from backend.giving.eligibility import eligibility_credential
from backend.giving.grant import Grant
from backend.giving.second_options import Ask, SecondDev, SecondKeystore, SecondPassword, WordOf
from backend.giving.second_word import ASKED_FOR, GRANT, AskedWord, WordFile
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.kernel.clock import SystemClock, iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.address import require_address
from backend.ledger.person_session import group

app, person = group(
    "aid",
    "Aid for deficits: apply with a body's credential; a charity opens rounds and grants. Say who you are with"
    " `--keystore KEY --password-file FILE`, or `--dev 10` on the local chain.",
)

RoundId = Annotated[int, typer.Argument(min=1, help="The round's number.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Says what would be done and does nothing.")]
Time = Annotated[datetime, typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="UTC, such as 2026-12-31T16:00:00Z.")]
Grams = Annotated[int, typer.Option(min=1, help="Grams of CO2e.")]


def _flat(round_: dict[str, Any]) -> dict[str, Any]:
    """A round without its digests, which are there to prove it."""
    return {name: value for name, value in round_.items() if name not in {"root", "blockHash", "drawSeed", "seed"}}


@app.command("rounds")
def list_rounds(*, as_json: AsJson = False) -> None:
    """Lists every aid round: its rule, what it gives at most, until when to apply. Needs no key."""
    person.look("/aid/rounds", as_json=as_json, shape=lambda rows: [_flat(row) for row in rows])


@app.command("bodies")
def list_bodies(*, as_json: AsJson = False) -> None:
    """Lists who may vouch that somebody needs aid, with the whole history. Needs no key."""
    person.look("/aid/bodies", as_json=as_json)


@app.command("apply")
def apply(
    round_id: RoundId,
    vintage: Annotated[int, typer.Argument(min=2000, max=2999, help="The year of your deficit.")],
    credential: Annotated[Path, typer.Option("--credential", help="The file with a body's credential for you.")],
    auditor: Annotated[str | None, typer.Option("--auditor", help="Who may read your application too.")] = None,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Applies to a round for a deficit of yours; nobody but the server sees it, nor any auditor you do not name."""
    with failing_plainly(as_json=as_json):
        body, path = application_body(credential, vintage, auditor), application_path(round_id)
    if dry_run:
        person.show({"wouldPostTo": path, "body": body | {"credential": str(credential)}}, as_json=as_json)
    else:
        person.ask("POST", path, as_json=as_json, body=body)


@app.command("mine")
def mine(round_id: RoundId, *, as_json: AsJson = False) -> None:
    """Shows your application to a round: the proof that it was in, your award, the grant that settled."""
    person.ask("GET", f"/aid/rounds/{round_id}/applications/mine", as_json=as_json)


@app.command("readable")
def readable(round_id: RoundId, *, as_json: AsJson = False) -> None:
    """As an auditor: the applications whose applicants let you read them; each of them sees that you did."""
    person.ask("GET", f"/aid/rounds/{round_id}/applications/readable", as_json=as_json)


@app.command("open")
def open_round(
    campaign_id: Annotated[int, typer.Argument(min=1, help="An aid campaign of yours.")],
    class_code: Annotated[str, typer.Argument(metavar="CLASS", help="The credits' class, such as CN-SC/2025/SIM.")],
    *,
    rule: Annotated[AidRule, typer.Option(help="equal: to all the same. lottery: to one after the other.")],
    pot: Grams,
    cap: Annotated[int, typer.Option(min=1, help="Grams of CO2e, most for one person.")],
    step: Annotated[int, typer.Option(min=1, help="Grams of CO2e; every grant is a multiple.")],
    opens: Time,
    closes: Time,
    least_people: Annotated[int, typer.Option(min=3, help="With fewer grants nothing is given.")] = 3,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As a charity: opens a round of an aid campaign of yours. Its terms never change."""
    with failing_plainly(as_json=as_json):
        body = {
            "classId": str(parse_code(class_code)),
            "rule": str(rule),
            "potGco2e": str(pot),
            "capGco2e": str(cap),
            "stepGco2e": str(step),
            "leastPeople": least_people,
            "opensAt": iso(opens.replace(tzinfo=UTC)),
            "closesAt": iso(closes.replace(tzinfo=UTC)),
        }
    path = f"/campaigns/{campaign_id}/aid-rounds"
    if dry_run:
        person.show({"wouldPostTo": path, "body": body}, as_json=as_json)
    else:
        person.ask("POST", path, as_json=as_json, body=body)


@app.command("grant")
def grant(
    round_id: RoundId,
    *,
    second_keystore: SecondKeystore = None,
    second_password_file: SecondPassword = None,
    second_dev: SecondDev = None,
    ask: Ask = None,
    word_file: WordOf = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As a charity: makes a round's grants on the chain, in batches of several people; again, only what is left."""
    with failing_plainly(as_json=as_json):
        key, contracts = person.key(), contracts_at(rpc, deployment)
        by_file = ask is not None or word_file is not None
        second = None if by_file else key_of(second_keystore, second_password_file, second_dev)
        if key.is_development or (second is not None and second.is_development):
            require_dev_chain(contracts.deployment.chain_id)
        with client_at(person.url) as client:
            require_fit_key(client, key)
            client.sign_in(key.signer)
            found = client.get(f"/aid/rounds/{round_id}")
            due = client.get(f"/aid/rounds/{round_id}/grants")
        class_id, campaign_id = parse_code(found["classCode"]), int(found["campaignId"])
        sender, now = CharitySender(contracts, key.signer), SystemClock().now()
        if word_file is not None:
            asked = WordFile.load(word_file, contracts.deployment)
            asked.require(GRANT, {"campaignId": campaign_id, "classId": class_id})
            acts: Sequence[AskedWord] = asked.acts
        else:
            grants = [Grant(bytes.fromhex(one["reference"][2:]), int(one["amountGco2e"])) for one in due]
            until = sender.deadline(now) if ask is None else unix_s(now + ASKED_FOR)
            acts = _asked(campaign_id, class_id, grants, until)
        if ask is not None:
            WordFile.ask(ask, contracts.deployment, acts)
        elif second is not None:
            acts = [act.signed(second.signer, contracts.deployment) for act in acts]
        words = [] if dry_run or ask is not None else [(act.grants, act.word(word_file)) for act in acts]
        sent = [to_hex(sender.grant(campaign_id, class_id, granted, word)) for granted, word in words]
        total = str(sum(one.amount_gco2e for act in acts for one in act.grants))
    count = sum(len(act.grants) for act in acts)
    shown: dict[str, object] = {"grants": count, "amountGco2e": total, "transactions": sent}
    person.show(shown | ({} if ask is None else {"file": str(ask)}), as_json=as_json)


def _asked(campaign_id: int, class_id: int, grants: Sequence[Grant], deadline: int) -> list[AskedWord]:
    """Grants in batches of several people, each batch to be signed by the second signer."""
    batches = [grants[part] for part in batches_of(len(grants))]
    return [
        AskedWord.of(GRANT, grant_message(campaign_id, class_id, batch), deadline, grants=batch) for batch in batches
    ]


@app.command("vouch", offline=True)
def vouch(
    account: Annotated[str, typer.Argument(help="The address of who needs aid.")],
    file: Annotated[Path, typer.Argument(help="Where to write the credential.")],
    *,
    chain_id: Annotated[int, typer.Option("--chain-id", min=1, help="The chain that the account is on.")] = 31337,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    as_json: AsJson = False,
) -> None:
    """As a body: writes a credential that says yes of an account for half a year, and nothing of why."""
    with failing_plainly(as_json=as_json):
        key = key_of(keystore, password_file, dev)
        if key.is_development:
            require_dev_chain(chain_id)
        require_address(account)
        text = eligibility_credential(key.signer, chain_id=chain_id, account=account, at=SystemClock().now())
        file.write_text(text + "\n", "ascii")
    person.show({"body": key.signer.address, "account": account, "file": str(file)}, as_json=as_json)


@app.command("register")
def register(
    body: Annotated[str, typer.Argument(help="The address of the body's key.")],
    name: Annotated[str, typer.Argument(help="What it is called.")],
    no_more: Annotated[bool, typer.Option("--no-more", help="It may not vouch any more.")] = False,
    *,
    as_json: AsJson = False,
) -> None:
    """As a registrar: says that a body may vouch for needs, or may not any more. All can read it."""
    with failing_plainly(as_json=as_json):
        key = person.key()
        require_address(body)
        with client_at(person.url) as client:
            require_fit_key(client, key)
            word = {
                "body": body,
                "name": name,
                "registrar": key.signer.address,
                "saidAt": str(client.post("/sessions/nonce")["issuedAt"]),
            }
            registered = not no_more
            asked = {**word, "registered": str(registered).lower()}
            text = client.get("/aid/bodies/text", **asked)["text"]
            signed = {"registered": registered, "signature": to_hex(personal_sign(key.signer, text))}
            found = client.post("/aid/bodies", {**word, **signed})
    person.show(found, as_json=as_json)
