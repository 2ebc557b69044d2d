"""Orders where HTTP is read: what uvicorn does for any request (a task, a scope, an answer in two messages, each header
looked at again) costs as much as the signatures of an order do (docs/adr/0029). A request that is an order, plainly and
to the last header, is taken right here; every other goes the way of all, and whatever of an order is to be refused
before it is looked at as well.
"""

import asyncio
from typing import Any

from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from backend.api.one_write import OneWrite
from backend.market.fast_orders import PATH, OrderTaker

_PATH = PATH.encode()
_OTHERWISE = frozenset({b"expect", b"transfer-encoding", b"upgrade", b"x-forwarded-for", b"x-forwarded-proto"})
"""Headers that make of a request more than a body that comes at once, from whom the connection is with."""
_NOBODY_WAITS = asyncio.Event()


class _OrderCycle(RequestResponseCycle):
    """An order on its way: what the connection knows of a request and its answer, and no more."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.message_event = _NOBODY_WAITS


class OrderLane(OneWrite):
    """One connection of a server with orders; `taker` takes them."""

    taker: OrderTaker

    def on_headers_complete(self) -> None:
        """Keeps what may be an order."""
        before: RequestResponseCycle | None = self.cycle
        is_next = before is None or before.response_complete
        if is_next and self.url == _PATH and self._is_plain_post() and self.taker.takes(self.headers):
            self.cycle = _OrderCycle()
        else:
            super().on_headers_complete()

    def _is_plain_post(self) -> bool:
        if self.parser.get_method() != b"POST" or not self.parser.should_keep_alive():
            return False
        return _OTHERWISE.isdisjoint([name for name, _ in self.headers])

    def on_body(self, body: bytes) -> None:
        """Keeps it: it is short."""
        if type(self.cycle) is _OrderCycle:
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Takes the order; or has it go the way of all."""
        cycle = self.cycle
        if type(cycle) is not _OrderCycle:
            super().on_message_complete()
            return
        body = bytes(cycle.body)
        answer = self.taker.take(body, self.client and self.client[0])
        if answer is None:
            cycle.response_complete = True  # by nothing: the next takes its place
            super().on_headers_complete()
            super().on_body(body)
            super().on_message_complete()
            return
        self.taker.crowd.now += 1
        answer.add_done_callback(lambda told: self._answer(cycle, told))

    def _answer(self, cycle: _OrderCycle, answer: "asyncio.Future[Any]") -> None:
        self.taker.crowd.now -= 1
        if answer.cancelled():
            return  # with the loop
        status, headers, body = self.taker.told(self.scheme or "http", answer)
        cycle.response_complete = True
        if cycle.disconnected:
            return
        said = [b"%s: %s\r\n" % header for header in (*self.server_state.default_headers, *headers)]
        if not cycle.keep_alive:
            said.append(b"connection: close\r\n")
        self.transport.write(b"".join((STATUS_LINE[status], *said, b"\r\n", body)))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


def order_lane(app: FastAPI) -> type[asyncio.Protocol]:
    """The protocol for an app's server (`http` of uvicorn's settings)."""

    class Lane(OrderLane):
        taker = app.state.taker

    return Lane
