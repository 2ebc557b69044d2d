"""Which node and which contracts a command of an officer talks to."""

from pathlib import Path
from typing import Annotated

import typer

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.rpc import connect
from backend.storage.settings import Settings

DeploymentFile = Annotated[Path | None, typer.Option("--deployment", help="The deployment file; ours if not given.")]
Rpc = Annotated[str | None, typer.Option("--rpc", help="The node; the local chain if not given.")]


def contracts_at(rpc: str | None, deployment: Path | None) -> Contracts:
    """The contracts of a deployment file behind a node. Raises DeploymentFileMissing, DeploymentFileMalformed."""
    settings = Settings.of_environment()
    url = rpc or settings.rpc_url or f"http://127.0.0.1:{settings.local_chain_port}"
    return Contracts(connect(url), Deployment.load(deployment or settings.deployment_path))
