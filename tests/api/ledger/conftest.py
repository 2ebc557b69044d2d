"""The ledger's routes on a database of their own, and people signed in."""

import pytest
from fastapi import FastAPI

from backend.kernel.clock import FixedClock
from backend.ledger.intake_routes import STREAMED
from backend.ledger.routes import router
from backend.storage.database import Database
from tests.api.access_app import ALICE, BOB, a_client, an_app
from tests.api.ledger.callers import AFTER, NEW_YEAR, Caller, joined
from tests.unit.ledger.people import some_books
from tests.web import TestClient


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    clock.at = NEW_YEAR
    app = an_app(database, clock, STREAMED)
    app.state.books = some_books()
    app.include_router(router)
    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return a_client(app)


@pytest.fixture
def alice(client: TestClient) -> Caller:
    return Caller(client, ALICE)


@pytest.fixture
def bob(client: TestClient) -> Caller:
    return Caller(client, BOB)


@pytest.fixture
def later(alice: Caller, bob: Caller, clock: FixedClock) -> tuple[str, str]:
    """The codes of Alice's and Bob's homes, both joined on New Year's Day 2025; it is January 2026 now."""
    homes = joined(alice), joined(bob)
    clock.at = AFTER
    alice.renew()
    bob.renew()
    return homes
