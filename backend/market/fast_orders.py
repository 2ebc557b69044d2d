"""`POST /orders` past the framework: what the fast reader takes goes straight to the market.

The route itself is FastAPI's and documented like any other; finding it among all routes, solving its parameters and
making its model cost more than the order, and what stands before the routes costs as much again. So this stands before
all of it, takes the bodies that it can read, and does for them, in one place, what each that it passes would have done.
Every other request, every body that it does not take, and whatever is to be refused before its order is looked at, it
leaves to them: only they say what is wrong. It stands twice: where HTTP is read (`api.order_lane`), and before the
middlewares, for what came by way of a proxy.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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
from backend.market.place import Accepted
from backend.market.service import Ack, Market

HeadersOf: TypeAlias = Callable[[str], Sequence[tuple[bytes, bytes]]]
"""What the answer to a request of a scheme carries beside what it says itself."""

_JSON = b"application/json"
_SECRET = SECRET.encode()
_LENGTH_DIGITS = 4
"""Of a body's length: fewer than 10,000 bytes, ten times what an order takes."""
PATH = "/orders"
_COST = cost_of("POST", PATH)


Told: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]
"""An answer: its status, its headers, its body."""


@dataclass(frozen=True)
class OrderTaker:
    """Takes orders in the place of those that it stands before: bounds what is read (`BodyLimit`: nothing that it reads
    can nest), counts what is on its way (`Pressure`, with the same `crowd`), takes the address's points (`limits`), and
    leaves what another process sent or has to answer (`Forward`). `headers_of`: by a request's scheme.
    """

    market: Market | None
    crowd: Crowd = field(default_factory=Crowd)
    limits: Limits | None = None
    headers_of: HeadersOf = lambda _scheme: ()

    def takes(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request to `POST /orders` has a short JSON body for a market of this process, with room for it.
        Names of headers are in lower case, as ASGI has them.
        """
        if self.crowd.is_full:
            return False
        is_short = is_json = False
        for name, value in headers:
            if name == b"content-length":
                is_short = len(value) <= _LENGTH_DIGITS and value.isdigit()
            elif name == b"content-type":
                is_json = value == _JSON or value.partition(b";")[0].strip() == _JSON
            elif name == _SECRET:
                return False
        return is_short and is_json and self.market is not None and self.market.sequencer.owns

    def take(self, body: bytes, host: str | None) -> "asyncio.Future[Accepted] | None":
        """Where the order's answer will be, for `told`; None if it cannot be read, or the address has no points: only
        those behind say what is wrong. Whoever asks counts it in the `crowd` until it is told.
        """
        read = read_order(body)
        if read is None or self.market is None or not self._has_points(host):
            return None
        return _leave(self.market, *read)

    def told(self, scheme: str, answer: "asyncio.Future[Accepted]") -> Told:
        """What its sender is told, once it is there. Never raises: before this stands nobody who would tell of it."""
        try:
            assert self.market is not None, "it took the order"
            body = ack_json(self.market.acknowledged(answer.result()))
        except Exception as failure:  # noqa: BLE001 - as above
            response = _refused(failure)
            return response.status_code, [*response.raw_headers, *self.headers_of(scheme)], bytes(response.body)
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", _JSON), *self.headers_of(scheme)]
        return 201, headers, body

    def _has_points(self, host: str | None) -> bool:
        """Takes them, if the address has them; then nobody else may."""
        if self.limits is not None and host is not None:
            try:
                self.limits.take_address(host, _COST)
            except TooManyRequests:
                return False
        return True


class FastOrders:
    """Pure ASGI, before every middleware."""

    def __init__(self, app: ASGIApp, *, taker: OrderTaker) -> None:
        self.app = app
        self.taker = taker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on whatever is not an order that it can read, or has no place or no points."""
        if scope["type"] != "http" or scope["path"] != PATH or not self._takes(scope):
            await self.app(scope, receive, send)
            return
        first, client = await receive(), scope.get("client")
        is_whole = not first.get("more_body", False)
        answer = self.taker.take(first.get("body", b""), client and client[0]) if is_whole else None
        if answer is None:
            await self.app(scope, _again(first, receive), send)
            return
        self.taker.crowd.now += 1
        try:
            await asyncio.wait((answer,))
        finally:
            self.taker.crowd.now -= 1
        status, headers, body = self.taker.told(scope["scheme"], answer)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _takes(self, scope: Scope) -> bool:
        return scope["method"] == "POST" and not scope["query_string"] and self.taker.takes(scope["headers"])


def _refused(failure: Exception) -> Response:
    return error_response(failure) if isinstance(failure, TanyuError) else unexpected_response("POST", PATH, failure)


def _again(first: Message, receive: Receive) -> Receive:
    """The messages of a request of which the first was taken."""
    taken = [first]

    async def replay() -> Message:
        return taken.pop() if taken else await receive()

    return replay


def _leave(
    market: Market, order: SignedOrder, signature: bytes, instructions: Instructions
) -> "asyncio.Future[Accepted]":
    return landings_of(asyncio.get_running_loop()).place(market.entry, order, signature, instructions)


async def placed(market: Market, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Ack:
    """The acknowledgement of an order, awaited without holding a thread. Raises as `Entry.put` and its answer do."""
    return market.acknowledged(await _leave(market, order, signature, instructions))
