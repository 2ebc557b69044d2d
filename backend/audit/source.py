"""What to audit, as the commands name it: a node and a deployment file, or a recorded history."""

import re
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from backend.audit.history import History
from backend.audit.journal import Journal
from backend.audit.recording import record
from backend.chain.deployment import Deployment
from backend.kernel.errors import InvalidInput

Rpc: TypeAlias = Annotated[
    str | None, typer.Option("--rpc", help="URL of any node of the chain, ours or somebody else's.")
]
DeploymentFile: TypeAlias = Annotated[Path | None, typer.Option("--deployment", help="The deployment file.")]
HistoryFile: TypeAlias = Annotated[
    Path | None, typer.Option("--from-file", help="Audit a recorded history instead of a node.")
]
Block: TypeAlias = Annotated[
    str, typer.Option("--block", help="Up to this block: a number, latest, safe or finalized.")
]


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


def block_of(text: str) -> str:
    """As a node takes it: 0x-hex or a word. Raises BlockMalformed."""
    if text in {"latest", "safe", "finalized"} or re.fullmatch("0x[0-9a-f]{1,16}", text):
        return text
    if not re.fullmatch("[0-9]{1,18}", text):
        raise BlockMalformed(text)
    return hex(int(text))


def history_of(
    rpc: str | None, deployment: Path | None, from_file: Path | None, block: str, told: Journal | None = None
) -> History:
    """The history to audit. Raises SourceUnclear, BlockMalformed, and what `record`, `History.load` and
    `Deployment.load` raise.
    """
    if from_file is not None and rpc is None:
        return History.load(from_file)
    if rpc is None or deployment is None or from_file is not None:
        raise SourceUnclear
    return record(rpc, Deployment.load(deployment), block_of(block), told)
