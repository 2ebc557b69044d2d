"""The market's API over a world without a server."""

from fastapi import FastAPI
from web3 import Web3

from backend.access.api_key import ApiKeys
from backend.access.key_routes import router as key_router
from backend.access.problems import install_problems
from backend.access.routes import router as access_router
from backend.access.site import Site
from backend.chain.contracts import Contracts
from backend.market.cancel_routes import router as cancel_router
from backend.market.entry_routes import router as entry_router
from backend.market.fast_orders import FastOrders, OrderTaker
from backend.market.faucet_routes import router as faucet_router
from backend.market.governing_routes import router as governing_router
from backend.market.routes import router as market_router
from backend.market.tape_routes import router as tape_router
from tests.unit.market.world import DEPLOYMENT, OPERATOR, World

ORIGIN = "http://127.0.0.1:8000"
CODE = "CN-SC~2025~SIM"


def market_app(world: World) -> FastAPI:
    """The market's and the sign-in routes over a started world."""
    app = FastAPI()
    app.state.database = world.database
    app.state.clock = world.clock
    app.state.site = Site.local(8000)
    app.state.deployment = DEPLOYMENT
    app.state.market = world.market
    app.state.wallet_accepts = world.wallet_accepts
    app.state.operator = OPERATOR
    app.state.api_keys = ApiKeys(b"\7" * 32)
    app.state.contracts = Contracts(Web3(), DEPLOYMENT)
    routers = (entry_router, market_router, governing_router, tape_router, cancel_router, faucet_router, key_router)
    for router in (access_router, *routers):
        app.include_router(router)
    install_problems(app)
    app.add_middleware(FastOrders, taker=OrderTaker(world.market))
    return app
