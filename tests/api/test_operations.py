"""What the operator watches, and nobody else: loops, what waits for the chain, and whether index and chain agree."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.api.operations import Operations, router
from backend.link.loop import LoopStatus
from backend.link.outbox import enqueue
from backend.link.reconcile import Finding
from backend.link.tables import IntentState
from backend.link.worker import WorkerStatus
from tests.api.access_app import bearer, token_for
from tests.api.market_app import ORIGIN, market_app
from tests.api.test_market_routes import problem
from tests.unit.market.world import ANA, OPERATOR, World
from tests.web import TestClient


@pytest.fixture
def watched(world: World) -> Iterator[TestClient]:
    sender = LoopStatus(alive=True, last_good_at=world.clock.now(), failures=0, problem=None)
    indexer = LoopStatus(alive=True, last_good_at=None, failures=3, problem="node.unavailable: no answer")
    status = WorkerStatus(sender=sender, indexer=indexer, indexed_block=7, lag_blocks=2, unfinished_intents=3)
    finding = Finding("credit.held", "0x01 in class 5", 10**30, 3)
    app = market_app(world)
    app.include_router(router)
    app.state.operations = Operations(lambda: status, lambda: [finding])
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def test_operations__for_the_operator__tell_loops_and_what_waits(watched: TestClient, world: World) -> None:
    began = world.clock.now()
    with world.database.write() as session:
        for reference in ("a", "b"):
            enqueue(session, kind="settle", reference=reference, contract="Exchange", data=b"\1", now=began)
            began += timedelta(seconds=5)
        sent = enqueue(session, kind="relay", reference="c", contract="Charity", data=b"\1", now=began)
        sent.state = IntentState.SIGNED
        settled = enqueue(session, kind="relay", reference="d", contract="Charity", data=b"\1", now=began)
        settled.state = IntentState.CONFIRMED

    told = watched.get("/operations", headers=bearer(token_for(watched, OPERATOR))).json()

    assert told["waiting"] == [
        {"kind": "relay", "state": "signed", "count": 1, "oldestAt": "2026-01-15T12:00:10Z"},
        {"kind": "settle", "state": "new", "count": 2, "oldestAt": "2026-01-15T12:00:00Z"},
    ]
    assert (told["indexedBlock"], told["lagBlocks"], told["ownsMarket"]) == (7, 2, True)
    assert told["indexer"] == {
        "alive": True,
        "lastGoodAt": None,
        "failures": 3,
        "problem": "node.unavailable: no answer",
        "standingBy": False,
    }


def test_reconciliation__for_the_operator__tells_each_difference(watched: TestClient) -> None:
    told = watched.post("/operations/reconciliation", headers=bearer(token_for(watched, OPERATOR))).json()
    difference = {"check": "credit.held", "subject": "0x01 in class 5", "projected": str(10**30), "onChain": "3"}
    assert told == {"findings": [difference]}


def test_operations__for_anybody_else__are_refused(watched: TestClient) -> None:
    problem(watched.get("/operations"), 401, "auth.required")
    others = bearer(token_for(watched, ANA))
    problem(watched.get("/operations", headers=others), 403, "market.not_the_operator")
    problem(watched.post("/operations/reconciliation", headers=others), 403, "market.not_the_operator")
