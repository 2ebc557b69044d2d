"""`tanyu audit journal` and `tanyu audit ack`: whether the market kept to its order, from its journal."""

from pathlib import Path
from typing import Annotated

import typer

from backend.audit import evidence
from backend.audit.ack import Ack, check_ack
from backend.audit.journal import Journal
from backend.audit.replay import JOURNAL_CHECKS, audit, audit_journal
from backend.audit.report import Report
from backend.audit.source import Block, DeploymentFile, HistoryFile, Rpc, history_of
from backend.audit.terminal import AsJson, speak

JournalFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `tanyu market journal --out FILE` wrote.")]
OfJournal = Annotated[Path, typer.Option("--journal", help="What `tanyu market journal --out FILE` wrote.")]
AckFile = Annotated[Path, typer.Argument(metavar="FILE", help="The JSON reply to a placed order, as it came.")]


def journal(
    file: JournalFile,
    *,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    from_file: HistoryFile = None,
    block: Block = "latest",
    as_json: AsJson = False,
) -> None:
    """Replays a market's journal with the audit's own matcher: hashes, signatures, every trade and its price.

    With a node or a recorded history it is also held against the chain: anchored heads, fills, operator. Exits 0 if
    all holds, 1 with findings that name their lines, 2 if something could not be read.
    """

    def read() -> Report:
        told = Journal.load(file)
        if rpc is None and from_file is None:
            return audit_journal(told)
        report = audit(history_of(rpc, deployment, from_file, block, told), told)
        return report.only([*evidence.CHECKS, *JOURNAL_CHECKS])

    speak(read, details=True, as_json=as_json)


def ack(file: AckFile, *, journal_file: OfJournal, as_json: AsJson = False) -> None:
    """Shows from one reply to an order that the journal's history was rewritten since, or that it was not.

    Exits 0 if the journal keeps what was acknowledged, 1 if it does not, 2 if a file could not be read.
    """
    speak(lambda: check_ack(Ack.load(file), Journal.load(journal_file)), details=True, as_json=as_json)
