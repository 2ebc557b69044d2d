"""Paths and queries hold no control characters: none of ours has any, and a database may not even be asked for NUL."""

import re
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.access.problems import error_response
from backend.kernel.text import ControlCharacter

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class PlainTarget:
    """Pure ASGI middleware: 422 `text.control_character` before any route runs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not a request over HTTP."""
        if scope["type"] == "http":
            query = scope["query_string"]
            for name, raw in (("path", scope["path"].encode()), ("query", query and unquote_to_bytes(query))):
                if _CONTROL.search(raw):
                    await error_response(ControlCharacter(name))(scope, receive, send)
                    return
        await self.app(scope, receive, send)
