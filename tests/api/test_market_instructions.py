"""Orders with instructions, replacing, the dead-man switch and self-trade prevention by person, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from backend.chain.keys import Signer
from backend.kernel.clock import iso, unix_s
from backend.kernel.digest import to_hex
from backend.market.order import Side, SignedOrder
from tests.api.market_app import ORIGIN, market_app
from tests.api.test_api_keys import a_key, signed_headers
from tests.api.test_market_routes import body_of, headers, problem, state
from tests.unit.market.world import ANA, BO, CHEN, World, hash_of
from tests.web import TestClient


def placed(client: TestClient, maker: Signer, order: SignedOrder, **instructions: object) -> dict[str, Any]:
    """The acknowledgement of an order that is accepted."""
    answer = client.post("/orders", json=body_of(maker, order) | instructions)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def came_of(ack: dict[str, Any]) -> tuple[str, str | None, str, str]:
    return ack["outcome"], ack["reason"], ack["lotsOpen"], ack["lotsKilled"]


# --- What becomes of an order ---


def test_outcomes__each_instruction__is_told_in_the_answer(world: World, client: TestClient) -> None:
    def buy(lots: int) -> SignedOrder:
        return world.order(ANA, Side.BUY, lots, 100)

    assert came_of(placed(client, ANA, buy(1), timeInForce="ioc")) == ("killed", "no_liquidity", "0", "1")
    world.sell(BO, 5, 100)
    assert came_of(placed(client, ANA, buy(2), timeInForce="fok")) == ("filled", None, "0", "0")
    assert came_of(placed(client, ANA, buy(4), timeInForce="fok")) == ("killed", "not_fillable", "0", "4")
    assert came_of(placed(client, ANA, buy(5), timeInForce="ioc", market=True)) == ("killed", "remainder", "0", "2")
    rests = placed(client, ANA, buy(7), postOnly=True)
    assert came_of(rests) == ("open", None, "7", "0")
    crossing = body_of(BO, world.order(BO, Side.SELL, 1, 90)) | {"postOnly": True}
    problem(client.post("/orders", json=crossing), 422, "market.post_only_would_cross")


def test_order__with_instructions__shows_them_to_its_maker(world: World, client: TestClient) -> None:
    until = unix_s(world.clock.now()) + 600
    said = {
        "timeInForce": "gtd",
        "goodUntil": str(until),
        "postOnly": True,
        "selfTrade": "cancel_oldest",
        "clientOrderId": "bot-1",
        "market": False,
    }
    order = world.order(ANA, Side.SELL, 1, 100)
    placed(client, ANA, order, **said)

    shown = client.get(f"/orders/{to_hex(hash_of(order))}").json()
    assert {name: shown[name] for name in said} == said
    world.clock.at += timedelta(seconds=601)
    world.sell(BO, 1, 100)
    assert client.get(f"/orders/{to_hex(hash_of(order))}").json()["state"] == "expired"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"timeInForce": "gtd"}, "goodUntil"),
        ({"goodUntil": "5"}, "goodUntil"),
        ({"timeInForce": "gtd", "goodUntil": str(2**255)}, "goodUntil"),
        ({"timeInForce": "fok", "postOnly": True}, "postOnly"),
        ({"market": True}, "timeInForce"),
        ({"clientOrderId": "two words"}, "clientOrderId"),
        ({"clientOrderId": "x" * 65}, "clientOrderId"),
    ],
)
def test_instruction__out_of_place__is_refused_by_its_name(
    world: World, client: TestClient, said: dict[str, Any], field: str
) -> None:
    body, before = body_of(ANA, world.order(ANA, Side.SELL, 1, 100)) | said, state(world)
    found = problem(client.post("/orders", json=body), 422, "market.instruction_out_of_place")
    assert found["field"] == field
    assert client.post("/orders/validate", json=body).json()["code"] == found["code"]
    (outcome,) = client.post("/orders/batch", json={"orders": [body]}).json()
    assert outcome["problem"]["code"] == found["code"]
    assert state(world) == before


def test_client_order_id__again__is_one_order_with_one_answer(world: World, client: TestClient) -> None:
    order, other = world.order(ANA, Side.SELL, 5, 100), world.order(ANA, Side.SELL, 5, 100)
    first = placed(client, ANA, order, clientOrderId="a")
    world.buy(BO, 2, 100)

    assert placed(client, ANA, order, clientOrderId="a") == first
    taken = client.post("/orders", json=body_of(ANA, other) | {"clientOrderId": "a"})
    assert problem(taken, 409, "market.client_order_id_taken")["orderHash"] == first["orderHash"]
    problem(client.post("/orders", json=body_of(ANA, order)), 409, "market.order_placed_otherwise")
    assert placed(client, BO, world.order(BO, Side.SELL, 1, 100), clientOrderId="a")["sequence"] == 3
    world.restart()
    again = TestClient(market_app(world), base_url=ORIGIN)
    assert placed(again, ANA, order, clientOrderId="a") == first


# --- One person, several accounts ---


def test_self_trade__of_two_accounts_of_one_person__is_prevented_as_it_says(world: World, client: TestClient) -> None:
    world.owners = {ANA.address: "5e1f", BO.address: "5e1f"}
    resting = world.sell(ANA, 5, 100).accepted.order_hash

    stopped = placed(client, BO, world.order(BO, Side.BUY, 2, 100))
    assert (came_of(stopped)[:2], stopped["lotsStopped"]) == (("cancelled", "self_trade"), "2")
    goes_on = placed(client, BO, world.order(BO, Side.BUY, 2, 100), selfTrade="cancel_oldest")
    assert came_of(goes_on) == ("open", None, "2", "0")
    left = client.get(f"/orders/{to_hex(resting)}").json()
    assert (left["state"], left["reason"]) == ("cancelled", "self_trade_with_newer")
    assert placed(client, CHEN, world.order(CHEN, Side.SELL, 2, 100))["fills"], "another person meets it"
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


# --- Validation ---


def test_validate__with_instructions__says_what_they_would_make_of_it(world: World, client: TestClient) -> None:
    world.owners = {BO.address: "b0", CHEN.address: "b0"}
    world.sell(ANA, 3, 100)
    own = world.sell(CHEN, 4, 101).accepted.sequence
    world.sell(ANA, 9, 102)
    before = state(world)

    def verdict(lots: int, price_per_kg: int = 102, **said: object) -> tuple[Any, ...]:
        order = world.order(BO, Side.BUY, lots, price_per_kg)
        found = client.post("/orders/validate", json=body_of(BO, order) | said).json()
        if found["accepted"] and "postOnly" not in said and "selfTrade" not in said:
            assert found["whyNotAll"] in {None, "self_trade", "not_fillable", "remainder", "no_liquidity"}
        code = found["problem"] and found["problem"]["code"]
        return code, found["lotsFillable"], found["whyNotAll"], found["ownSequences"]

    assert verdict(2) == (None, "2", None, [])
    assert verdict(5) == (None, "3", "self_trade", [own])
    assert verdict(5, selfTrade="cancel_oldest") == (None, "5", None, [own])
    assert verdict(5, timeInForce="fok") == (None, "0", "not_fillable", [own])
    assert verdict(3, timeInForce="fok") == (None, "3", None, [])
    assert verdict(9, 100, timeInForce="ioc") == (None, "3", "remainder", [])
    assert verdict(9, 99, timeInForce="ioc") == (None, "0", "no_liquidity", [])
    assert verdict(9, 99) == (None, "0", None, [])
    assert verdict(2, postOnly=True) == ("market.post_only_would_cross", "2", None, [])
    assert state(world) == before


# --- Replacing ---


def test_replace__of_fewer_lots__keeps_the_place_and_gets_one_answer(world: World, client: TestClient) -> None:
    old = world.order(ANA, Side.SELL, 5, 100)
    placed(client, ANA, old)
    world.sell(CHEN, 5, 100)
    fewer = world.order(ANA, Side.SELL, 3, 100, number=old.number)
    path = f"/orders/{to_hex(hash_of(old))}/replace"

    first = client.post(path, json=body_of(ANA, fewer))
    again = client.post(path, json=body_of(ANA, fewer))

    assert (first.status_code, first.json()["lotsOpen"]) == (201, "3")
    assert (again.status_code, again.json()) == (201, first.json())
    gone = client.get(f"/orders/{to_hex(hash_of(old))}").json()
    assert (gone["state"], gone["reason"]) == ("cancelled", "replaced")
    met = placed(client, BO, world.order(BO, Side.BUY, 3, 100))
    shown = client.get(f"/orders/{first.json()['orderHash']}").json()
    assert (len(met["fills"]), shown["state"]) == (1, "filled"), "it stood before the other"


def test_replace__that_cannot_be__says_why_and_changes_nothing(world: World, client: TestClient) -> None:
    old, other = world.order(ANA, Side.SELL, 5, 100), world.order(BO, Side.SELL, 5, 101)
    placed(client, ANA, old)
    placed(client, BO, other)
    before = state(world)

    def refused(maker: Signer, order: SignedOrder, status: int, code: str, old_hash: bytes = hash_of(old)) -> None:
        answer = client.post(f"/orders/{to_hex(old_hash)}/replace", json=body_of(maker, order))
        problem(answer, status, code)

    mine = world.order(ANA, Side.SELL, 4, 100, number=old.number)
    refused(ANA, world.order(ANA, Side.SELL, 4, 100), 422, "market.replacement_differs")
    refused(ANA, mine, 404, "market.order_unknown", b"\x05" * 32)
    refused(ANA, mine, 403, "market.not_your_order", hash_of(other))
    forged = client.post(
        f"/orders/{to_hex(hash_of(old))}/replace",
        json=mine.wire() | {"signature": body_of(BO, mine)["signature"]},
    )
    problem(forged, 401, "market.signature_not_makers")
    assert state(world) == before
    world.buy(CHEN, 1, 100)
    refused(ANA, mine, 409, "market.order_partly_matched")


# --- The dead-man switch ---


def test_heartbeat__missed__cancels_every_open_order(world: World, client: TestClient) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    placed(client, ANA, order)
    mine = headers(client, ANA)

    armed = client.post("/orders/heartbeat", json={"seconds": 30}, headers=mine)
    assert armed.json() == {"until": iso(world.clock.now() + timedelta(seconds=30))}
    off = client.post("/orders/heartbeat", json={"seconds": 0}, headers=mine)
    assert off.json() == {"until": None}
    client.post("/orders/heartbeat", json={"seconds": 30}, headers=mine)
    world.clock.at += timedelta(seconds=31)
    world.sell(BO, 1, 100)

    shown = client.get(f"/orders/{to_hex(hash_of(order))}").json()
    assert (shown["state"], shown["reason"]) == ("cancelled", "heartbeat_missed")
    problem(client.post("/orders/heartbeat", json={"seconds": 4}, headers=mine), 422, "market.heartbeat_out_of_range")
    problem(client.post("/orders/heartbeat", json={"seconds": 30}), 401, "auth.required")


def test_heartbeat__by_a_key__needs_one_that_cancels(world: World, client: TestClient) -> None:
    body = b'{"seconds": 60}'
    now_s = unix_s(world.clock.now())
    for scope, status in (("read", 403), ("cancel", 200)):
        made = a_key(client, scope)
        said = signed_headers(made, now_s, "POST", "/orders/heartbeat", body) | {"content-type": "application/json"}
        assert client.post("/orders/heartbeat", content=body, headers=said).status_code == status
