"""`tanyu audit`: verifies a deployment from the chain alone, or a recorded history of one."""

from pathlib import Path
from typing import Annotated

import typer

from backend.audit.certificate_commands import certificate
from backend.audit.journal import Journal
from backend.audit.journal_commands import ack, journal
from backend.audit.replay import audit
from backend.audit.report import Report
from backend.audit.source import Block, DeploymentFile, HistoryFile, Rpc, history_of
from backend.audit.terminal import AsJson, Details, speak

app = typer.Typer(name="audit", help="Independent verification from the chain alone.")


@app.callback(invoke_without_command=True)
def audit_command(
    context: typer.Context,
    *,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    from_file: HistoryFile = None,
    record_to: Annotated[
        Path | None, typer.Option("--record", help="Also write all that was read, so that the audit can be repeated.")
    ] = None,
    journal_file: Annotated[
        Path | None, typer.Option("--journal", help="Also hold the market's journal against the chain.")
    ] = None,
    block: Block = "latest",
    details: Details = False,
    as_json: AsJson = False,
) -> None:
    """Rebuilds supply, balances, fills, retirements and donations from the chain alone and checks every promise.

    Exits 0 if all hold, 1 with findings, 2 if the chain or the file could not be read.
    """
    if context.invoked_subcommand is not None:
        return

    def read() -> Report:
        told = None if journal_file is None else Journal.load(journal_file)
        history = history_of(rpc, deployment, from_file, block, told)
        if record_to is not None:
            history.save(record_to)
        return audit(history, told)

    speak(read, details=details, as_json=as_json)


app.command()(certificate)
app.command()(journal)
app.command()(ack)
