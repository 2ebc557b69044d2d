"""HTTP as uvicorn speaks it, but for one thing: what a connection is given to write in one turn of the loop leaves
as one. uvicorn writes an answer's head and its body each by a call of its own, and each wakes whoever waits for both:
a sixth of what an order costs the event loop (docs/adr/0029).
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GATHERED_MAX = 65_536
"""Bytes that wait for the turn to end; with more, the transport is to say at once whether it can take them."""


class Gathered:
    """A transport before which writes are gathered. In all else it is the transport."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Leaves in the next turn of the loop."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > GATHERED_MAX:
            self.flush()

    def close(self) -> None:
        """Closes it once all is written."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Hands over what waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting and not self._transport.is_closing():
            self._transport.write(b"".join(waiting))


class OneWrite(HttpToolsProtocol):
    """One connection. A WebSocket, whose frames are whole, has the transport itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn declares it
        """Takes the connection."""
        self._plain, self._gathered = transport, Gathered(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, self._gathered))

    def handle_websocket_upgrade(self) -> None:
        """Gives the connection to the WebSocket's protocol."""
        self._gathered.flush()
        self.transport = self._plain
        super().handle_websocket_upgrade()
