"""A counter on a node of its own for tests that break nodes; a chain with a year of acts for those that read."""

from collections.abc import Callable, Iterator

import pytest
from web3 import Web3

from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from tests.integration.link.acts import Acts
from tests.integration.link.counter import Counter
from tests.integration.link.following import an_indexer, catch_up, rows
from tests.postgres import fresh_database


@pytest.fixture
def counter() -> Iterator[Counter]:
    with LocalNode() as node:
        yield Counter.deploy(connect(node.url))


@pytest.fixture(scope="module")
def acts(w3: Web3, deployment: Deployment) -> Acts:
    """A chain on which everything has happened once."""
    made = Acts(w3, deployment)
    made.year()
    return made


@pytest.fixture
def fresh_rows(acts: Acts, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, list[str]]]:
    """Makes an index of the chain as it stands now, and says what it holds."""

    def make(reorg_depth_max: int = 256) -> dict[str, list[str]]:
        with fresh_database(tmp_path_factory.mktemp("fresh")) as database:
            catch_up(an_indexer(database, acts, reorg_depth_max=reorg_depth_max))
            return rows(database)

    return make
