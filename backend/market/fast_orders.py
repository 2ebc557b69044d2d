"""`POST /orders` past the framework: what the fast reader takes goes straight to the market.

The route itself is FastAPI's and documented like any other; finding it among all routes, solving its parameters and
making its model cost more than the order, and what stands before the routes costs as much again. So this stands before
all of it, takes the bodies that it can read, and does for them, in one place, what each that it passes would have done.
Every other request, every body that it does not take, and whatever is to be refused before its order is looked at, it
leaves to them: only they say what is wrong.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.access.limits import Limits, TooManyRequests, cost_of
from backend.access.pressure import Crowd
from backend.access.problems import error_response, unexpected_response
from backend.kernel.errors import TanyuError
from backend.market.ack_wire import ack_json
from backend.market.forward import SECRET
from backend.market.instructions import PLAIN, Instructions
from backend.market.landing import landings_of
from backend.market.order import SignedOrder
from backend.market.order_wire import read_order
from backend.market.service import Ack, Market

HeadersOf: TypeAlias = Callable[[Scope], Sequence[tuple[bytes, bytes]]]
"""What the answer to a request carries beside what it says itself."""

_JSON = b"application/json"
_SECRET = SECRET.encode()
_LENGTH_DIGITS = 4
"""Of a body's length: fewer than 10,000 bytes, ten times what an order takes."""
_PATH = "/orders"
_COST = cost_of("POST", _PATH)


class FastOrders:
    """Pure ASGI, before every middleware. In the place of those behind it: bounds what is read (`BodyLimit`: nothing
    that it reads can nest), counts what is on its way (`Pressure`, with the same `crowd`), takes the address's points
    (`limits`), passes on what another process sent or has to answer (`Forward`), and adds `headers_of` the request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        crowd: Crowd | None = None,
        limits: Limits | None = None,
        headers_of: HeadersOf = lambda _scope: (),
    ) -> None:
        self.app = app
        self.crowd = Crowd() if crowd is None else crowd
        self.limits = limits
        self.headers_of = headers_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on whatever is not an order that it can read, or has no place or no points."""
        if scope["type"] != "http" or scope["path"] != _PATH or not self._takes(scope):
            await self.app(scope, receive, send)
            return
        first = await receive()
        read = None if first.get("more_body", False) else read_order(first.get("body", b""))
        if read is None or not self._has_points(scope):
            await self.app(scope, _again(first, receive), send)
            return
        self.crowd.now += 1
        try:
            ack = await placed(cast(Market, scope["app"].state.market), *read)
        except Exception as failure:  # noqa: BLE001 - before this stands nobody who would tell the caller
            response = _refused(failure)
            response.raw_headers += self.headers_of(scope)
            await response(scope, receive, send)
            return
        finally:
            self.crowd.now -= 1
        body = ack_json(ack)
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", _JSON), *self.headers_of(scope)]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _takes(self, scope: Scope) -> bool:
        """Whether it is a short JSON body for a market of this process, with room for it."""
        if scope["method"] != "POST" or scope["query_string"] or self.crowd.is_full:
            return False
        is_short = is_json = False
        for name, value in scope["headers"]:  # in lower case, as ASGI has them
            if name == b"content-length":
                is_short = len(value) <= _LENGTH_DIGITS and value.isdigit()
            elif name == b"content-type":
                is_json = value == _JSON or value.partition(b";")[0].strip() == _JSON
            elif name == _SECRET:
                return False
        market: Market | None = getattr(scope["app"].state, "market", None)
        return is_short and is_json and market is not None and market.sequencer.owns

    def _has_points(self, scope: Scope) -> bool:
        """Takes them, if the address has them; then nobody else may."""
        client = scope.get("client")
        if self.limits is not None and client is not None:
            try:
                self.limits.take_address(client[0], _COST)
            except TooManyRequests:
                return False
        return True


def _refused(failure: Exception) -> Response:
    return error_response(failure) if isinstance(failure, TanyuError) else unexpected_response("POST", _PATH, failure)


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
