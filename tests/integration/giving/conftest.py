"""One chain and one server's database for each module of giving's tests."""

from collections.abc import Iterator

import pytest
from web3 import Web3

from backend.chain.contracts import Contracts
from tests.integration.giving.deeds import Deeds, made_deeds
from tests.integration.giving.world import World
from tests.postgres import fresh_database


@pytest.fixture(scope="module")
def world(w3: Web3, contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with fresh_database(tmp_path_factory.mktemp("giving")) as database:
        made = World(w3, contracts, database)
        made.index()
        yield made
        made.sender.close()


@pytest.fixture(scope="module")
def deeds(world: World) -> Deeds:
    return made_deeds(world)
