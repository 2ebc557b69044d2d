"""The pages of `web/`, built static: their files for ever, their one document at every page's address.

What the build made is looked at anew when its folder changes, so that a server in development shows a fresh build.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from backend.access.language import quality
from backend.chain.artifacts import CHECKOUT
from backend.kernel.errors import NotFound, Unavailable

PAGES = ("my", "trade", "give", "audit", "verifier", "operator")
"""First words of our pages' addresses; no route of the API begins with one."""

WEB = CHECKOUT / "web"
DIST = WEB / "dist"

CSP_WEB = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline script or style, nothing of anybody else's. `'self'` lets the stream's WebSocket through too (CSP 3)."""

CSP_AUDIT = CSP_WEB.replace("connect-src 'self'", "connect-src 'self' http: https:")
"""For the auditor's page, which asks a node of the auditor's own choice instead of us."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
"""What the build makes, by the end of its name. Written here: what a machine knows of types differs."""

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""How the build packs what is worth packing beside the plain file, best first: token and end of the name."""

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


class AssetUnknown(NotFound):
    """No file of that name belongs to the pages."""

    code = "web.asset_unknown"

    def __init__(self) -> None:
        super().__init__("no such file; load the page anew, it names the files there are")


class PagesNotBuilt(Unavailable):
    """A checkout whose pages nobody has built. Everything else of the server works."""

    code = "web.not_built"

    def __init__(self) -> None:
        super().__init__(
            "the pages are not built: start with scripts/run, or run `npm ci && npm run build` in web/; "
            "the API works without them, and /facts needs no script"
        )


@dataclass(frozen=True)
class Asset:
    """A file of the pages, and the same packed by the encodings in which it is."""

    plain: Path
    media_type: str
    packed: Mapping[str, Path]

    def answer(self, accept_encoding: str) -> Response:
        """Packed as the browser likes it, if it is."""
        for encoding, path in self.packed.items():
            if accepts(accept_encoding, encoding):
                headers = _FOR_EVER | {"Content-Encoding": encoding}
                return FileResponse(path, media_type=self.media_type, headers=headers)
        return FileResponse(self.plain, media_type=self.media_type, headers=_FOR_EVER)


def accepts(accept_encoding: str, encoding: str) -> bool:
    """Whether an Accept-Encoding header names the encoding and does not refuse it (`br;q=0`)."""
    for choice in accept_encoding.split(","):
        token, _, parameters = choice.partition(";")
        if token.strip().lower() == encoding:
            return quality(parameters) > 0
    return False


def is_built() -> bool:
    """Whether there are pages to serve."""
    return (DIST / "index.html").is_file()


def assets() -> Mapping[str, Asset]:
    """The files of the pages by their names, as the last build left them."""
    folder = DIST / "assets"
    try:
        return _assets(folder, folder.stat().st_mtime_ns)
    except FileNotFoundError:  # not built, or in the middle of it
        return {}


@lru_cache(maxsize=1)
def _assets(folder: Path, _changed_ns: int) -> Mapping[str, Asset]:
    found = {path.name: path for path in folder.iterdir()}
    return {
        name: Asset(
            path,
            TYPES[path.suffix],
            {encoding: found[name + end] for encoding, end in ENCODINGS if name + end in found},
        )
        for name, path in found.items()
        if path.suffix in TYPES
    }


def _document(policy: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    if not is_built():
        raise PagesNotBuilt
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return FileResponse(DIST / "index.html", status, headers, media_type="text/html; charset=utf-8")


def install_unknown_page(app: FastAPI) -> None:
    """Whoever comes with a browser to an address where nothing is sees the page that says so; programs keep the problem
    document. After `install_problems`.
    """
    as_problem: Any = app.exception_handlers[HTTPException]

    async def answer(request: Request, error: Exception) -> Response:
        is_visit = request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")
        if is_visit and is_built():
            unknown = _document(CSP_WEB, HTTPStatus.NOT_FOUND)
            unknown.headers["Vary"] = "Accept"
            return unknown
        response: Response = await as_problem(request, error)
        return response

    app.add_exception_handler(HTTPStatus.NOT_FOUND, answer)


def web_router() -> APIRouter:
    """`/` and every page's address answer with the one document; `/assets/` has what it loads."""
    router = APIRouter(include_in_schema=False)

    def page() -> Response:
        return _document(CSP_WEB)

    def auditors_page() -> Response:
        return _document(CSP_AUDIT)

    router.add_api_route("/", page)
    for name in PAGES:
        answer = auditors_page if name == "audit" else page
        router.add_api_route(f"/{name}", answer)
        router.add_api_route(f"/{name}/{{rest:path}}", answer)

    @router.get("/assets/{name}")
    def asset(request: Request, name: str) -> Response:
        found = assets().get(name)
        if found is None:
            raise AssetUnknown
        return found.answer(request.headers.get("accept-encoding", ""))

    return router
