"""The `tanyu` command: runs Tanyu, and asks a running one. Every command takes --json and exits 0, 1 or 2."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from backend.access.client import ApiClient
from backend.access.terminal import EXIT_FINDING, AsJson, emit, failing_plainly
from backend.api.journal_command import journal
from backend.api.rooms import projections
from backend.api.sample.cast import cast_of_the_year
from backend.api.serve import confirmations_of
from backend.api.serve import serve as serve_forever
from backend.api.signing import SigningOut, signing_of
from backend.api.up import Supervisor
from backend.audit.commands import app as audit
from backend.chain.artifacts import ARTIFACTS
from backend.chain.compile import compile_contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DEV_MNEMONIC, require_dev_chain
from backend.chain.rpc import LOCAL_CHAIN_ID, connect
from backend.footprint.commands import app as factors
from backend.footprint.estimate_commands import app as footprint
from backend.giving.aid_commands import app as aid
from backend.giving.board_commands import app as give
from backend.giving.certificate_commands import app as retire
from backend.giving.listing_commands import app as campaign
from backend.giving.owing_commands import me
from backend.issuance.appeal_commands import app as appeals
from backend.issuance.class_commands import app as batch
from backend.issuance.statement_commands import statement
from backend.issuance.term_commands import app as verification
from backend.issuance.verifier_commands import app as verifier
from backend.ledger.activity_commands import app as activities
from backend.ledger.city_commands import app as city
from backend.ledger.policy_commands import app as policy
from backend.link.indexer import Indexer
from backend.link.reconcile import Finding
from backend.link.reconcile import reconcile as differences
from backend.market.govern_commands import app as govern
from backend.market.standing_commands import app as market
from backend.market.trade_plan_commands import app as trade
from backend.settlement.fee import FeeProjection
from backend.storage.database import Database
from backend.storage.migrate import head_revision
from backend.storage.migrate import migrate as migrate_database
from backend.storage.settings import Settings

app = typer.Typer(
    name="tanyu",
    help="Tanyu 碳余: a personal carbon ledger and marketplace. `tanyu up` (or scripts/run) starts everything.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
market.command()(journal)
market.add_typer(govern)
for room in (
    factors,
    footprint,
    policy,
    me,
    activities,
    statement,
    city,
    appeals,
    batch,
    verifier,
    verification,
    market,
    trade,
    give,
    campaign,
    aid,
    retire,
    audit,
):
    app.add_typer(room)


def _sentence(values: dict[str, Any]) -> RenderableType:
    return str(values["says"])


@app.command()
def up(
    *,
    sample: Annotated[bool, typer.Option(help="Play the sample year on first start (local chain only).")] = True,
    as_json: AsJson = False,
) -> None:
    """Starts the local chain, contracts, database, sample year and server; runs until Ctrl-C."""
    with failing_plainly(as_json=as_json):
        Supervisor(Settings.of_environment(), Console(stderr=as_json), sample=sample).run()


@app.command()
def serve(*, as_json: AsJson = False) -> None:
    """Serves API and market on 127.0.0.1 against a chain that already runs; `tanyu up` starts this for you."""
    with failing_plainly(as_json=as_json):
        serve_forever(Settings.of_environment())


@app.command("compile")
def compile_command(*, as_json: AsJson = False) -> None:
    """Compiles the contracts if a source or setting changed."""
    with failing_plainly(as_json=as_json):
        fresh = compile_contracts()
    says = f"compiled into {ARTIFACTS}" if fresh else "nothing changed since the last compilation"
    emit({"compiled": fresh, "folder": str(ARTIFACTS), "says": says}, as_json=as_json, render=_sentence)


@app.command()
def migrate(*, as_json: AsJson = False) -> None:
    """Brings the database's schema to this version."""
    with failing_plainly(as_json=as_json):
        settings = Settings.of_environment()
        settings.make_data_dir()
        database = Database.of(settings)
        fresh = migrate_database(database)
        database.close()
    schema = head_revision()
    says = f"the database is at schema {schema}" + ("" if fresh else " already")
    emit({"migrated": fresh, "schema": schema, "says": says}, as_json=as_json, render=_sentence)


def _accounts_table(values: dict[str, Any]) -> RenderableType:
    table = Table("index", "key", "name", "address", caption=f"mnemonic: {values['mnemonic']}")
    for account in values["accounts"]:
        table.add_row(str(account["index"]), account["key"], account["name"], account["address"])
    return table


