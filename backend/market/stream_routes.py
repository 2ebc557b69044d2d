"""`/stream`: the market as it happens, over one WebSocket. See docs/stream.md for every frame.

Public channels are for everybody; private ones for whom the handshake signs in, by bearer token, cookie, or an API key
that reads. Pages of other sites may not open it. A client that asks too much, or reads too slowly, is let go with the
reason in the close frame.
"""

import asyncio
from contextlib import suppress
from typing import cast

from fastapi import APIRouter
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from backend.access.authority import Scope, account_of, is_nobodys, require_standing
from backend.access.problems import error_response
from backend.access.session import CrossSite, is_cross_site
from backend.access.state import clock_of
from backend.kernel.errors import TanyuError
from backend.market import frame
from backend.market.channel import channel_of
from backend.market.connection import Connection, SessionEnded
from backend.market.frame import Asked, FrameMalformed, Op, asked
from backend.market.hub import Hub
from backend.market.stream import HEARTBEAT_S, Stream

router = APIRouter(tags=["market"])

CLOSE_WAIT_S = 30
"""How long a client that is let go may take to hear why: whoever does not read can be told nothing."""


def stream_of(connection: HTTPConnection) -> Stream:
    """The stream (`state.stream`)."""
    return cast(Stream, connection.app.state.stream)


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Snapshot and deltas of what the client subscribes to."""
    hub = stream_of(socket).hub
    try:
        account = await asyncio.to_thread(_account_of, socket)
        connection = hub.enter(account, socket.client.host if socket.client else "")
    except TanyuError as failure:
        await socket.send_denial_response(error_response(failure))
        return
    try:
        await socket.accept()
        await _until_over(socket, hub, connection)
    finally:
        hub.leave(connection)


def _account_of(socket: WebSocket) -> str | None:
    """On whose authority it is opened; None for nobody's. Raises CrossSite, and what `account_of` raises for a token or
    a key that opens nothing.
    """
    if is_cross_site(socket, silent_is_cross=False):
        raise CrossSite
    return None if is_nobodys(socket) else account_of(socket, Scope.READ)


async def _until_over(socket: WebSocket, hub: Hub, connection: Connection) -> None:
    """Serves a client until it goes, or is let go."""
    tasks = [
        asyncio.create_task(_hear(socket, hub, connection)),
        asyncio.create_task(_speak(socket, connection)),
        asyncio.create_task(connection.ended.wait()),
    ]
    if connection.account is not None:
        tasks.append(asyncio.create_task(_watch_session(socket, connection)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                raise outcome
    ending = connection.ending
    if ending is not None and socket.client_state is WebSocketState.CONNECTED:
        with suppress(TimeoutError, WebSocketDisconnect):
            await asyncio.wait_for(socket.close(ending.code, ending.reason), CLOSE_WAIT_S)


async def _speak(socket: WebSocket, connection: Connection) -> None:
    while True:
        text = await connection.next()
        try:
            await socket.send_text(text)
        except RuntimeError:  # the server closed it meanwhile: a client that answers no ping
            return


async def _hear(socket: WebSocket, hub: Hub, connection: Connection) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        name = None
        try:
            text = message.get("text")
            if text is None:
                raise FrameMalformed("a binary frame")
            wish = asked(text)
            name = wish.channel or None
            _do(wish, hub, connection, socket)
        except TanyuError as failure:
            connection.refuse(frame.error(failure, name))


def _do(wish: Asked, hub: Hub, connection: Connection, socket: WebSocket) -> None:
    """Does what a client asks. Raises ChannelUnknown, ChannelPrivate, ClassUnknown, TooManySubscriptions."""
    if wish.op is Op.PING:
        connection.put(frame.pong(clock_of(socket).now()))
        return
    channel = channel_of(wish.channel, connection.account)
    match wish.op:
        case Op.SUBSCRIBE:
            hub.subscribe(connection, channel, wish.channel)
        case Op.RESUME:
            hub.resume(connection, channel, wish.channel, wish.after)
        case Op.UNSUBSCRIBE:
            hub.unsubscribe(connection, channel)
            connection.put(frame.unsubscribed(wish.channel))


async def _watch_session(socket: WebSocket, connection: Connection) -> None:
    """Lets the client go when its session ends, or its key is revoked."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            await asyncio.to_thread(require_standing, socket, Scope.READ)
        except TanyuError:
            connection.end(SessionEnded())
            return
