"""A server process for `scripts/bench entry`: python -m tests.benchmarks.entry_server trivial|market PORT FOLDER.

`trivial`: a FastAPI app that takes the same body by the same pydantic model and does nothing with it. `market`: the
whole app of Tanyu, its routes and middlewares, over a database in FOLDER whose index says that the makers have funds;
the link and settlement do not run, since what they do is not order entry.
"""

import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlmodel import SQLModel

from backend.access.api_key import ApiKeys
from backend.access.limits import Limits
from backend.access.site import Site
from backend.api.app import create_app
from backend.api.interpreter import collecting, ease_interpreter
from backend.api.order_lane import order_lane
from backend.api.rooms import ROUTERS
from backend.api.serve import STOP_TIMEOUT
from backend.chain.class_id import pack
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, Signer, dev_signer, signer_from_key
from backend.kernel.clock import SystemClock
from backend.kernel.digest import sha256
from backend.ledger.address import not_selling
from backend.ledger.person_key import PersonKeys
from backend.link import balances
from backend.link.checkpointing import checkpointing
from backend.link.index import indexed_block
from backend.link.tables import CreditApproval, CreditBalance, Cursor, PaymentAllowance, PaymentBalance
from backend.market.funds import ChainView
from backend.market.listing import list_class
from backend.market.rules import ClassRules
from backend.market.sequencer import Sequencer
from backend.market.service import Market
from backend.market.tables import NumberLease
from backend.market.views import OrderBody
from backend.storage.database import Database

CLASS_ID = pack("CN-SC", 2025, "SIM")
EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
DEPLOYMENT = Deployment(31337, "0x" + "11" * 32, 0, {"Exchange": EXCHANGE}, {})
MAKERS = 1_024
"""So many that the orders of a run leave each with fewer open ones than it may have."""
NUMBERS_EACH = 4096
UNLIMITED = 10**9


def makers() -> list[Signer]:
    """Keys of nobody."""
    return [signer_from_key(sha256(b"maker %d" % at)) for at in range(MAKERS)]


def funded(folder: Path) -> Database:
    """A fresh database: the class listed, every maker rich and approved and with numbers of its own."""
    database = Database.at(folder / "entry.db")
    SQLModel.metadata.create_all(database.writer)
    now = SystemClock().now()
    with database.write() as session:
        list_class(session, ClassRules(CLASS_ID), now)
        session.add(Cursor(number=1, hash=b"\1" * 32, time=now, final_number=1))
        for at, maker in enumerate(makers()):
            address = maker.address
            session.add_all(
                [
                    CreditBalance(account=address, class_id=CLASS_ID, held_gco2e=10**12),
                    PaymentBalance(account=address, balance=10**18),
                    CreditApproval(account=address, operator=EXCHANGE, block_number=1, log_index=at, approved=True),
                    PaymentAllowance(account=address, spender=EXCHANGE, block_number=1, log_index=at, amount=10**18),
                    NumberLease(
                        first=at * NUMBERS_EACH + 1,
                        last=(at + 1) * NUMBERS_EACH,
                        maker=address,
                        expires_at=now + timedelta(days=1),
                    ),
                ]
            )
    return database


def market_app(folder: Path) -> FastAPI:
    """Tanyu's app, with nobody limited."""
    database, clock = funded(folder), SystemClock()
    chain = ChainView.remembering(balances, EXCHANGE, lambda: 30, indexed_block)
    market = Market(
        database=database,
        clock=clock,
        deployment=DEPLOYMENT,
        operator=dev_signer(DevRole.OPERATOR),
        chain=chain,
        not_selling=not_selling,
        owners_of=PersonKeys(b"\7" * 32).names_of,
        check_gift=lambda _campaign, _expiry: None,
        wallet_accepts=lambda _account, _digest, _signature: False,
        charge=lambda account: limits.take_account(account, 2),
        sequencer=Sequencer(database=database, clock=clock, exchange=DEPLOYMENT.domain("Exchange"), chain=chain),
    )
    limits = Limits.of(address_points_per_s=UNLIMITED, account_points_per_s=UNLIMITED)
    state = {
        "database": database,
        "clock": clock,
        "deployment": DEPLOYMENT,
        "site": Site.local(8000),
        "market": market,
        "limits": limits,
        "api_keys": ApiKeys(b"\7" * 32),
    }
    app = create_app(state, ROUTERS, {})

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        loops = (checkpointing(database, clock), collecting(market.sequencer.rest, clock))
        market.sequencer.start()
        for loop in loops:
            loop.start()
        ease_interpreter()
        yield
        market.sequencer.stop()
        for loop in loops:
            loop.stop(STOP_TIMEOUT)
        database.close()

    app.router.lifespan_context = lifespan
    return app


def trivial_app() -> FastAPI:
    """The same body, and nothing done with it."""
    app = FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/orders", status_code=201)
    async def take(body: OrderBody) -> dict[str, str]:
        return {"number": str(body.number)}

    return app


def main() -> None:
    """Serves until it is told to stop."""
    kind, port, folder = sys.argv[1:]
    is_market = kind == "market"
    app = market_app(Path(folder)) if is_market else trivial_app()
    http = order_lane(app) if is_market else "auto"
    uvicorn.run(app, host="127.0.0.1", port=int(port), http=http, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
