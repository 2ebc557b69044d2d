"""One chain and one server's database for each module of giving's tests."""

from collections.abc import Iterator

import pytest
from sqlmodel import SQLModel
from web3 import Web3

from backend.chain.contracts import Contracts
from backend.storage.database import Database
from tests.integration.giving.world import World


@pytest.fixture(scope="module")
def world(w3: Web3, contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    database = Database.at(tmp_path_factory.mktemp("giving") / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    made = World(w3, contracts, database)
    made.index()
    yield made
    made.sender.close()
    database.close()
