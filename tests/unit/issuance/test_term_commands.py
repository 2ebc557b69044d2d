"""`tanyu verification unassigned`: work that no verifier may do, told to the operator until somebody may."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.issuance.assignment import Work
from backend.issuance.term_commands import app
from backend.kernel.clock import SystemClock
from tests.unit.issuance.drawing import all_drawn
from tests.unit.issuance.test_second_looks import LATER
from tests.unit.issuance.world import STRANGER, VERIFIERS, VINTAGE, World


@pytest.fixture(autouse=True)
def _own_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", world.database.url)
    monkeypatch.setattr(SystemClock, "now", lambda _: LATER)


def unassigned() -> dict[str, Any]:
    told = CliRunner().invoke(app, ["unassigned", "--json"])
    assert told.exit_code == 0, told.output
    return dict(json.loads(told.stdout))


def test_second_look__of_what_the_last_verifier_attested__waits_for_another(world: World) -> None:
    statement = world.three_attested()[0]
    all_drawn(world)
    assert unassigned() == {"serving": 3, "threshold": 2, "waiting": []}
    last = world.attested_by(statement)
    for other in VERIFIERS:
        if other != last:
            world.event("Issuance", "VerifierSet", verifier=other.address, accredited=False)
    found = unassigned()
    assert found["serving"] == 1
    assert {(one["work"], one["vintage"]) for one in found["waiting"]} == {(Work.REAUDIT, VINTAGE)}

    world.event("Issuance", "VerifierSet", verifier=STRANGER.address, accredited=True)
    assert unassigned() == {"serving": 2, "threshold": 2, "waiting": []}
