"""The pages of `web/`, built static: their files for ever, their one document at every page's address."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from backend.chain.artifacts import CHECKOUT
from backend.kernel.errors import NotFound

PAGES = ("my", "trade", "give", "audit", "verifier", "operator")
"""First words of our pages' addresses; no route of the API begins with one."""

DIST = CHECKOUT / "web" / "dist"

CSP_WEB = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No inline script or style, nothing of anybody else's."""

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class AssetUnknown(NotFound):
    """No file of that name belongs to the pages."""

    code = "web.asset_unknown"

    def __init__(self) -> None:
        super().__init__("no such file; load the page anew, it names the files there are")


@cache
def _assets() -> dict[str, Path]:
    return {path.name: path for path in (DIST / "assets").iterdir()}


def web_router() -> APIRouter:
    """`/` and every page's address answer with the one document; `/assets/` has what it loads."""
    router = APIRouter(include_in_schema=False)

    def document() -> Response:
        headers = {"Content-Security-Policy": CSP_WEB, "Cache-Control": "no-cache"}
        return FileResponse(DIST / "index.html", media_type="text/html; charset=utf-8", headers=headers)

    router.add_api_route("/", document)
    for name in PAGES:
        router.add_api_route(f"/{name}", document)
        router.add_api_route(f"/{name}/{{rest:path}}", document)

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        path = _assets().get(name)
        if path is None:
            raise AssetUnknown
        return FileResponse(path, headers=_FOR_EVER)

    return router
