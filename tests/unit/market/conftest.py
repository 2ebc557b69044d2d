from collections.abc import Iterator

import pytest

from backend.storage.database import Database
from tests.unit.market.world import World


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """A started market; stopped at the end, which also shows that it still could be."""
    made = World(database)
    made.start()
    yield made
    assert made.market.sequencer.is_running
    made.stop()
