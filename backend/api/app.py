"""Composition of the HTTP side: the rooms' routers, problem documents, headers, health, reference, pages."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import cast

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from backend.access.body_limit import BodyLimit
from backend.access.head import HeadAsGet
from backend.access.key_routes import router as key_router
from backend.access.limit_routes import router as limit_router
from backend.access.limits import Limits
from backend.access.plain_target import PlainTarget
from backend.access.pressure import Crowd, Pressure
from backend.access.problems import install_problems
from backend.access.routes import router as access_router
from backend.api.figures import router as figures_router
from backend.api.headers import SecurityHeaders, security_headers
from backend.api.health import VERSION, ReadyCheck, health_router
from backend.api.openapi import DESCRIPTION, TAGS, DescribedApp
from backend.api.operations import router as operations_router
from backend.api.reference import reference_router
from backend.api.signing import signing_router
from backend.api.start import StartPageFacts, start_router
from backend.api.stylesheet import stylesheet_router
from backend.api.verify import UPLOADS, verify_router
from backend.api.web import install_unknown_page, web_router
from backend.giving.certificate_routes import STREAMED as CERTIFICATE_FILES
from backend.kernel.clock import Clock
from backend.ledger.intake_routes import STREAMED
from backend.market.fast_orders import FastOrders, OrderTaker
from backend.market.forward import Forward, Forwarder, paths_of
from backend.market.service import Market


class _App(DescribedApp):
    """Has `before_all` stand before whatever the framework puts before the middlewares."""

    before_all: Callable[[ASGIApp], ASGIApp]

    def build_middleware_stack(self) -> ASGIApp:
        """The middlewares, in order, once `before_all` is set."""
        return self.before_all(super().build_middleware_stack())


def create_app(
    state: Mapping[str, object],
    routers: Sequence[APIRouter],
    ready_checks: Mapping[str, ReadyCheck],
    *,
    start_facts: Callable[[], StartPageFacts] | None = None,
    body_limits: Mapping[str, int] | None = None,
    forwarder: Forwarder | None = None,
) -> FastAPI:
    """The app.

    `state` becomes `app.state` (database, clock, deployment and site are needed by access; each room names what it
    needs). `routers` are the rooms' own; access, health, reference and pages are added here. `ready_checks` by part.
    `start_facts` gives the page of facts its numbers; without it there is none. `body_limits`: bytes by path
    prefix. `forwarder` takes the market's requests to the process that owns it; without one this process does.
    """
    app = _App(
        title="Tanyu 碳余",
        version=VERSION,
        summary="A personal carbon ledger and marketplace.",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # who asks what is nobody else's to know
    )
    for name, value in state.items():
        setattr(app.state, name, value)
    install_problems(app)
    install_unknown_page(app)
    for router in (*routers, access_router, key_router, limit_router):
        app.include_router(router)
    app.include_router(health_router(ready_checks, cast(Clock, state["clock"]).now()))
    app.include_router(operations_router)
    app.include_router(figures_router)
    app.include_router(signing_router())
    app.include_router(reference_router())
    app.include_router(stylesheet_router())
    app.include_router(verify_router())
    app.include_router(web_router())
    if start_facts is not None:
        app.include_router(start_router(start_facts))
        app.state.facts = start_facts
    crowd, limits = Crowd(), cast("Limits | None", state.get("limits"))
    app.add_middleware(Pressure, limits=limits)  # of whom a forwarded request is
    if forwarder is not None:
        app.add_middleware(Forward, forwarder=forwarder, paths=paths_of(routers))
    app.add_middleware(BodyLimit, by_path=body_limits, streamed=STREAMED | CERTIFICATE_FILES | UPLOADS)
    app.add_middleware(PlainTarget)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Pressure, crowd=crowd)
    app.add_middleware(SecurityHeaders)
    taker = OrderTaker(cast("Market | None", state.get("market")), crowd, limits, security_headers)
    app.before_all = partial(FastOrders, taker=taker)
    app.state.taker = taker
    return app
