"""One world a test."""

import pytest

from backend.storage.database import Database
from tests.unit.issuance.world import World


@pytest.fixture
def world(database: Database) -> World:
    return World(database)
