"""`tanyu statement`: read a statement of this Tanyu's database, and what its document says, offline."""

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.access.told import told
from backend.chain.deployment import Deployment
from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.footprint.estimate_commands import side_of
from backend.footprint.pollutant import POLLUTANTS
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.kernel.errors import InvalidInput
from backend.ledger.access_log import Role, note
from backend.ledger.air import air_of
from backend.ledger.air_routes import AirOut, air_out
from backend.ledger.books import Books
from backend.ledger.change import difference_of
from backend.ledger.deadline import close_overdue
from backend.ledger.document import verify
from backend.ledger.person import person_at
from backend.ledger.personhood import LedgerKeys
from backend.ledger.service import StatementUnknown, statement_of
from backend.storage.database import Database
from backend.storage.settings import Settings

app = typer.Typer(name="statement", help="Vintage statements: show one, verify a document.", no_args_is_help=True)

FILE_LIMIT = 20_000_000


class FileUnreadable(InvalidInput):
    """No text to read there."""

    code = "document.unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read {path}: {why}", file=str(path))


def read_text(path: Path) -> str:
    """The text of a file of bounded size; raises FileUnreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
        if len(data) > FILE_LIMIT:
            raise FileUnreadable(path, f"it is larger than {FILE_LIMIT} bytes")
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise FileUnreadable(path, str(failure)) from failure


@app.command("show")
def show_statement(address: str, vintage: int, *, as_json: AsJson = False) -> None:
    """Shows an account's statement of a vintage from this Tanyu's own database, and notes it in the account's access
    log; --json prints the whole document.
    """
    with failing_plainly(as_json=as_json):
        database = Database.of(Settings.of_environment())
        try:
            with database.write() as session:
                person_id = person_at(session, address).person_id
                statement = statement_of(session, person_id, vintage)
                why = "command: tanyu statement show"
                note(
                    session,
                    person_id=person_id,
                    role=Role.OPERATOR,
                    reader=None,
                    what=f"statement {vintage}",
                    why=why,
                    at=SystemClock().now(),
                )
        finally:
            database.close()
        if statement is None:
            raise StatementUnknown(f"{vintage} is still open for {address}", vintage=vintage)
    if as_json:
        typer.echo(statement.document)
        return
    values = verify(statement.document).values
    shown: dict[str, Any] = {"state": str(statement.state), "digest": to_hex(statement.digest)}
    shown |= {name: value for name, value in values.items() if not name.startswith(("line.", "month."))}
    emit(shown, as_json=False, render=told)


@app.command("compare")
def compare_statements(before: Path, after: Path, *, as_json: AsJson = False) -> None:
    """Why a total changed between two versions' documents, line by line to the gram; offline."""
    with failing_plainly(as_json=as_json):
        found = difference_of(verify(read_text(before)).values, verify(read_text(after)).values)
    emit(
        {
            "footprintBeforeGco2e": str(found.footprint_before_gco2e),
            "footprintAfterGco2e": str(found.footprint_after_gco2e),
            "budgetBeforeGco2e": str(found.budget_before_gco2e),
            "budgetAfterGco2e": str(found.budget_after_gco2e),
            "changes": [
                {
                    "cause": str(one.cause),
                    "category": one.category,
                    "month": one.month,
                    "deltaGco2e": str(one.delta_gco2e),
                    "what": one.what,
                }
                for one in found.changes
            ],
        },
        as_json=as_json,
        render=told,
    )


@app.command("close-overdue")
def close_overdue_statements(*, as_json: AsJson = False) -> None:
    """Closes and submits, with defaults, every vintage of this Tanyu's database that was not submitted in time. The
    server does this every hour.
    """
    with failing_plainly(as_json=as_json):
        settings = Settings.of_environment()
        database = Database.of(settings)
        try:
            path = settings.deployment_path
            chain_id = Deployment.load(path).chain_id if path.exists() else LOCAL_CHAIN_ID
            books = Books.on_chain(LedgerKeys.at(settings.data_dir / "ledger-keys.json"), chain_id)
            done = close_overdue(database, books, SystemClock().now())
        finally:
            database.close()
    shown = {
        "submitted": [{"person": person, "vintage": vintage} for person, vintage in done.submitted],
        "failed": [{"person": person, "vintage": vintage, "code": code} for person, vintage, code in done.failed],
    }
    emit(shown, as_json=as_json, render=told)


def _render_air(found: AirOut) -> Table:
    table = Table(title="both sides of a year, in grams")
    table.caption = found.pollutants_from
    for name in ("kind", "CO2e", *POLLUTANTS):
        table.add_column(name, overflow="fold")
    for one in found.kinds:
        table.add_row(one.kind, str(one.footprint_gco2e), *(side_of(one.pollutants, name) for name in POLLUTANTS))
    return table


@app.command("air")
def show_air(file: Path, *, as_json: AsJson = False) -> None:
    """Shows what the year of a statement document put into the air besides greenhouse gases; offline, never traded."""
    with failing_plainly(as_json=as_json):
        found = air_out(air_of(verify(read_text(file)).values))
    emit(found, as_json=as_json, render=_render_air)
