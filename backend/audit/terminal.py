"""How the audit speaks: tables and findings for people, JSON on stdout with --json, and three exit codes."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Annotated, NoReturn, TypeAlias

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backend.audit.report import Check, Report
from backend.kernel.errors import TanyuError

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
    "INV-08": "what others relayed, the person had signed; with a journal: prices and fills follow it",
    "INV-09": "the contracts say what their events add up to",
}
"""What each promise says, shortly (DESIGN section 5)."""

BEYOND_HISTORY = (
    "INV-07, that one bad order or receiver cannot stop the rest of its batch, leaves no trace that an audit could "
    "read: the contracts' tests check it"
)
"""Which promise the rows of a chain's audit do not stand for, and who does."""

PIPE_WIDTH = 1000

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]

Details: TypeAlias = Annotated[bool, typer.Option("--details", help="Show every check, not only every promise.")]


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


def _coverage(covered: Mapping[str, int | str]) -> Iterator[str]:
    """What was read, in sentences."""
    if "fromBlock" in covered:
        yield (
            f"chain {covered['chainId']}, blocks {covered['fromBlock']} to {covered['headBlock']}: "
            f"{covered['events']} events of {covered['transactions']} transactions, "
            f"{covered['views']} answers of contracts"
        )
        yield f"head {covered['headHash']} (compare it with what another node says)"
    if "deed.kind" in covered:
        deed = {name.removeprefix("deed."): value for name, value in covered.items() if name.startswith("deed.")}
        yield f"the chain has of {covered['deedId']}, {covered['depth']} blocks under its head:"
        yield from (f"    {name:<12} {value}" for name, value in deed.items())
    if "journalHead" in covered:
        yield f"journal of {covered['journalLines']} lines, operator {covered['journalOperator']}"
        yield f"journal head {covered['journalHead']}"


def _print(report: Report, *, details: bool) -> None:
    console = Console()
    if not console.is_terminal:  # a pipe or a file has no width
        console = Console(width=PIPE_WIDTH)
    console.print(_table(report, details=details))
    for line in _coverage(report.covered):
        console.print(line, soft_wrap=True, markup=False)
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
    if "fromBlock" in report.covered:
        console.print(BEYOND_HISTORY, soft_wrap=True)


def speak(read: Callable[[], Report], *, details: bool, as_json: bool) -> NoReturn:
    """Prints the report that `read` comes to and exits: 0 if all holds, 1 with findings, 2 if something to read could
    not be read.
    """
    try:
        report = read()
    except TanyuError as error:
        if as_json:
            typer.echo(json.dumps({"code": error.code, "detail": error.message, **error.fields}, indent=2))
        else:
            typer.echo(f"error {error.code}: {error.message}", err=True)
        raise typer.Exit(EXIT_UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        _print(report, details=details)
    raise typer.Exit(EXIT_HOLDS if report.holds else EXIT_FINDINGS)
