"""`tanyu verification`: draws and terms for everybody; opening draws for the operator; terms and reversals for the
registrar, whose key stays in this process.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from backend.access.signed_in import (
    DevIndex,
    Keystore,
    PasswordFile,
    Url,
    client_at,
    key_of,
    require_fit_key,
)
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.chain.deployment import Deployment
from backend.chain.keys import personal_sign
from backend.issuance.accreditation import grant_text
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.issuance.draw_list import day_number
from backend.issuance.drawing import conclude, open_draw
from backend.issuance.registrar_desk import RegistrarDesk
from backend.issuance.reversal import Reversal
from backend.issuance.verification_routes import DrawOut, draw_out
from backend.issuance.verification_rules import shipped_rules
from backend.kernel.clock import SystemClock, from_unix_s, iso, parse_iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.person_session import render
from backend.storage.database import Database
from backend.storage.settings import Settings

app = typer.Typer(
    name="verification", help="Draws of statements to audit again, verifiers' terms, reversals.", no_args_is_help=True
)

Seconds = Annotated[int | None, typer.Option(min=1, help="Other than by the rules: seconds from opening.")]


@contextmanager
def _own_database() -> Iterator[Database]:
    database = Database.of(Settings.of_environment())
    try:
        yield database
    finally:
        database.close()


def _draw_fields(draw: DrawOut) -> Any:
    return render(draw.model_dump(mode="json", by_alias=True))


def _seconds(given: int | None, otherwise: timedelta) -> timedelta:
    return otherwise if given is None else timedelta(seconds=given)


@app.command("open-draw")
def open_a_draw(
    commit_s: Seconds = None,
    block_after_s: Seconds = None,
    reveal_s: Seconds = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """For the operator: lists what may be drawn and has the list anchored; then verifiers commit."""
    with failing_plainly(as_json=as_json), _own_database() as database:
        rules = shipped_rules().draw
        times = replace(
            rules,
            commit_for=_seconds(commit_s, rules.commit_for),
            block_after=_seconds(block_after_s, rules.block_after),
            reveal_until=_seconds(reveal_s, rules.reveal_until),
        )
        contracts = contracts_at(rpc, deployment)
        with database.write() as session:
            row = open_draw(session, contracts, SystemClock().now(), times=times)
            found = draw_out(session, row)
    emit(found, as_json=as_json, render=_draw_fields)


@app.command("conclude-draw")
def conclude_a_draw(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day on which it was opened.")],
    *,
    as_json: AsJson = False,
) -> None:
    """For the operator: ends a draw whose time to reveal is over, with the secrets that were shown."""
    with failing_plainly(as_json=as_json), _own_database() as database, database.write() as session:
        found = draw_out(session, conclude(session, day_number(day.date()), SystemClock().now()))
    emit(found, as_json=as_json, render=_draw_fields)


@app.command("draws")
def list_draws(url: Url = None, *, as_json: AsJson = False) -> None:
    """Lists every draw with its seed and how many statements it chose."""
    with failing_plainly(as_json=as_json):
        with client_at(url) as client:
            found = client.get("/verification/draws")
        emit(found, as_json=as_json, render=render)


@app.command("accreditations")
def list_accreditations(url: Url = None, *, as_json: AsJson = False) -> None:
    """Lists who verifies: since when, until when, and who granted the term."""
    with failing_plainly(as_json=as_json):
        with client_at(url) as client:
            found = client.get("/verification/accreditations")
        emit(found, as_json=as_json, render=render)


@app.command("accredit")
def accredit(
    verifier: Annotated[str, typer.Argument(help="The verifier's address.")],
    until: Annotated[str, typer.Option("--until", help="When the term ends: ISO-8601, such as 2027-12-31T00:00:00Z.")],
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """For the registrar: signs until when a verifier is accredited."""
    with failing_plainly(as_json=as_json):
        key = key_of(keystore, password_file, dev)
        with client_at(url) as client:
            require_fit_key(client, key)
            own, now = key.signer.address, from_unix_s(unix_s(SystemClock().now()))
            text = grant_text(
                _signing_deployment(client.get("/signing")),
                verifier=verifier,
                granted_by=own,
                granted_at=now,
                until=parse_iso(until),
            )
            body = {
                "verifier": verifier,
                "grantedBy": own,
                "grantedAt": iso(now),
                "until": iso(parse_iso(until)),
                "signature": to_hex(personal_sign(key.signer, text)),
            }
            found = client.post("/verification/accreditations", body)
        emit(found, as_json=as_json, render=render)


def _signing_deployment(told: Mapping[str, Any]) -> Deployment:
    return Deployment(told["chainId"], told["genesisHash"], 0, told["contracts"], {})


@app.command("reverse")
def reverse(
    *,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dev: DevIndex = None,
    url: Url = None,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    as_json: AsJson = False,
) -> None:
    """For the registrar: records on the chain what re-audits found to be minted wrongly; the buffer then cancels it."""
    with failing_plainly(as_json=as_json):
        key, contracts = key_of(keystore, password_file, dev), contracts_at(rpc, deployment)
        with client_at(url) as client:
            require_fit_key(client, key)
            told = client.get("/verification/reversals")
        due = [
            Reversal(
                reference=bytes.fromhex(one["reference"][2:]),
                class_id=int(one["classId"]),
                amount_gco2e=int(one["amountGco2e"]),
                recorded=one["recorded"],
            )
            for one in told
            if not one["recorded"]
        ]
        contracts.deployment.check(contracts.w3)
        sent = RegistrarDesk(contracts, key.signer, SystemClock()).record(due)
        emit({"recorded": [to_hex(one) for one in sent]}, as_json=as_json, render=render)
