"""A process that does not own the market sends its requests on to the one that does: nobody can tell the difference."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.access.site import Site
from backend.api.app import create_app
from backend.api.rooms import ROUTERS
from backend.chain.node import free_port
from backend.market.cancel_routes import router as cancelling
from backend.market.entry_routes import router as entry
from backend.market.forward import CALLER, SECRET, Forwarder, paths_of
from backend.market.order import Side
from backend.market.ownership import OWNED_FOR
from backend.market.routes import router
from backend.market.tape_routes import router as tape
from backend.storage.database import Database
from tests.api.access_app import bearer, token_for
from tests.api.market_app import CODE
from tests.api.test_market_routes import body_of, problem
from tests.unit.market.world import ANA, BO, DEPLOYMENT, World
from tests.web import TestClient, WebSocketDenialResponse

WAIT_S = 60


@dataclass
class Process:
    """One of many servers over one database."""

    world: World
    app: FastAPI
    url: str
    forwarder: Forwarder


def streams() -> APIRouter:
    """A WebSocket of the market's: tells who asks, repeats what it hears, and ends when told to, or at once."""
    made = APIRouter(tags=["market"])

    @made.websocket("/echo")
    async def _echo(socket: WebSocket) -> None:
        if socket.query_params.get("deny"):
            await socket.send_denial_response(Response("no", 403))
            return
        await socket.accept()
        assert socket.client is not None
        await socket.send_text(f"{socket.client.host} {socket.headers.get('authorization')}")
        while (message := await socket.receive())["type"] == "websocket.receive":
            if message.get("text") == "end":
                await socket.close(4001, "as asked")
                return
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])

    return made


def a_process(database: Database, *, is_first: bool) -> Process:
    port = free_port()
    url, site = f"http://127.0.0.1:{port}", Site.local(port)
    world = World(database, is_listed=not is_first, url=url)
    state = {
        "database": database,
        "clock": world.clock,
        "deployment": DEPLOYMENT,
        "site": site,
        "market": world.market,
    }
    forwarder = Forwarder(world.market.sequencer, site)
    app = create_app(state, [router, entry, cancelling, tape, streams()], {}, forwarder=forwarder)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await forwarder.close()

    app.router.lifespan_context = lifespan

    @app.get("/market/who-asks")
    def _who_asks(request: Request) -> str:
        assert request.client is not None
        return request.client.host

    return Process(world, app, url, forwarder)


