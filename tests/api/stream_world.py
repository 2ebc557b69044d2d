"""A market with its stream behind a real server."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from sqlmodel import Session

from backend.access.client import ApiClient
from backend.access.sender_proof import SessionToken
from backend.access.site import Site
from backend.chain.keys import Signer
from backend.market.funds import ChainView
from backend.market.order import Side
from backend.market.stream import Stream
from backend.market.stream_routes import router
from backend.storage.database import Database
from tests.api.market_app import market_app
from tests.unit.market.world import DOMAIN, EXCHANGE, World
from tests.web_socket import serving

FEE = 7


def flat_fees(_session: Session, trade_ids: Sequence[int]) -> Mapping[tuple[int, Side], int]:
    """What the settlement room would say."""
    return {(trade_id, side): FEE for trade_id in trade_ids for side in Side}


@dataclass
class StreamWorld:
    """A started market, its stream, and where it is served."""

    world: World
    stream: Stream
    app: FastAPI
    base_url: str = ""

    def token(self, signer: Signer) -> str:
        """A session of the signer's."""
        with ApiClient(self.base_url) as client:
            client.sign_in(signer)
            assert isinstance(client.proof, SessionToken)
            return client.proof.token


def a_stream(world: World) -> Stream:
    """A stream over the world's database; the market must be made anew to follow it."""
    chain = ChainView(world.balances, EXCHANGE, lambda: world.fee_bps)
    return Stream(database=world.database, clock=world.clock, exchange=DOMAIN, chain=chain, fees_of=flat_fees)


@contextmanager
def streaming(database: Database, *, port: int | None = None, is_listed: bool = False) -> Iterator[StreamWorld]:
    """A market whose every line is streamed, served until the end."""
    world = World(database, is_listed=is_listed)
    stream = a_stream(world)
    world.follower = stream.tap
    world.market = world.new_market()
    world.start()
    app = market_app(world)
    app.state.stream = stream
    app.include_router(router)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await stream.start()
        try:
            yield
        finally:
            await stream.stop()

    app.router.lifespan_context = lifespan
    made = StreamWorld(world, stream, app)
    try:
        with serving(app, port) as base_url:
            made.base_url = base_url
            app.state.site = Site.local(int(base_url.rpartition(":")[2]))
            yield made
    finally:
        world.stop()
