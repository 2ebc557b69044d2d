"""Rules, phases and auctions over HTTP: everybody reads, the operator sets, and nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.chain.keys import Signer
from backend.market.governing_routes import router
from backend.market.order import Side
from backend.storage.database import Database
from tests.api.access_app import bearer, token_for
from tests.api.test_market_routes import CODE, ORIGIN, market_app, problem
from tests.unit.market.world import ANA, BO, OPERATOR, World
from tests.web import TestClient


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = World(database)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(world: World) -> TestClient:
    app = market_app(world)
    app.state.operator = OPERATOR
    app.include_router(router)
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


def put(client: TestClient, who: Signer, what: str, body: dict[str, Any]) -> Any:
    return client.put(f"/market/{CODE}/{what}", json=body, headers=bearer(token_for(client, who)))


def test_rules__as_they_are_and_as_the_operator_sets_them(client: TestClient) -> None:
    told = client.get(f"/market/{CODE}/rules").json()
    assert (told["phase"], told["referencePerKg"], told["nextCall"]) == ("continuous", None, None)
    assert told["rules"]["mode"] == "continuous"
    changed = told["rules"] | {"mode": "call", "tick": "5"}
    changed["day"] = changed["day"] | {"calls": [13 * 3600]}

    assert put(client, OPERATOR, "rules", changed).json() == {"sequence": 1}
    told = client.get(f"/market/{CODE}/rules").json()

    assert told["rules"] == changed
    assert told["nextCall"] == "2026-01-15T13:00:00Z"
    assert told["phase"] in {"closed", "call"}, "the calendar begins with the next second"


@pytest.mark.parametrize("what", ["rules", "auction"])
def test_rules_and_auction__unchanged__are_not_sent_again(client: TestClient, what: str) -> None:
    first = client.get(f"/market/{CODE}/{what}")
    again = client.get(f"/market/{CODE}/{what}", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_rules__that_contradict_themselves__are_refused(client: TestClient) -> None:
    rules = client.get(f"/market/{CODE}/rules").json()["rules"]

    refused = problem(put(client, OPERATOR, "rules", rules | {"bandBps": 0}), 422, "market.rules_inconsistent")

    assert refused["field"] == "bandBps"


def test_reference__set_by_the_operator__begins_the_band(client: TestClient) -> None:
    put(client, OPERATOR, "reference", {"pricePerKg": "200"})

    told = client.get(f"/market/{CODE}/rules").json()

    assert (told["referencePerKg"], told["bandLowPerKg"], told["bandHighPerKg"]) == ("200", "180", "220")


def test_phase__stopped_and_on_again__by_the_operator(world: World, client: TestClient) -> None:
    put(client, OPERATOR, "phase", {"phase": "halted"})
    assert client.get(f"/market/{CODE}/rules").json()["phase"] == "halted"
    problem(put(client, OPERATOR, "phase", {"phase": "continuous"}), 422, "market.phase_not_governances")

    put(client, OPERATOR, "phase", {})

    assert client.get(f"/market/{CODE}/rules").json()["phase"] == "volatility_call"
    world.sell(ANA, 3, 100)
    world.place(BO, world.order(BO, Side.BUY, 5, 101))
    told = client.get(f"/market/{CODE}/auction").json()
    assert (told["phase"], told["pricePerKg"], told["lots"], told["imbalanceLots"]) == (
        "volatility_call",
        "100",
        "3",
        "2",
    )


def test_auction__where_orders_meet_at_once__has_no_price(world: World, client: TestClient) -> None:
    world.sell(ANA, 3, 100)

    told = client.get(f"/market/{CODE}/auction").json()

    assert (told["phase"], told["pricePerKg"], told["lots"]) == ("continuous", None, "0")


@pytest.mark.parametrize("what", ["rules", "reference", "phase"])
def test_governing__by_anybody_else__is_refused(client: TestClient, what: str) -> None:
    body = {
        "rules": client.get(f"/market/{CODE}/rules").json()["rules"],
        "reference": {"pricePerKg": "200"},
        "phase": {"phase": "halted"},
    }[what]

    problem(put(client, ANA, what, body), 403, "market.not_the_operator")
    assert client.put(f"/market/{CODE}/{what}", json=body).status_code == 401


def test_rules__of_a_class_without_a_market__is_not_found(client: TestClient) -> None:
    problem(client.get("/market/77/rules"), 404, "market.class_unknown")
