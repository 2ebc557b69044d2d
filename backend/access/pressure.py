"""What stands before every request: how many may be at once, and how often one address may ask.

A server that takes all that comes grows until it dies with everybody's requests. This one serves so many at a time and
tells the rest at once to come back. It stands twice: outside of everything to count requests, before a byte of a body
is read, and inside of what sends requests on to another process, to know of whom they are.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.access.limits import Limits, TooManyRequests, cost_of
from backend.access.problems import error_response
from backend.kernel.errors import Unavailable

AT_ONCE_MAX = 1024
"""Requests that may be on their way in one process."""


class Overloaded(Unavailable):
    """As many requests are on their way as the process serves at once."""

    code = "access.overloaded"

    def __init__(self, at_once: int) -> None:
        super().__init__(f"{at_once} requests are on their way; try again in a moment", at_once_max=at_once)


@dataclass
class Crowd:
    """How many requests are on their way, and how many may be."""

    at_once: int = AT_ONCE_MAX
    now: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the next one is one too many."""
        return self.now >= self.at_once


class Pressure:
    """Pure ASGI middleware: 503 `access.overloaded`, 429 `access.too_many_requests`. Without limits, only the first.
    `crowd`: whoever serves requests before they come here counts them there.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits | None = None, crowd: Crowd | None = None) -> None:
        self.app = app
        self.limits = limits
        self.crowd = Crowd() if crowd is None else crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not a request over HTTP."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            response = error_response(refusal)
            response.headers["Connection"] = "close"  # what is left of the body is not read
            await response(scope, receive, send)
            return
        self.crowd.now += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.crowd.now -= 1

    def _refusal(self, scope: Scope) -> Overloaded | TooManyRequests | None:
        if self.crowd.is_full:
            return Overloaded(self.crowd.at_once)
        client = scope.get("client")
        if self.limits is not None and client is not None:
            try:
                self.limits.take_address(client[0], cost_of(scope["method"], scope["path"]))
            except TooManyRequests as refusal:
                return refusal
        return None
