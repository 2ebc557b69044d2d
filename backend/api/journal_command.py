"""`tanyu market journal`: the operator writes the market's journal to a file, for an auditor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from backend.access.terminal import AsJson, emit, failing_plainly
from backend.api.serve import operator_of
from backend.chain.deployment import Deployment
from backend.kernel.clock import SystemClock
from backend.market.disclosure import disclosed, write
from backend.storage.database import Database
from backend.storage.settings import Settings

Out = Annotated[Path, typer.Option("--out", help="Where to write it; only you can read the file.")]


def journal(*, out: Out, as_json: AsJson = False) -> None:
    """Writes the whole journal, with its trades and signed orders, from this machine's database; for an auditor.

    Unfilled orders stand in it with their makers: docs/adr/0026 says who may see it. `tanyu audit journal` checks it.
    """
    with failing_plainly(as_json=as_json):
        settings = Settings.of_environment()
        deployment = Deployment.load(settings.deployment_path)
        operator = operator_of(settings, deployment).address
        database = Database.of(settings)
        with database.read() as session:
            rows = write(out, disclosed(session, deployment.domain("Exchange"), operator, SystemClock().now()))
        database.close()
    found: dict[str, object] = {"file": str(out), "rows": rows, "says": f"{rows} rows in {out}"}
    emit(found, as_json=as_json, render=_sentence)


def _sentence(values: Mapping[str, object]) -> str:
    return str(values["says"])
