"""An order that is taken before the middlewares meets with what they do for every other request."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI

from backend.access.limits import COSTS, Limits
from backend.access.pressure import Crowd
from backend.access.site import Site
from backend.api.app import create_app
from backend.kernel.digest import to_hex
from backend.market.entry_routes import router as entry_router
from backend.market.fast_orders import FastOrders, OrderTaker
from backend.market.order import Side
from tests.api.access_app import a_client
from tests.unit.market.world import ANA, DEPLOYMENT, World, signed
from tests.web import TestClient

ORDERS = 3


class Watch:
    def __call__(self) -> int:
        return 0


@pytest.fixture
def app(world: World) -> FastAPI:
    """The whole app over a started market; an address may place `ORDERS` orders, and then no more."""
    limits = Limits.of(address_points_per_s=1, account_points_per_s=1_000, now_ms=Watch())
    limits.addresses.burst = ORDERS * COSTS["POST", "/orders"]
    state = {
        "database": world.database,
        "clock": world.clock,
        "site": Site.local(8000),
        "deployment": DEPLOYMENT,
        "market": world.market,
        "limits": limits,
    }
    return create_app(state, [entry_router], {})


def an_order(world: World, price_per_kg: int = 100) -> dict[str, Any]:
    order = world.order(ANA, Side.SELL, 1, price_per_kg)
    return order.wire() | {"signature": to_hex(signed(ANA, order))}


def test_order__taken_before_all_others__is_answered_as_by_the_route(world: World, app: FastAPI) -> None:
    client, body = a_client(app), an_order(world)

    fast, slow = client.post("/orders", json=body), client.post("/orders?by=route", json=body)

    assert (fast.status_code, fast.json()) == (201, slow.json())
    assert "content-security-policy" in fast.headers
    assert dict(fast.headers) == dict(slow.headers)


def test_refusal__of_one__carries_the_same_headers(world: World, app: FastAPI) -> None:
    client, body = a_client(app), an_order(world) | {"maxFeeBps": "0"}

    fast, slow = client.post("/orders", json=body), client.post("/orders?by=route", json=body)

    assert (fast.status_code, fast.json()["code"]) == (slow.status_code, slow.json()["code"])
    assert fast.status_code >= 400
    assert dict(fast.headers).keys() == dict(slow.headers).keys()


def test_points__of_an_address__are_taken_once_an_order_and_refuse_the_next(world: World, app: FastAPI) -> None:
    client: TestClient = a_client(app)
    answers = [client.post("/orders", json=an_order(world, 100 + at)) for at in range(ORDERS + 1)]

    assert [answer.status_code for answer in answers] == [201] * ORDERS + [429]
    assert answers[-1].json()["code"] == "access.too_many_requests"
    assert "content-security-policy" in answers[-1].headers


def test_order__to_a_process_whose_market_is_stopped__is_told_by_the_route(world: World, app: FastAPI) -> None:
    body = an_order(world)
    world.stop()
    answer = a_client(app).post("/orders", json=body)
    world.start()
    assert (answer.status_code, answer.json()["code"]) == (503, "market.stopped")


@pytest.mark.parametrize("changed", [{"method": "PUT"}, {"query_string": b"a=b"}, {"path": "/orders/batch"}])
def test_request__that_is_another_or_one_too_many__is_passed_on_unread(changed: dict[str, Any]) -> None:
    passed: list[str] = []

    async def inner(scope: Any, _receive: object, _send: object) -> None:
        passed.append(scope["path"])

    async def receive() -> Any:
        raise AssertionError("nothing of it is read")

    async def send(_message: object) -> None:
        raise AssertionError("nothing is answered")

    scope = {"type": "http", "method": "POST", "path": "/orders", "query_string": b"", "headers": []}
    for crowd, request in ((Crowd(), scope | changed), (Crowd(0), scope)):
        asyncio.run(FastOrders(inner, taker=OrderTaker(None, crowd))(request, receive, send))
    assert passed == [changed.get("path", "/orders"), "/orders"]


def test_bug__behind_it__is_told_as_the_app_tells_others_and_is_logged(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError("a bug")

    body = an_order(world)
    monkeypatch.setattr(world.market, "acknowledged", broken)
    answer = a_client(app).post("/orders", json=body)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in answer.headers
    assert answer.json()["errorId"] in caplog.text
    assert "ZeroDivisionError" in caplog.text
