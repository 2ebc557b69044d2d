"""Too often and too many: the answers, and that what was refused changed nothing and held nothing."""

import asyncio
from typing import Any

import pytest

from backend.access.limit_routes import router as limit_router
from backend.access.limits import BURST_S, COSTS, Limits
from backend.access.pressure import Crowd, Pressure
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.api.access_app import a_client, an_app
from tests.web import TestClient


class Watch:
    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def client(database: Database, clock: FixedClock, watch: Watch) -> TestClient:
    app = an_app(database, clock)
    app.state.limits = Limits.of(address_points_per_s=2, account_points_per_s=1, now_ms=watch)
    app.include_router(limit_router)
    app.add_middleware(Pressure, limits=app.state.limits)
    return a_client(app)


def test_address__asking_too_often__is_told_when_to_come_back(client: TestClient, watch: Watch) -> None:
    answers = [client.get("/limits") for _ in range(2 * BURST_S)]
    assert {answer.status_code for answer in answers} == {200}

    refused = client.get("/limits")

    assert (refused.status_code, refused.json()["code"]) == (429, "access.too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == refused.json()["retryAfterS"] == "1"
    watch.ms += 1_000
    assert client.get("/limits").status_code == 200


def test_limits__published__are_the_ones_that_hold(client: TestClient) -> None:
    found = client.get("/limits").json()

    assert (found["addressPointsPerS"], found["accountPointsPerS"], found["burstS"]) == (2, 1, BURST_S)
    assert {(row["method"], row["path"]): row["points"] for row in found["costs"]} == COSTS


def test_limits__where_nothing_is_limited__are_told_as_null(database: Database, clock: FixedClock) -> None:
    app = an_app(database, clock)
    app.include_router(limit_router)

    found = a_client(app).get("/limits").json()

    assert (found["addressPointsPerS"], found["accountPointsPerS"]) == (None, None)


def test_requests__more_at_once_than_served__are_told_to_come_back() -> None:
    async def crowd() -> list[list[dict[str, Any]]]:
        release = asyncio.Event()

        async def slow(_scope: object, _receive: object, send: Any) -> None:
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        door = Pressure(slow, crowd=Crowd(2))

        async def ask() -> list[dict[str, Any]]:
            sent: list[dict[str, Any]] = []

            async def send(message: Any) -> None:
                sent.append(message)

            async def receive() -> Any:
                raise AssertionError("nothing of a refused body is read")

            await door({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
            return sent

        waiting = [asyncio.ensure_future(ask()) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await ask()
        release.set()
        served = [await each for each in waiting]
        return [refused, *served, await ask()]

    refused, *served = asyncio.run(crowd())

    assert refused[0]["status"] == 503
    headers = dict(refused[0]["headers"])
    assert int(headers[b"retry-after"]) > 0
    assert b"access.overloaded" in refused[1]["body"]
    assert [each[0]["status"] for each in served] == [200, 200, 200]
