"""A real server in a thread, for tests that speak over sockets."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from backend.api.one_write import OneWrite
from backend.chain.node import free_port

WAIT_S = 60


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits for what other threads bring about."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_S} s for {what}"
        time.sleep(0.01)


@contextmanager
def serving(app: ASGIApp, port: int | None = None, http: type[asyncio.Protocol] = OneWrite) -> Iterator[str]:
    """The base URL of a server that runs until the end, with its lifespan; on a free port unless one is given."""
    port = port or free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=http,
        log_config=None,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="test-server")
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "the server to start")
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(WAIT_S)
        assert not thread.is_alive(), "the server did not end"


class Wire:
    """One client of `/stream`, frame by frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def ask(self, op: str, channel: str | None = None, **more: object) -> None:
        named = {} if channel is None else {"channel": channel}
        self.socket.send(json.dumps({"op": op, **named, **more}))

    def next(self, kind: str | None = None, wait_s: float = WAIT_S) -> dict[str, Any]:
        """The next frame that is no heartbeat, which must be of this kind."""
        while (found := json.loads(self.socket.recv(wait_s)))["type"] == "heartbeat":
            pass
        assert kind is None or found["type"] == kind, found
        return dict(found)

    def closing(self) -> tuple[int, str]:
        """Reads to the end: the close frame's code, and the code of the error it names."""
        with pytest.raises(ConnectionClosedError) as closed:
            self._read_to_the_end()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason.partition(":")[0]

    def _read_to_the_end(self) -> None:
        while True:
            self.socket.recv(WAIT_S)

    def subscribe(self, channel: str) -> dict[str, Any]:
        """Its snapshot."""
        self.ask("subscribe", channel)
        return self.next("snapshot")


@contextmanager
def wire(base_url: str, token: str | None = None, **headers: str) -> Iterator[Wire]:
    """An open stream."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    url = base_url.replace("http", "ws", 1) + "/stream"
    with connect(url, additional_headers=given, proxy=None, compression=None, max_size=2**26) as socket:
        yield Wire(socket)
