"""The one stylesheet and the icon of our pages, served from memory under names that change with their content."""

from functools import cache

from fastapi import APIRouter
from starlette.responses import Response

from backend.api.html import PAGES
from backend.kernel.digest import sha256

CACHE_S = 31_536_000
"""A year: a changed file has another address."""


@cache
def _file(name: str) -> bytes:
    return PAGES.joinpath(name).read_bytes()


@cache
def _address(name: str) -> str:
    stem, _, suffix = name.partition(".")
    return f"/static/{stem}-{sha256(_file(name)).hex()[:12]}.{suffix}"


def stylesheet_url() -> str:
    """Where the stylesheet is."""
    return _address("tanyu.css")


def stylesheet_router() -> APIRouter:
    """The stylesheet and `/favicon.svg`."""
    router = APIRouter(include_in_schema=False)

    @router.get(stylesheet_url())
    def stylesheet() -> Response:
        headers = {"Cache-Control": f"public, max-age={CACHE_S}, immutable"}
        return Response(_file("tanyu.css"), media_type="text/css; charset=utf-8", headers=headers)

    @router.get("/favicon.svg")
    def icon() -> Response:
        return Response(_file("favicon.svg"), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    return router