@contextmanager
def served(process: Process) -> Iterator[None]:
    """Answers over HTTP in a thread."""
    port = int(process.url.rpartition(":")[2])
    server = uvicorn.Server(uvicorn.Config(process.app, host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + WAIT_S
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(WAIT_S)


@dataclass
class Pair:
    """The owner, served; and one that stands by, and its client."""

    owner: Process
    other: Process
    client: TestClient


@pytest.fixture
def pair(database: Database) -> Iterator[Pair]:
    owner, other = (a_process(database, is_first=is_first) for is_first in (True, False))
    with ExitStack() as stack:
        for process in (owner, other):
            stack.callback(process.world.stop)
            process.world.start()
        stack.enter_context(served(owner))
        client = TestClient(other.app, base_url=other.url, raise_server_exceptions=False)
        yield Pair(owner, other, stack.enter_context(client))


def test_paths__of_the_markets_room_and_of_no_other__are_sent_on() -> None:
    sent_on = paths_of(ROUTERS)
    assert {"market", "orders"} <= sent_on
    others = [room for room in ROUTERS if "market" not in room.tags]
    kept = {route.path.split("/")[1] for room in others for route in room.routes if isinstance(route, Route)}
    assert kept
    assert kept & sent_on == set()


def test_order__sent_to_a_process_that_stands_by__is_taken_by_the_owner(pair: Pair) -> None:
    numbers = pair.client.post("/orders/numbers", json={"count": 2}, headers=bearer(token_for(pair.client, ANA)))
    assert numbers.status_code == 201
    sell = pair.owner.world.order(ANA, Side.SELL, 10, 100, number=int(numbers.json()["from"]))

    placed = pair.client.post("/orders", json=body_of(ANA, sell))

    assert (placed.status_code, placed.json()["sequence"]) == (201, 1)
    assert placed.headers["x-frame-options"] == "DENY"
    assert len(placed.headers.get_list("date")) <= 1
    assert pair.client.get(f"/market/{CODE}/book", params={"depth": 1}).json()["asks"][0]["lots"] == "10"
    again = pair.client.post("/orders", json=body_of(ANA, sell)).json()
    assert again == placed.json()
    mine = pair.client.get("/orders", headers=bearer(token_for(pair.client, ANA))).json()
    assert [order["sequence"] for order in mine["items"]] == [1]
    cancelled = pair.client.delete(f"/orders/{placed.json()['orderHash']}", headers=bearer(token_for(pair.client, ANA)))
    assert cancelled.json()["sequence"] == 2


def test_refusal__of_the_owner__comes_back_as_it_was_said(pair: Pair) -> None:
    order = pair.owner.world.order(BO, Side.BUY, 1, 100)
    forged = pair.client.post("/orders", json=body_of(ANA, order))
    problem(forged, 401, "market.signature_not_makers")
    assert forged.headers["www-authenticate"]
    problem(
        pair.client.post("/orders", content=b"{", headers={"Content-Type": "application/json"}), 400, "input.not_json"
    )
    problem(pair.client.get("/market/nothing/book"), 404, "market.class_unknown")
    head = pair.client.head(f"/market/{CODE}/book")
    assert (head.status_code, head.content) == (200, b"")


def test_own_page__with_an_origin_only__may_change_what_is_its_accounts(pair: Pair) -> None:
    """As browsers without fetch metadata say it: the owner knows other origins, and is told its own."""
    token = token_for(pair.client, ANA)
    for origin, status in ((pair.other.url, 201), ("http://evil.example", 403)):
        answer = pair.client.post(
            "/orders/numbers",
            json={"count": 1},
            headers={"Cookie": f"tanyu_session={token}", "Origin": origin},
        )
        assert answer.status_code == status


def test_caller__of_a_request_sent_on__is_who_asked_first_and_cannot_be_made_up(pair: Pair) -> None:
    for header in (CALLER, "X-Forwarded-For"):
        assert pair.client.get("/market/who-asks", headers={header: "10.9.9.9"}).json() == "testclient"
    direct = TestClient(pair.owner.app, base_url=pair.owner.url)
    assert direct.get("/market/who-asks").json() == "testclient"
    secret = pair.owner.world.market.sequencer.ownership.secret
    assert direct.get("/market/who-asks", headers={SECRET: secret, CALLER: "10.9.9.9"}).json() == "10.9.9.9"

    made_up = direct.get("/market/who-asks", headers={SECRET: "0" * 32, CALLER: "10.9.9.9"})

    problem(made_up, 503, "market.moved")


def test_websocket__to_a_process_that_stands_by__is_carried_through_to_the_owner(pair: Pair) -> None:
    with pair.client.websocket_connect("/echo", headers={"Authorization": "Bearer x"}) as socket:
        assert socket.receive_text() == "testclient Bearer x"
        socket.send_text("电")
        socket.send_bytes(b"\0\xff")
        assert (socket.receive_text(), socket.receive_bytes()) == ("电", b"\0\xff")
        socket.send_text("end")
        with pytest.raises(WebSocketDisconnect) as over:
            socket.receive_text()
    assert (over.value.code, over.value.reason) == (4001, "as asked")


def test_websocket__that_the_owner_refuses_or_nobody_owns__is_refused(pair: Pair) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, pair.client.websocket_connect("/echo?deny=1"):
        pass
    assert (refused.value.status_code, refused.value.content) == (403, b"no")
    pair.owner.world.stop()
    pair.other.world.stop()
    with pytest.raises(WebSocketDenialResponse) as unowned, pair.client.websocket_connect("/echo"):
        pass
    assert unowned.value.status_code == 503
    assert unowned.value.json()["code"] in {"market.unowned", "market.moved"}, "whether the owner was still remembered"


def test_request_sent_on__to_one_that_owns_it_no_longer__goes_no_further(pair: Pair) -> None:
    other_secret = pair.other.world.market.sequencer.ownership.secret
    answer = pair.client.get(f"/market/{CODE}/book", headers={SECRET: other_secret})
    problem(answer, 503, "market.moved")
    assert answer.headers["retry-after"]


def test_owner__that_does_not_answer_or_is_gone__is_503_with_when_to_come_again(pair: Pair, database: Database) -> None:
    dead = a_process(database, is_first=False)
    pair.owner.world.stop()
    pair.other.world.stop()
    dead.world.start()
    stands_by = a_process(database, is_first=False)
    with TestClient(stands_by.app, base_url=stands_by.url) as client:
        unreachable = client.get(f"/market/{CODE}/book")
        problem(unreachable, 503, "market.owner_unreachable")
        assert unreachable.headers["retry-after"]

        dead.world.stop()
        problem(client.post("/orders", json={}), 503, "market.unowned")
        stands_by.world.clock.at += OWNED_FOR + timedelta(seconds=1)
        stands_by.world.start()
        assert client.get(f"/market/{CODE}/book").status_code == 200
    stands_by.world.stop()
