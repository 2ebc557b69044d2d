"""`tanyu audit`: verifies a deployment from the chain alone, or a recorded history of one."""

import json
import re
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backend.audit.history import History
from backend.audit.recording import record
from backend.audit.replay import audit
from backend.audit.report import Check, Report
from backend.chain.deployment import Deployment
from backend.kernel.errors import InvalidInput, TanyuError

EXIT_HOLDS, EXIT_FINDINGS, EXIT_UNREADABLE = 0, 1, 2

FINDINGS_SHOWN = 50
"""Findings printed for people; --json has all of them."""

PROMISES = {
    "EVIDENCE": "headers, transactions, receipts and logs hang together, and none is missing",
    "INV-01": "issued = held + buffer + retired + cancelled, within surpluses and caps",
    "INV-02": "a nullifier mints once, from a root that enough verifiers signed",
    "INV-03": "the Exchange keeps nothing",
    "INV-04": "no order is filled beyond what its maker signed",
    "INV-05": "settlement conserves credits and money",
    "INV-06": "retired is for ever; gifts leave only as retirement, grant or refund",
    "INV-08": "what others relayed, the person had signed",
    "INV-09": "the contracts say what their events add up to",
}
"""What each promise says, shortly (DESIGN section 5)."""

BEYOND_HISTORY = (
    "INV-07, that one bad order or receiver cannot stop the rest of its batch, leaves no trace that an audit could "
    "read: the contracts' tests check it"
)
"""Which promise the rows above do not stand for, and who does."""

PIPE_WIDTH = 1000

app = typer.Typer(name="audit", help="Independent verification from the chain alone.")


class SourceUnclear(InvalidInput):
    """Neither a node nor a recorded history to read was named."""

    code = "audit.source_unclear"

    def __init__(self) -> None:
        super().__init__("name what to audit: --rpc URL and --deployment FILE, or --from-file HISTORY")


class BlockMalformed(InvalidInput):
    """The block to audit up to is neither a number nor one of the words a node knows."""

    code = "audit.block_malformed"

    def __init__(self, block: str) -> None:
        super().__init__(f"--block is {block[:40]!r}; expected a number, latest, safe or finalized", block=block[:40])


def _block(text: str) -> str:
    """As a node takes it: 0x-hex or a word. Raises BlockMalformed."""
    if text in {"latest", "safe", "finalized"} or re.fullmatch("0x[0-9a-f]{1,16}", text):
        return text
    if not re.fullmatch("[0-9]{1,18}", text):
        raise BlockMalformed(text)
    return hex(int(text))


def _history(rpc: str | None, deployment: Path | None, from_file: Path | None, block: str) -> History:
    if from_file is not None and rpc is None:
        return History.load(from_file)
    if rpc is None or deployment is None or from_file is not None:
        raise SourceUnclear
    return record(rpc, Deployment.load(deployment), _block(block))


def _counted(report: Report, checks: list[Check]) -> tuple[str, Text]:
    names = {check.name for check in checks}
    count = sum(finding.check in names for finding in report.findings)
    return str(sum(report.counts[name] for name in names)), Text(str(count), style="bold red" if count else "green")


def _table(report: Report, *, details: bool) -> Table:
    """A row per promise, or with details a row per check."""
    table = Table("promise", "says", "checked", "findings", title="Tanyu audit")
    for invariant, checks in groupby(report.checks, key=lambda check: check.invariant):
        members = list(checks)
        if not details:
            table.add_row(invariant, PROMISES[invariant], *_counted(report, members))
            continue
        for check in members:
            table.add_row(invariant, check.says, *_counted(report, [check]))
        table.add_section()
    return table


def _print(report: Report, *, details: bool) -> None:
    console = Console()
    if not console.is_terminal:  # a pipe or a file has no width
        console = Console(width=PIPE_WIDTH)
    console.print(_table(report, details=details))
    covered = report.covered
    console.print(
        f"chain {covered['chainId']}, blocks {covered['fromBlock']} to {covered['headBlock']}: "
        f"{covered['events']} events of {covered['transactions']} transactions, {covered['views']} answers of contracts"
    )
    console.print(f"head {covered['headHash']} (compare it with what another node says)", soft_wrap=True)
    for note in report.notes:
        console.print(f"note: {note}", soft_wrap=True, markup=False)
    for finding in report.findings[:FINDINGS_SHOWN]:
        line = f"{finding.invariant} {finding.check}: {finding.subject} at {finding.where}"
        console.print(line, style="bold red", soft_wrap=True, markup=False)
        console.print(f"    expected {finding.expected}\n    found    {finding.found}", soft_wrap=True, markup=False)
    if len(report.findings) > FINDINGS_SHOWN:
        console.print(f"... and {len(report.findings) - FINDINGS_SHOWN} more: see --json")
    verdict = "every promise above holds" if report.holds else f"{len(report.findings)} findings"
    console.print(verdict, style="bold green" if report.holds else "bold red")
    console.print(BEYOND_HISTORY, soft_wrap=True)


def _fail(error: TanyuError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"code": error.code, "detail": error.message, **error.fields}, indent=2))
    else:
        typer.echo(f"error {error.code}: {error.message}", err=True)


@app.callback(invoke_without_command=True)
def audit_command(
    *,
    rpc: Annotated[
        str | None, typer.Option("--rpc", help="URL of any node of the chain, ours or somebody else's.")
    ] = None,
    deployment: Annotated[Path | None, typer.Option("--deployment", help="The deployment file.")] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="Audit a recorded history instead of a node.")
    ] = None,
    record_to: Annotated[
        Path | None, typer.Option("--record", help="Also write all that was read, so that the audit can be repeated.")
    ] = None,
    block: Annotated[
        str, typer.Option("--block", help="Up to this block: a number, latest, safe or finalized.")
    ] = "latest",
    details: Annotated[bool, typer.Option("--details", help="Show every check, not only every promise.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")] = False,
) -> None:
    """Rebuilds supply, balances, fills, retirements and donations from the chain alone and checks every promise.

    Exits 0 if all hold, 1 with findings, 2 if the chain or the file could not be read.
    """
    try:
        history = _history(rpc, deployment, from_file, block)
        if record_to is not None:
            history.save(record_to)
        report = audit(history)
    except TanyuError as error:
        _fail(error, as_json=as_json)
        raise typer.Exit(EXIT_UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        _print(report, details=details)
    raise typer.Exit(EXIT_HOLDS if report.holds else EXIT_FINDINGS)
