"""An order over a connection is taken where HTTP is read, and nobody can tell by its answer."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from backend.access.limits import COSTS
from backend.api.order_lane import order_lane
from tests.api.test_fast_orders import ORDERS, an_order, app
from tests.unit.market.world import World
from tests.web_socket import serving, until

__all__ = ["app"]  # a fixture of the tests of the ASGI side

WAIT_S = 30


@dataclass
class Passed:
    """An app that notes what came to it, and how."""

    app: FastAPI
    requests: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.requests.append(scope["method"])
        await self.app(scope, receive, send)


@dataclass
class Served:
    """A server with the lane."""

    port: int
    passed: Passed

    @contextmanager
    def talking(self) -> Iterator[http.client.HTTPConnection]:
        """One connection, which is kept from request to request."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)) as connection:
            yield connection

    @contextmanager
    def wired(self) -> Iterator[socket.socket]:
        with closing(socket.create_connection(("127.0.0.1", self.port), WAIT_S)) as wire:
            yield wire


@pytest.fixture
def served(app: FastAPI) -> Iterator[Served]:
    passed = Passed(app)
    with serving(passed, http=order_lane(app)) as base_url:
        yield Served(int(base_url.rpartition(":")[2]), passed)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


def post(
    connection: http.client.HTTPConnection, order: object, path: str = "/orders", headers: dict[str, str] | None = None
) -> Answer:
    given = {"Content-Type": "application/json", "Connection": "keep-alive"} | (headers or {})
    connection.request("POST", path, json.dumps(order).encode(), given)
    return read(connection.getresponse())


def read(response: http.client.HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders() if name.lower() != "date"}
    return Answer(response.status, headers, json.loads(response.read()))


def answers(wire: socket.socket, count: int) -> list[Answer]:
    """The next answers that come over a wire, each whole."""
    with wire.makefile("rb") as file:
        found = []
        for _ in range(count):
            status = int(file.readline().split()[1])
            lines = iter(file.readline, b"\r\n")
            headers = {
                name.decode(): value.strip().decode() for name, _, value in (line.partition(b":") for line in lines)
            }
            found.append(Answer(status, headers, json.loads(file.read(int(headers["content-length"])))))
        return found


def request_of(order: object) -> bytes:
    body = json.dumps(order).encode()
    head = f"POST /orders HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def test_order__over_a_connection__is_answered_as_by_the_route_without_coming_to_it(
    world: World, served: Served
) -> None:
    body = an_order(world)
    with served.talking() as connection:
        fast = post(connection, body)
        assert served.passed.requests == []
        slow = post(connection, body, "/orders?by=route")
    assert fast.status == 201
    assert fast == slow
    assert served.passed.requests == ["POST"]


def test_refusal__of_one__is_the_routes(world: World, served: Served) -> None:
    body = an_order(world) | {"maxFeeBps": "0"}
    with served.talking() as connection:
        fast = post(connection, body)
        assert served.passed.requests == []
        slow = post(connection, body, "/orders?by=route")
    assert (fast.status, fast.body, fast.headers) == (slow.status, slow.body, slow.headers)
    assert fast.status == 401, "signed with another fee"


def test_body__that_is_no_order__is_told_of_by_the_route_and_the_connection_goes_on(
    world: World, served: Served
) -> None:
    with served.talking() as connection:
        refused = post(connection, an_order(world) | {"side": "neither"})
        taken = post(connection, an_order(world))
    assert (refused.status, refused.body["code"]) == (422, "input.invalid")
    assert taken.status == 201
    assert served.passed.requests == ["POST"]


def test_points__of_an_address__are_taken_once_an_order_and_refuse_the_next(world: World, served: Served) -> None:
    with served.talking() as connection:
        told = [post(connection, an_order(world, 100 + at)) for at in range(ORDERS + 1)]
    assert [answer.status for answer in told] == [201] * ORDERS + [429]
    assert told[-1].body["code"] == "access.too_many_requests"
    assert COSTS["POST", "/orders"] * ORDERS == served.passed.app.state.limits.addresses.burst


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "192.0.2.1"},
        {"X-Forwarded-Proto": "https"},
        {"Expect": "100-continue"},
        {"Connection": "close"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_request__that_is_not_plain__goes_the_way_of_all(world: World, served: Served, header: dict[str, str]) -> None:
    with served.talking() as connection:
        told = post(connection, an_order(world), headers=header)
    assert told.status == 201
    assert served.passed.requests == ["POST"]
    is_https = "x-forwarded-proto" in {name.lower() for name in header}
    assert ("strict-transport-security" in told.headers) is is_https


def test_order__in_pieces__is_taken_when_it_is_whole(world: World, served: Served) -> None:
    request = request_of(an_order(world))
    with served.wired() as wire:
        for piece in (request[:20], request[20:140], request[140:-7], request[-7:]):
            wire.sendall(piece)
        (told,) = answers(wire, 1)
    assert told.status == 201
    assert served.passed.requests == []


def test_orders__sent_without_waiting__are_answered_in_order(world: World, served: Served) -> None:
    with served.wired() as wire:
        wire.sendall(request_of(an_order(world, 100)) + request_of(an_order(world, 101)))
        first, second = answers(wire, 2)
        wire.sendall(request_of(an_order(world, 102)))
        (third,) = answers(wire, 1)
    assert [told.status for told in (first, second, third)] == [201, 201, 201]
    sequences = [told.body["sequence"] for told in (first, second, third)]
    assert sequences == sorted(sequences)


def test_bug__behind_it__is_told_as_the_app_tells_others(
    world: World, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError("a bug")

    body = an_order(world)
    monkeypatch.setattr(world.market, "acknowledged", broken)
    with served.talking() as connection:
        told = post(connection, body)
    assert (told.status, told.body["code"]) == (500, "internal")
    assert told.body["errorId"] in caplog.text


@contextmanager
def held(world: World) -> Iterator[Callable[[], None]]:
    """The sequencer waits until it is let go."""
    here, on = Event(), Event()

    def hold(_turn: object) -> None:
        here.set()
        assert on.wait(WAIT_S)

    world.market.sequencer.submit(hold)
    assert here.wait(WAIT_S)
    try:
        yield on.set
    finally:
        on.set()


def test_sender__that_leaves_before_its_answer__has_its_order_placed_and_holds_no_room(
    world: World, served: Served
) -> None:
    crowd, request = served.passed.app.state.taker.crowd, request_of(an_order(world))
    with held(world) as let_go:
        with served.wired() as wire:
            wire.sendall(request)
            until(lambda: crowd.now == 1, "the order to be on its way")
        let_go()
    until(lambda: crowd.now == 0, "the order to be told")
    assert world.market.sequencer.ask(lambda engine, _: len(engine.orders)) == 1


def test_server__that_stops__answers_who_waits_and_closes(world: World, app: FastAPI) -> None:
    crowd, request = app.state.taker.crowd, request_of(an_order(world))
    with held(world) as let_go:
        with serving(app, http=order_lane(app)) as base_url:
            wire = socket.create_connection(("127.0.0.1", int(base_url.rpartition(":")[2])), WAIT_S)
            wire.sendall(request)
            until(lambda: crowd.now == 1, "the order to be on its way")
            letting_go = Thread(target=lambda: Event().wait(0.5) or let_go())
            letting_go.start()
        letting_go.join()
        with closing(wire):
            (told,) = answers(wire, 1)
            assert wire.recv(1) == b""
    assert (told.status, told.headers["connection"]) == (201, "close")
