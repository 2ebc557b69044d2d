"""A WebSocket carried through: a client of a process that stands by hears the market's owner frame by frame.

Nothing is kept on the way: a client that reads too slowly holds up the owner's end, which lets it go as it would its
own. When the owner dies the client is told to come again, and finds whoever has taken over.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from starlette.types import Message, Receive, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import CloseCode

from backend.kernel.errors import Unavailable

_HANDSHAKES = "sec-websocket-"
_SERVERS_OWN = frozenset({"connection", "date", "server", "transfer-encoding"})
FRAMES_AHEAD = 16


class OwnerUnreachable(Unavailable):
    """The process that owns the market did not answer; what it was asked may still happen."""

    code = "market.owner_unreachable"

    def __init__(self) -> None:
        super().__init__(
            "the process that owns the market did not answer; the same request again gets the answer of the first"
        )


async def relay(url: str, headers: Sequence[tuple[str, str]], receive: Receive, send: Send) -> None:
    """Joins a client that asks for a WebSocket to the same path of the owner, until either goes. A refusal of the owner
    is the client's. Raises OwnerUnreachable if nothing was answered.
    """
    await receive()  # the client asks; it is answered once the owner has
    kept = [(name, value) for name, value in headers if not name.startswith(_HANDSHAKES)]
    try:
        opened = await connect(
            url.replace("http", "ws", 1),
            additional_headers=kept,
            compression=None,
            max_size=None,
            max_queue=FRAMES_AHEAD,
            proxy=None,
            user_agent_header=None,
        )
    except InvalidStatus as refusal:
        answer = refusal.response
        own = [
            (name.lower().encode(), value.encode())
            for name, value in answer.headers.raw_items()
            if name.lower() not in _SERVERS_OWN
        ]
        await send({"type": "websocket.http.response.start", "status": answer.status_code, "headers": own})
        await send({"type": "websocket.http.response.body", "body": answer.body or b""})
        return
    except (InvalidHandshake, OSError, TimeoutError) as failure:
        raise OwnerUnreachable from failure
    async with opened:
        await send({"type": "websocket.accept"})
        tasks = [asyncio.create_task(_down(opened, send)), asyncio.create_task(_up(opened, receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _down(owner: ClientConnection, send: Send) -> None:
    try:
        while True:
            frame = await owner.recv()
            await send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})
    except ConnectionClosed as closed:
        said = closed.rcvd
        if said is None:
            end = (int(CloseCode.TRY_AGAIN_LATER), OwnerUnreachable.code)
        elif said.code == CloseCode.NO_STATUS_RCVD:
            end = (int(CloseCode.NORMAL_CLOSURE), "")
        else:
            end = (said.code, said.reason)
        await send({"type": "websocket.close", "code": end[0], "reason": end[1]})


async def _up(owner: ClientConnection, receive: Receive) -> None:
    while True:
        message: Message = await receive()
        if message["type"] == "websocket.disconnect":
            await owner.close()
            return
        text: str | None = message.get("text")
        with suppress(ConnectionClosed):  # told on the way down
            await owner.send(message["bytes"] if text is None else text)
