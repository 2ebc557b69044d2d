"""A market and its API, for the tests of the market's routes; files that test another room have their own."""

from collections.abc import Iterator

import pytest

from backend.storage.database import Database
from tests.api.market_app import ORIGIN, market_app
from tests.unit.market.world import World
from tests.web import TestClient


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = World(database)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(world: World) -> TestClient:
    return TestClient(market_app(world), base_url=ORIGIN, raise_server_exceptions=False)
