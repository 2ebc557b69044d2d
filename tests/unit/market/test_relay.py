"""A WebSocket carried through to the market's owner ends when either end does, and says how."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from backend.chain.node import free_port
from backend.market.relay import OwnerUnreachable, relay

WAIT_S = 60
CONNECT = {"type": "websocket.connect"}


def carried(owner: Callable[[ServerConnection], Awaitable[None]], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What a client hears that says `messages` to an owner."""

    async def both() -> list[dict[str, Any]]:
        said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        heard: list[dict[str, Any]] = []
        for message in (CONNECT, *messages):
            said.put_nowait(message)

        async def send(message: Any) -> None:
            heard.append(message)

        async with serve(owner, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            await asyncio.wait_for(relay(f"http://127.0.0.1:{port}/stream", [], said.get, send), WAIT_S)
        return heard

    return asyncio.run(both())


def test_owner__dies__its_client_is_told_to_come_again() -> None:
    async def dies(socket: ServerConnection) -> None:
        await socket.send(await socket.recv())
        await socket.recv()
        socket.transport.abort()

    heard = carried(dies, *({"type": "websocket.receive", "text": text} for text in ("one", "two", "three")))

    assert heard == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "one"},
        {"type": "websocket.close", "code": 1013, "reason": "market.owner_unreachable"},
    ]


def test_owner__ends_without_a_word__is_a_normal_end() -> None:
    async def ends(socket: ServerConnection) -> None:
        await socket.close()

    assert carried(ends) == [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1000, "reason": ""}]


def test_client__goes__the_owner_hears_the_end() -> None:
    heard: list[str | bytes] = []

    async def listens(socket: ServerConnection) -> None:
        heard.extend([frame async for frame in socket])
        heard.append("over")

    carried(listens, {"type": "websocket.receive", "bytes": b"one"}, {"type": "websocket.disconnect", "code": 1005})

    assert heard == [b"one", "over"]


def test_owner__not_there__is_unreachable() -> None:
    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return CONNECT

        async def send(message: Any) -> None:
            pytest.fail(f"nothing was to be said: {message}")

        await relay(f"http://127.0.0.1:{free_port()}/stream", [], receive, send)

    with pytest.raises(OwnerUnreachable) as refusal:
        asyncio.run(ask())
    assert refusal.value.code == "market.owner_unreachable"
