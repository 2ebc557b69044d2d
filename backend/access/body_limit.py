"""Bodies are read whole before the app sees them, only up to a limit (declared, or counted as the chunks come), and
only if they nest no deeper than a parser can follow. Streamed paths get their chunks as they come, counted too.
"""

from collections import deque
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.access.nesting import DEPTH_MAX, is_too_deep, is_utf8
from backend.access.problems import InputTooDeep, InputTooLarge, NotJson, error_response
from backend.kernel.errors import InvalidInput

_TOLD = {b"content-length", b"content-type"}
"""What of a request's headers is looked at."""

BODY_BYTES_MAX = 1024 * 1024
"""What a path takes unless told otherwise: 1 MiB."""


class BodyLimit:
    """Pure ASGI middleware: 413 `input.too_large`, 422 `input.too_deep` or 400 `input.not_json` before any route runs,
    so such a body changes nothing. Only text (CSV) is not looked into: no route parses it as JSON.

    `by_path` gives the limit of every path that starts with a prefix; the longest prefix wins. `streamed` gives that of
    exact paths whose routes read the body themselves, piece by piece; they are told InputTooLarge as they read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit_bytes: int = BODY_BYTES_MAX,
        by_path: Mapping[str, int] | None = None,
        streamed: Mapping[str, int] | None = None,
    ) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.by_path = dict(by_path or {})
        self.streamed = dict(streamed or {})

    def limit_of(self, path: str) -> int:
        """Bytes a path takes."""
        if path in self.streamed:
            return self.streamed[path]
        prefixes = [prefix for prefix in self.by_path if path.startswith(prefix)]
        return self.by_path[max(prefixes, key=len)] if prefixes else self.limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not a request over HTTP."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        said = {name: value for name, value in scope["headers"] if name in _TOLD}
        declared = said.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            await _refuse_size(limit, scope, receive, send)
            return
        if scope["path"] in self.streamed:
            await self.app(scope, _counted(limit, receive), send)
            return
        read = await _read_up_to(limit, receive)
        if read is None:
            await _refuse_size(limit, scope, receive, send)
            return
        is_text = said.get(b"content-type", b"").lower().startswith(b"text/")
        problem = None if is_text else _problem_of(b"".join(message.get("body", b"") for message in read))
        if problem is not None:
            await error_response(problem)(scope, receive, send)
            return

        async def replay() -> Message:
            return read.popleft() if read else await receive()

        await self.app(scope, replay, send)


def _counted(limit: int, receive: Receive) -> Receive:
    """The same messages, until they exceed the limit; then raises InputTooLarge where the body is read."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise InputTooLarge(f"the body is larger than {limit} bytes", limit_bytes=limit)
        return message

    return counted


async def _read_up_to(limit: int, receive: Receive) -> deque[Message] | None:
    """The messages of a whole body, or None as soon as they exceed the limit."""
    read: deque[Message] = deque()
    size = 0
    while True:
        message = await receive()
        read.append(message)
        size += len(message.get("body", b""))
        if size > limit:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return read


def _problem_of(body: bytes) -> InvalidInput | None:
    """What is wrong with a body that may be JSON, before anything parses it."""
    if not is_utf8(body):
        return NotJson("the body is not JSON in UTF-8")
    if is_too_deep(body):
        return InputTooDeep(f"the body nests deeper than {DEPTH_MAX}", depth_max=DEPTH_MAX)
    return None


async def _refuse_size(limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers and closes: what is left of the body is not read."""
    response = error_response(InputTooLarge(f"the body is larger than {limit} bytes", limit_bytes=limit))
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
