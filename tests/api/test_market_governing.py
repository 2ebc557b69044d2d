"""Rules, phases and auctions over HTTP: everybody reads, the operator sets, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from backend.chain.keys import Signer
from backend.market.journal import genesis, read
from backend.market.order import Side
from backend.storage.database import Database
from tests.api.access_app import bearer, token_for
from tests.api.market_app import CODE, ORIGIN, market_app
from tests.api.test_market_routes import problem
from tests.unit.market.world import ANA, BO, DOMAIN, OPERATOR, World
from tests.web import TestClient


def put(client: TestClient, who: Signer, what: str, body: dict[str, Any]) -> Any:
    """With a reason, unless the body gives one."""
    body = {"why": "a test"} | body
    return client.put(f"/market/{CODE}/{what}", json=body, headers=bearer(token_for(client, who)))


def test_rules__as_they_are_and_as_the_operator_sets_them(client: TestClient) -> None:
    told = client.get(f"/market/{CODE}/rules").json()
    assert (told["phase"], told["referencePerKg"], told["nextCall"]) == ("continuous", None, None)
    assert told["rules"]["mode"] == "continuous"
    changed = told["rules"] | {"mode": "call", "tick": "5"}
    changed["day"] = changed["day"] | {"calls": [13 * 3600]}

    assert put(client, OPERATOR, "rules", changed).json() == {
        "sequence": 1,
        "changes": [
            {"field": "tick", "before": "1", "after": "5"},
            {"field": "mode", "before": "continuous", "after": "call"},
            {"field": "calls", "before": [], "after": [13 * 3600]},
        ],
    }
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
    assert client.put(f"/market/{CODE}/{what}", json=body | {"why": "a test"}).status_code == 401


def test_rules__of_a_class_without_a_market__is_not_found(client: TestClient) -> None:
    problem(client.get("/market/77/rules"), 404, "market.class_unknown")


def test_act__tried_first__says_what_would_change_and_changes_nothing(client: TestClient) -> None:
    rules = client.get(f"/market/{CODE}/rules").json()["rules"]
    tries = {
        "rules": (rules | {"tick": "7"}, {"field": "tick", "before": "1", "after": "7"}),
        "reference": ({"pricePerKg": "200"}, {"field": "referencePerKg", "before": None, "after": "200"}),
        "phase": ({"phase": "halted"}, {"field": "phase", "before": "continuous", "after": "halted"}),
    }

    for what, (body, change) in tries.items():
        assert put(client, OPERATOR, f"{what}?dryRun=true", body).json() == {"sequence": None, "changes": [change]}
    problem(put(client, OPERATOR, "rules?dryRun=true", rules | {"bandBps": 0}), 422, "market.rules_inconsistent")
    problem(put(client, OPERATOR, "phase?dryRun=true", {}), 409, "market.not_stopped")

    told = client.get(f"/market/{CODE}/rules").json()
    assert (told["sequence"], told["rules"], told["phase"], told["referencePerKg"]) == (0, rules, "continuous", None)
    assert client.get(f"/market/{CODE}/governance").json() == {"items": [], "next": None}


def test_history__tells_who_and_why_newest_first_page_by_page_and_so_does_the_journal(
    world: World, client: TestClient
) -> None:
    put(client, OPERATOR, "reference", {"pricePerKg": "200", "why": "as the last tender"})
    put(client, OPERATOR, "phase", {"phase": "halted", "why": "a wrong price"})
    put(client, OPERATOR, "phase", {"why": "it was right"})

    first = client.get(f"/market/{CODE}/governance", params={"limit": 2}).json()
    rest = client.get(f"/market/{CODE}/governance", params={"limit": 2, "cursor": first["next"]}).json()

    assert [(act["why"], act["by"]) for act in first["items"] + rest["items"]] == [
        ("it was right", OPERATOR.address),
        ("a wrong price", OPERATOR.address),
        ("as the last tender", OPERATOR.address),
    ]
    assert rest["next"] is None
    assert first["items"][1]["changes"] == [{"field": "phase", "before": "continuous", "after": "halted"}]
    with world.database.read() as session:
        lines = {line.sequence: line.payload for line in read(session, genesis(DOMAIN))}
    for act in first["items"] + rest["items"]:
        assert (lines[act["sequence"]]["why"], lines[act["sequence"]]["by"]) == (act["why"], act["by"])


@pytest.mark.parametrize("why", ["", "   ", "x" * 501])
def test_act__without_a_reason_or_with_a_book__is_refused(client: TestClient, why: str) -> None:
    problem(put(client, OPERATOR, "reference", {"pricePerKg": "200", "why": why}), 422, "input.invalid")


def test_spread__of_a_class_that_earns_its_mode__is_told_with_its_rule(database: Database) -> None:
    world = World(database, draw=lambda _below: 0)
    world.start()
    client = TestClient(market_app(world), base_url=ORIGIN)
    rules = client.get(f"/market/{CODE}/rules").json()["rules"]
    told = client.get(f"/market/{CODE}/spread").json()
    assert (told["modePinned"], told["today"], told["days"], told["averageBps"]) == (True, None, [], None)
    earning = rules | {"mode": "call", "modePinned": False}
    earning["day"] = earning["day"] | {"calls": [13 * 3600]}
    put(client, OPERATOR, "rules", earning)
    for later in (timedelta(seconds=1), timedelta(days=1), timedelta(days=1)):
        world.clock.at += later
        world.refund()

    told = client.get(f"/market/{CODE}/spread").json()

    assert told["rule"] == {"days": 20, "momentS": 300, "narrowBps": 700, "wideBps": 1000, "unquotedBps": 20000}
    assert told["mode"] == "call"
    assert told["today"] == {"day": "2026-01-17", "moments": 1, "spreadBps": 20000, "mode": "call"}
    assert told["days"] == [{"day": "2026-01-16", "moments": 1, "spreadBps": 20000, "mode": "call"}]
    world.stop()
