"""A buy over several classes over HTTP: planned, signed, placed together, and read by its reference."""

from typing import Any

import pytest

from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.market.numbers import OUTSTANDING_MAX
from backend.market.order import SignedOrder
from tests.api.test_market_routes import headers, problem
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, OTHER_CLASS_ID, World, signed
from tests.web import TestClient


def wish(world: World, lots: int, limit: int, **more: object) -> dict[str, Any]:
    expiry = str(unix_s(world.clock.now()) + 3600)
    return {"lots": str(lots), "limitPerKg": str(limit), "maxFeeBps": "100", "expiry": expiry} | more


def plan(client: TestClient, who: Signer, body: dict[str, Any]) -> Any:
    return client.post("/orders/plan", json=body, headers=headers(client, who))


def placed(client: TestClient, who: Signer, planned: dict[str, Any]) -> list[dict[str, Any]]:
    """Signs every order of a plan as it is, and places them together."""
    orders = [
        one["order"] | {"signature": to_hex(signed(who, SignedOrder.from_wire(_message(one["order"]))))}
        for one in planned["orders"]
    ]
    answer = client.post("/orders/batch", json={"orders": orders})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def _message(order: dict[str, Any]) -> dict[str, Any]:
    beside = {"timeInForce", "goodUntil", "postOnly", "selfTrade", "clientOrderId", "market"}
    return {name: value for name, value in order.items() if name not in beside}


def test_plan__signed_and_placed__buys_what_it_said_and_is_read_by_its_reference(
    world: World, client: TestClient
) -> None:
    world.sell(ANA, 3, 100)
    world.sell(ANA, 4, 98, class_id=OTHER_CLASS_ID)

    found = plan(client, BO, wish(world, 9, 100, vintages=[2025], methodology="SIM", reference="spring")).json()

    assert (found["lotsWanted"], found["lotsFillable"], found["cost"], found["isSimulated"]) == ("9", "7", "692", True)
    assert (found["fee"], found["feeAtMost"]) == ("1", "6"), "1.176 and 0.9, rounded down; 3.92 and 3"
    assert [(one["classCode"], one["lotsFillable"], one["cost"]) for one in found["orders"]] == [
        ("CN-SC/2025/SIM", "3", "300"),
        ("US-CA/2025/SIM", "4", "392"),
    ]
    assert all(one["matches"] and one["why"] is None for one in found["classes"])
    outcomes = placed(client, BO, found)
    assert [one["accepted"]["outcome"] for one in outcomes] == ["filled", "filled"]
    bought = client.get("/orders/plan/spring", headers=headers(client, BO)).json()
    assert (bought["lotsOrdered"], bought["lotsMatched"], bought["lotsOpen"], bought["cost"]) == ("7", "7", "0", "692")
    assert [order["clientOrderId"] for order in bought["orders"]] == ["spring:1", "spring:2"]
    world.market.bust(1, "PaymentFailed")
    assert client.get("/orders/plan/spring", headers=headers(client, BO)).json()["cost"] == "392"
    assert client.get("/orders/plan/spring", headers=headers(client, CHEN)).json()["orders"] == []


def test_plan__overtaken_by_another__gets_what_is_left_and_no_more_than_it_said(
    world: World, client: TestClient
) -> None:
    world.sell(ANA, 3, 100)
    found = plan(client, BO, wish(world, 3, 120)).json()
    world.buy(CHEN, 2, 100)
    world.sell(ANA, 5, 119)

    (outcome,) = placed(client, BO, found)

    assert (outcome["accepted"]["outcome"], outcome["accepted"]["lotsKilled"]) == ("killed", "2")
    assert found["reference"].startswith("plan-")


def test_plan__all_or_nothing__is_one_fok_or_refused(world: World, client: TestClient) -> None:
    world.sell(ANA, 3, 100)
    world.sell(ANA, 3, 98, class_id=OTHER_CLASS_ID)

    (one,) = plan(client, BO, wish(world, 3, 100, allOrNothing=True)).json()["orders"]
    refused = problem(plan(client, BO, wish(world, 4, 100, allOrNothing=True)), 422, "market.plan_not_atomic")

    assert (one["classCode"], one["order"]["timeInForce"]) == ("US-CA/2025/SIM", "fok")
    assert (refused["lotsMost"], refused["lotsTogether"]) == ("3", "4")


def test_plan__without_anything_to_take__has_no_orders_and_takes_no_numbers(world: World, client: TestClient) -> None:
    found = plan(client, BO, wish(world, 4, 100, regions=["CN-HB"])).json()

    assert (found["lotsFillable"], found["orders"]) == ("0", [])
    assert {one["why"] for one in found["classes"]} == {"region"}
    assert world.market.lease_numbers(BO.address, 1).first == 1


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"maxFeeBps": "29"}, 422, "market.fee_bound_too_low"),
        ({"expiry": "5"}, 422, "market.expiry_too_soon"),
        ({"lots": "0"}, 422, "input.invalid"),
        ({"reference": "a:b"}, 422, "input.invalid"),
        ({"ref": "0x" + "01" * 32}, 422, "market.ref_not_zero"),
        ({"action": "donate", "ref": "0x" + "00" * 31 + "07"}, 422, "campaign.not_open"),
    ],
)
def test_plan__of_orders_that_could_not_be_placed__is_refused(
    world: World, client: TestClient, more: dict[str, Any], status: int, code: str
) -> None:
    world.sell(ANA, 3, 100)

    problem(plan(client, BO, wish(world, 3, 100) | more), status, code)


def test_plan__asks_who_it_is_for_and_how_many_numbers_it_holds(world: World, client: TestClient) -> None:
    assert client.post("/orders/plan", json=wish(world, 3, 100)).status_code == 401
    assert client.get("/orders/plan/spring").status_code == 401
    world.sell(ANA, 3, 100)
    for _ in range(4):
        world.market.lease_numbers(BO.address, OUTSTANDING_MAX // 4)
    problem(plan(client, BO, wish(world, 3, 100)), 422, "market.numbers_exhausted")


def test_plan__does_not_meet_the_offers_of_the_same_person(world: World, client: TestClient) -> None:
    world.owners |= {ANA.address: "person", BO.address: "person"}
    world.sell(ANA, 3, 100)
    world.sell(CHEN, 3, 101, class_id=OTHER_CLASS_ID)

    found = plan(client, BO, wish(world, 3, 110)).json()

    assert {one["classCode"]: one["why"] for one in found["classes"]} == {
        "CN-SC/2025/SIM": "own_order",
        "US-CA/2025/SIM": None,
    }
    assert CLASS_ID not in [int(one["order"]["classId"]) for one in found["orders"]]
