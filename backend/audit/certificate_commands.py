"""`tanyu audit certificate`: whether a certificate holds, from a node and a deployment file alone."""

from pathlib import Path
from typing import Annotated

import typer

from backend.audit.certificate import Certificate
from backend.audit.certified import check_certificate
from backend.audit.recording import mined
from backend.audit.report import Report
from backend.audit.source import Block, DeploymentFile, Rpc, SourceUnclear, block_of
from backend.audit.terminal import AsJson, speak
from backend.chain.deployment import Deployment

CertificateFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A certificate: its PDF, or the JSON of `tanyu retire show ID --json`.")
]
Kept = Annotated[
    Path | None, typer.Option("--kept", help="The file of words and salt that `tanyu retire make --keep` wrote.")
]


def certificate(
    file: CertificateFile,
    *,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    kept: Kept = None,
    block: Block = "latest",
    as_json: AsJson = False,
) -> None:
    """Holds a certificate against a node, without any server: amount, class, accounts, block, and the words if known.

    Exits 0 if all it says is the chain's, 1 with findings, 2 if something could not be read. `--block finalized` asks
    for a block that the chain will not undo.
    """

    def read() -> Report:
        told = Certificate.load(file, kept)
        if rpc is None or deployment is None:
            raise SourceUnclear
        deployed = Deployment.load(deployment)
        return check_certificate(told, deployed, mined(rpc, deployed, told.transaction, block_of(block)))

    speak(read, details=True, as_json=as_json)
