"""`POST /orders` past the framework: what the fast reader takes goes straight to the market.

The route itself is FastAPI's and documented like any other; finding it among all routes, solving its parameters and
making its model cost more than the order. So this stands before them, takes the bodies that it can read, and leaves
every other request, and every body that it does not take, to them: only they say what is wrong with one.
"""

import asyncio
from collections.abc import Iterable
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.access.problems import error_response
from backend.kernel.errors import TanyuError
from backend.market.ack_wire import ack_json
from backend.market.instructions import PLAIN, Instructions
from backend.market.landing import landings_of
from backend.market.order import SignedOrder
from backend.market.order_wire import read_order
from backend.market.service import Ack, Market

_JSON = b"application/json"


class FastOrders:
    """Pure ASGI middleware, innermost: the body was read and bounded by those before it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on whatever is not an order that it can read."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != "/orders" or not _is_json(scope):
            await self.app(scope, receive, send)
            return
        first = await receive()
        read = None if first.get("more_body", False) else read_order(first.get("body", b""))
        if read is None:
            await self.app(scope, _again(first, receive), send)
            return
        try:
            ack = await placed(cast(Market, scope["app"].state.market), *read)
        except TanyuError as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        body = ack_json(ack)
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", _JSON)]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_json(scope: Scope) -> bool:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"content-type":
            return value == _JSON or value.partition(b";")[0].strip() == _JSON
    return False


def _again(first: Message, receive: Receive) -> Receive:
    """The messages of a request of which the first was taken."""
    taken = [first]

    async def replay() -> Message:
        return taken.pop() if taken else await receive()

    return replay


async def placed(market: Market, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Ack:
    """The acknowledgement of an order, awaited without holding a thread. Raises as `Entry.put` and its answer do."""
    landings = landings_of(asyncio.get_running_loop())
    return market.acknowledged(await landings.place(market.entry, order, signature, instructions))
