"""`tanyu verification`: draws and terms for everybody; opening draws for the operator; terms and reversals for the
registrar, whose key stays in this process.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from backend.access.signed_in import client_at, require_fit_key
from backend.access.terminal import AsJson, failing_plainly, to_json
from backend.chain.deployment import Deployment
from backend.chain.keys import personal_sign
from backend.issuance.accreditation import grant_text
from backend.issuance.chain_options import DeploymentFile, Rpc, contracts_at
from backend.issuance.draw_list import day_number
from backend.issuance.drawing import conclude, open_draw
from backend.issuance.registrar_desk import RegistrarDesk
from backend.issuance.reversal import Reversal
from backend.issuance.verification_routes import draw_out
from backend.issuance.verification_rules import shipped_rules
from backend.kernel.clock import SystemClock, from_unix_s, iso, parse_iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.person_session import group
from backend.storage.database import Database
from backend.storage.settings import Settings

app, registrar = group(
    "verification",
    "Draws of statements to audit again, verifiers' terms, reversals. What the registrar signs takes its key.",
)

Seconds = Annotated[int | None, typer.Option(min=1, help="Other than by the rules: seconds from opening.")]


@contextmanager
def _own_database() -> Iterator[Database]:
    database = Database.of(Settings.of_environment())
    try:
        yield database
    finally:
        database.close()


def _seconds(given: int | None, otherwise: timedelta) -> timedelta:
    return otherwise if given is None else timedelta(seconds=given)


@app.command("open-draw", offline=True)
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
    registrar.show(to_json(found), as_json=as_json)


@app.command("conclude-draw", offline=True)
def conclude_a_draw(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day on which it was opened.")],
    *,
    as_json: AsJson = False,
) -> None:
    """For the operator: ends a draw whose time to reveal is over, with the secrets that were shown."""
    with failing_plainly(as_json=as_json), _own_database() as database, database.write() as session:
        found = draw_out(session, conclude(session, day_number(day.date()), SystemClock().now()))
    registrar.show(to_json(found), as_json=as_json)


@app.command("draws")
def list_draws(*, as_json: AsJson = False) -> None:
    """Lists every draw with its seed and how many statements it chose."""
    registrar.look("/verification/draws", as_json=as_json)


@app.command("accreditations")
def list_accreditations(*, as_json: AsJson = False) -> None:
    """Lists who verifies: since when, until when, and who granted the term."""
    registrar.look("/verification/accreditations", as_json=as_json)


@app.command("accredit")
def accredit(
    verifier: Annotated[str, typer.Argument(help="The verifier's address.")],
    until: Annotated[str, typer.Option("--until", help="When the term ends: ISO-8601, such as 2027-12-31T00:00:00Z.")],
    *,
    as_json: AsJson = False,
) -> None:
    """For the registrar: signs until when a verifier is accredited."""
    with failing_plainly(as_json=as_json):
        key = registrar.key()
        with client_at(registrar.url) as client:
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
        registrar.show(found, as_json=as_json)


def _signing_deployment(told: Mapping[str, Any]) -> Deployment:
    return Deployment(told["chainId"], told["genesisHash"], 0, told["contracts"], {})


@app.command("reverse")
def reverse(*, rpc: Rpc = None, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """For the registrar: records on the chain what re-audits found to be minted wrongly; the buffer then cancels it."""
    with failing_plainly(as_json=as_json):
        key, contracts = registrar.key(), contracts_at(rpc, deployment)
        with client_at(registrar.url) as client:
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
        registrar.show({"recorded": [to_hex(one) for one in sent]}, as_json=as_json)
