"""`tanyu batch`: batches of a running Tanyu, read over HTTP; for the operator, the steps from plan to claim."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from backend.access.client import ApiClient
from backend.access.terminal import AsJson, emit, failing_plainly
from backend.chain.class_id import parse_code
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.rpc import connect
from backend.issuance.service import anchor, claim, plan_batch
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput
from backend.ledger.books import Books
from backend.ledger.personhood import LedgerKeys
from backend.storage.database import Database
from backend.storage.settings import Settings

app = typer.Typer(name="batch", help="Batches of attested statements, and what of them has minted.")

DeploymentFile = Annotated[Path | None, typer.Option("--deployment", help="The deployment file; ours if not given.")]
Root = Annotated[str, typer.Argument(help="The batch's Merkle root: 0x and 64 hex digits.")]

Url = Annotated[str | None, typer.Option("--url", help="Base URL of the server; the local one if not given.")]


def _get(url: str | None, path: str, **params: int) -> Any:
    with ApiClient(url or f"http://127.0.0.1:{Settings.of_environment().port}") as client:
        return client.get(path, **params)


def _batches_table(batches: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("id", "class", "state", "people", "surplus g", "deficit g", "signed", "minted", "root")
    for batch in batches:
        table.add_row(
            str(batch["id"]),
            batch["creditClass"],
            batch["state"],
            str(batch["people"]),
            batch["surplusesGco2e"],
            batch["deficitsGco2e"],
            f"{len(batch['verifiers'])} of {batch['threshold']}",
            f"{batch['minted']} of {batch['claims']}",
            batch["root"],
        )
    return table


def _fields_table(batch: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in batch.items():
        if value is not None:
            table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    return table


@app.command("list")
def list_batches(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only batches after the one with this id.")] = 0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Lists batches in order of planning, with the pool's totals in grams of CO2e."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, "/batches", limit=limit, after=after), as_json=as_json, render=_batches_table)


@app.command("show")
def show_batch(
    root: Root,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Shows one batch: its totals, who signed it, what of it has minted."""
    with failing_plainly(as_json=as_json):
        emit(_get(url, f"/batches/{root}"), as_json=as_json, render=_fields_table)


@contextmanager
def _operating(deployment: Path | None) -> Iterator[tuple[Database, Contracts, Books]]:
    """The operator's own database, contracts (to encode calls with: the server sends them) and books."""
    settings = Settings.of_environment()
    deployed = Deployment.load(deployment or settings.deployment_path)
    database = Database.of(settings)
    keys = LedgerKeys.at(settings.data_dir / "ledger-keys.json")
    url = settings.rpc_url or f"http://127.0.0.1:{settings.local_chain_port}"
    try:
        yield database, Contracts(connect(url), deployed), Books.on_chain(keys, deployed.chain_id)
    finally:
        database.close()


class RootMalformed(InvalidInput):
    """Not the root of a batch."""

    code = "batch.root_malformed"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:80]!r} is no root: expected 0x and 64 hex digits", root=text[:80])


def root_of(text: str) -> bytes:
    """The bytes of a root as text; raises RootMalformed."""
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as failure:
        raise RootMalformed(text) from failure
    if len(raw) != 32:
        raise RootMalformed(text)
    return raw


@app.command("plan")
def plan(
    class_code: Annotated[str, typer.Argument(help="The credit class, such as US-CA/2025/SIM.")],
    deployment: DeploymentFile = None,
    as_json: AsJson = False,
) -> None:
    """For the operator: puts a class's waiting attested statements into a batch, for verifiers to sign."""
    with failing_plainly(as_json=as_json), _operating(deployment) as (database, _, books):
        batch = plan_batch(database, books, parse_code(class_code), SystemClock().now())
        found = {"root": to_hex(batch.root), "people": str(batch.totals.people), "state": str(batch.state)}
    emit(found, as_json=as_json, render=_fields_table)


@app.command("anchor")
def anchor_batch(root: Root, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """For the operator: hands a batch that enough verifiers signed to the outbox; the server sends it."""
    with failing_plainly(as_json=as_json):
        raw = root_of(root)
        with _operating(deployment) as (database, contracts, _), database.write() as session:
            intent = anchor(session, contracts, raw, SystemClock().now())
            found = {"root": root, "intent": str(intent.state)}
    emit(found, as_json=as_json, render=_fields_table)


@app.command("claim")
def claim_batch(root: Root, deployment: DeploymentFile = None, as_json: AsJson = False) -> None:
    """For the operator: claims for the holders whatever of an anchored batch has not minted."""
    with failing_plainly(as_json=as_json):
        raw = root_of(root)
        with _operating(deployment) as (database, contracts, _), database.write() as session:
            intents = claim(session, contracts, raw, SystemClock().now())
            found = {"root": root, "transactions": str(len(intents))}
    emit(found, as_json=as_json, render=_fields_table)
