"""Traders of a market that answers them over HTTP, in this process."""

from dataclasses import dataclass, field, replace

import httpx
from fastapi import FastAPI

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.api.signing import signing_router
from backend.chain.keys import Signs
from backend.market.trader import Trader
from backend.settlement.trade_routes import router as trade_router
from tests.api.market_app import ORIGIN, market_app
from tests.unit.market.world import DEPLOYMENT, World
from tests.web import TestClient

SIGNING = ("CarbonCredit", "Issuance", "Charity")


def trading_app(world: World) -> FastAPI:
    """The market's routes, and what a client needs beside them."""
    app = market_app(world)
    others = {name: "0x" + f"{at:040x}" for at, name in enumerate(SIGNING, 1)}
    app.state.deployment = replace(DEPLOYMENT, addresses=DEPLOYMENT.addresses | others)
    app.include_router(signing_router())
    app.include_router(trade_router)
    return app


@dataclass
class Line(httpx.BaseTransport):
    """Carries requests into an app. Loses the answers to the next `losing` of them; `refusing` answers come first, in
    place of the app's.
    """

    app: FastAPI
    losing: int = 0
    refusing: list[httpx.Response] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = TestClient(self.app, base_url=ORIGIN)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        if self.refusing:
            return self.refusing.pop(0)
        answer = self._client.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        if self.losing:
            self.losing -= 1
            raise httpx.ReadError("the line went dead")
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@dataclass
class Desk:
    """A world's traders. `waited`: the seconds that they waited to be answered."""

    world: World
    line: Line
    waited: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, world: World) -> "Desk":
        return cls(world, Line(trading_app(world)))

    def client(self) -> ApiClient:
        return ApiClient(ORIGIN, transport=self.line)

    def trader(self, signer: Signs | None = None, client: ApiClient | None = None, **more: object) -> Trader:
        patience = Patience(30, self.waited.append)
        return Trader(client or self.client(), signer, patience, clock=self.world.clock, **more)  # type: ignore[arg-type] # tests name its options
