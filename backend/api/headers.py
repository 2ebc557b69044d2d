"""Security headers on every response: nothing loads, frames or sniffs unless a page's own policy says so."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For JSON: a browser that shows it runs and loads nothing."""

CSP_PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For our server-rendered pages: one stylesheet and one icon of our own; no script at all, no inline style."""

CSP_FORM = CSP_PAGE.replace("form-action 'none'", "form-action 'self'")
"""For those of our pages that have a form."""

_ALWAYS = {
    "Content-Security-Policy": CSP_NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """As ASGI sends them: this is done to every response."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_OVER_HTTP, _OVER_HTTPS = _raw(_ALWAYS), _raw(_ALWAYS | _HTTPS_ONLY)


def security_headers(scheme: str) -> tuple[tuple[bytes, bytes], ...]:
    """What a response to a request of this scheme carries that says none of it itself."""
    return _OVER_HTTPS if scheme == "https" else _OVER_HTTP


class SecurityHeaders:
    """Pure ASGI middleware. What a response says itself stands."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is not HTTP."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                said = {name.lower() for name, _ in headers}
                ours = (header for header in security_headers(scope["scheme"]) if header[0] not in said)
                message["headers"] = [*headers, *ours]
            await send(message)

        await self.app(scope, receive, send_with_headers)