@app.command()
def accounts(*, as_json: AsJson = False) -> None:
    """Lists the development accounts of the local chain: public keys, worth nothing, refused anywhere else."""
    with failing_plainly(as_json=as_json):
        path = Settings.of_environment().deployment_path
        require_dev_chain(Deployment.load(path).chain_id if path.exists() else LOCAL_CHAIN_ID)
        found = [
            {"index": actor.index, "key": actor.key, "name": actor.name, "address": actor.signer.address}
            for actor in cast_of_the_year().values()
        ]
    emit({"mnemonic": DEV_MNEMONIC, "accounts": found}, as_json=as_json, render=_accounts_table)


DeploymentFile = Annotated[Path | None, typer.Option("--deployment", help="The deployment file; ours if not given.")]


def _signing_lines(found: SigningOut) -> RenderableType:
    lines = [f"chain id {found.chain_id}, genesis {found.genesis_hash}", ""]
    for message in found.messages:
        domain = message.domain
        lines += [
            f"{message.primary_type}: {message.description}",
            f"  domain  name {domain.name!r}, version {domain.version!r}, contract {domain.verifying_contract}",
            f"  type    {message.type_string}",
            "",
        ]
    return Text("\n".join(lines[:-1]))


@app.command()
def signing(*, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """Shows what people and verifiers sign: chain, contracts, EIP-712 domains and types, as GET /signing does."""
    with failing_plainly(as_json=as_json):
        path = deployment or Settings.of_environment().deployment_path
        found = signing_of(Deployment.load(path))
    emit(found, as_json=as_json, render=_signing_lines)


def _words_lines(found: dict[str, Any]) -> RenderableType:
    lines: list[str] = []
    for shown in found["display"]["formats"].values():
        lines += [shown["intent"], f"  {shown['interpolatedIntent']}"]
        lines += [f"  {field['label']}: {{{field['path']}}}" for field in shown["fields"]] + [""]
    return Text("\n".join(lines[:-1]))


@app.command()
def words(
    contract: Annotated[str, typer.Argument(help="The contract that takes the messages, such as Exchange.")],
    *,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    url: Annotated[str | None, typer.Option(help="Base URL of the server; the local one if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows a contract's messages in words; --json gives the ERC-7730 descriptor for wallets, as GET /signing does."""
    with (
        failing_plainly(as_json=as_json),
        ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}") as client,
    ):
        found = client.get(f"/signing/{contract}", lang=lang)
    emit(found, as_json=as_json, render=_words_lines)


Rpc = Annotated[str | None, typer.Option("--rpc", help="The node; the local chain if not given.")]


def _parts(rpc: str | None, deployment: Path | None) -> tuple[Settings, Deployment, str]:
    settings = Settings.of_environment()
    url = rpc or settings.rpc_url or f"http://127.0.0.1:{settings.local_chain_port}"
    return settings, Deployment.load(deployment or settings.deployment_path), url


@app.command()
def reindex(*, rpc: Rpc = None, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """Empties every projection of the chain and applies all indexed events again: the rows come out the same."""
    with failing_plainly(as_json=as_json):
        settings, deployed, url = _parts(rpc, deployment)
        database = Database.of(settings)
        rooms = projections(deployed, FeeProjection(database))
        count = Indexer(
            database, connect(url), deployed, rooms, confirmations=confirmations_of(settings, deployed)
        ).reindex()
        database.close()
    emit({"events": count, "says": f"{count} events applied again"}, as_json=as_json, render=_sentence)


def _findings_table(values: dict[str, Any]) -> RenderableType:
    if not values["findings"]:
        return "index and chain agree"
    table = Table("check", "subject", "index says", "chain says")
    for finding in values["findings"]:
        table.add_row(*(str(part) for part in finding.values()))
    return table


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "subject": finding.subject,
        "projected": str(finding.projected),
        "onChain": str(finding.on_chain),
    }


@app.command()
def reconcile(*, rpc: Rpc = None, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """Compares what our index says of balances and classes with the chain itself; exits 1 if they differ."""
    with failing_plainly(as_json=as_json):
        settings, deployed, url = _parts(rpc, deployment)
        database = Database.of(settings)
        found = [_finding(one) for one in differences(database, connect(url), deployed)]
        database.close()
    emit({"findings": found}, as_json=as_json, render=_findings_table)
    if found:
        raise typer.Exit(EXIT_FINDING)


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
