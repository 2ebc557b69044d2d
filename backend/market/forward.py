"""Sending on: a process that does not own the market hands every request of the market's room to the one that does.

Whoever asks need not know which process that is. The owner answers as if it had been asked itself, so the book, the
tape and one's own orders always come from one place. Between the processes a request carries the secret of the owner's
lease, which only those have who read the same database: then the owner believes what it says of the caller's address.
It is sent on once at most; nothing is sent twice, for nobody could say whether the first had been heard.
"""

import hmac
from collections.abc import Iterable
from time import monotonic

import httpx
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.access.problems import error_response
from backend.access.site import Site
from backend.kernel.errors import TanyuError, Unavailable
from backend.link.lease import Holder
from backend.market.ownership import MarketMoved
from backend.market.relay import OwnerUnreachable, relay
from backend.market.sequencer import ANSWER_TIMEOUT_S, Sequencer

ROOM = "market"
"""The tag of the room's routers."""

SECRET = "tanyu-owner-secret"  # noqa: S105 - a header's name
CALLER = "tanyu-caller"
"""Headers between the processes: the owner's secret, and the address that asked."""

FOR = "x-forwarded-for"
"""Says that address again, to what counts requests before they come here: the server believes it of this machine."""

KNOWN_FOR_S = 0.5  # money-lint: seconds
"""How long who owns the market is remembered before the lease is read again."""

CONNECT_TIMEOUT_S = 2
CONNECTIONS_MAX = 256

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        SECRET,
        CALLER,
        FOR,
    }
)
"""Of one connection only (RFC 9110, 7.6.1), or made anew."""

_SERVERS_OWN = frozenset({"date", "server"})


class MarketUnowned(Unavailable):
    """No process owns the market now: its owner ended, and another is about to take over."""

    code = "market.unowned"

    def __init__(self) -> None:
        super().__init__("no process owns the market now; another is about to: try again in a moment")


class Forwarder:
    """How one process reaches the market's owner. `close` at the end."""

    def __init__(self, sequencer: Sequencer, site: Site) -> None:
        self._sequencer, self._site = sequencer, site
        self._known: tuple[float, Holder] | None = None  # money-lint: seconds of a clock
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S + 5, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=False,
        )

    @property
    def is_owner(self) -> bool:
        """Whether this process owns the market, as far as it knows."""
        return self._sequencer.owns

    def caller_of(self, headers: Headers) -> str:
        """Who asked, of a request that was sent on to here. Raises MarketMoved unless it names this owner's secret."""
        secret = self._sequencer.ownership.secret
        if not self.is_owner or not hmac.compare_digest(headers[SECRET].encode(), secret.encode()):
            raise MarketMoved
        return headers.get(CALLER, "")

    async def send(self, scope: Scope, body: bytes) -> httpx.Response:
        """The owner's answer, its body not yet read. Raises MarketUnowned, OwnerUnreachable, DatabaseUnavailable."""
        owner = await self.owner()
        request = self._http.build_request(
            scope["method"], self.target(scope, owner), headers=self.headers(scope, owner), content=body
        )
        try:
            return await self._http.send(request, stream=True)
        except httpx.TransportError as failure:
            self._known = None
            raise OwnerUnreachable from failure

    async def close(self) -> None:
        """Ends its connections."""
        await self._http.aclose()

    async def owner(self) -> Holder:
        """Who owns the market, as of half a second ago. Raises MarketUnowned, DatabaseUnavailable."""
        if self._known is not None and monotonic() - self._known[0] < KNOWN_FOR_S:
            return self._known[1]
        owner = await run_in_threadpool(self._sequencer.ownership.owner)
        if owner is None or owner.url is None or owner.secret == self._sequencer.ownership.secret:
            raise MarketUnowned
        self._known = (monotonic(), owner)
        return owner

    @staticmethod
    def target(scope: Scope, owner: Holder) -> str:
        """The same path and query at the owner."""
        query = scope["query_string"].decode("ascii")
        return f"{owner.url}{scope['raw_path'].decode('ascii')}" + (f"?{query}" if query else "")

    def headers(self, scope: Scope, owner: Holder) -> list[tuple[str, str]]:
        """The caller's own; an origin of ours becomes the owner's, which knows only its own pages."""
        headers = [(name, value) for name, value in Headers(scope=scope).items() if name not in _HOP_BY_HOP]
        headers = [
            (name, owner.url or value if name == "origin" and self._site.has(value) else value)
            for name, value in headers
        ]
        caller = scope["client"][0] if scope.get("client") else ""
        return [*headers, (SECRET, owner.secret), (CALLER, caller), (FOR, caller)]


def paths_of(routers: Iterable[APIRouter]) -> frozenset[str]:
    """The first parts of the market's paths, such as `orders`: all that begins with one of them is the market's."""
    routes = [route for router in routers if ROOM in router.tags for route in router.routes]
    return frozenset(_first_part(route.path) for route in routes if isinstance(route, Route | WebSocketRoute))


def _first_part(path: str) -> str:
    return path.removeprefix("/").partition("/")[0]


class Forward:
    """Pure ASGI middleware: the market's requests go to its owner. Bodies are read before it (`BodyLimit`)."""

    def __init__(self, app: ASGIApp, *, forwarder: Forwarder, paths: frozenset[str]) -> None:
        self.app = app
        self.forwarder = forwarder
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not the market's, and everything if this process owns it."""
        if scope["type"] not in {"http", "websocket"} or _first_part(scope["path"]) not in self.paths:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if SECRET in headers:
                caller = self.forwarder.caller_of(headers)
                await self.app({**scope, "client": (caller, 0)}, receive, send)
            elif self.forwarder.is_owner:
                await self.app(scope, receive, send)
            elif scope["type"] == "websocket":
                owner = await self.forwarder.owner()
                await relay(self.forwarder.target(scope, owner), self.forwarder.headers(scope, owner), receive, send)
            else:
                await self._send_on(scope, receive, send)
        except TanyuError as refusal:
            await error_response(refusal)(scope, receive, send)

    async def _send_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.forwarder.send(scope, await _body(receive))
        try:
            kept = MutableHeaders()
            for name, value in response.headers.multi_items():
                if name not in _SERVERS_OWN | (_HOP_BY_HOP - {"content-length"}):
                    kept.append(name, value)
            await send({"type": "http.response.start", "status": response.status_code, "headers": kept.raw})
            async for part in response.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
