"""The sample year, submitted, beside a fresh chain that the index has read."""

from collections.abc import Iterator

import pytest
from sqlmodel import SQLModel

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.storage.database import Database
from tests.integration.issuance.desk import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts, deployment: Deployment) -> Iterator[Desk]:
    database = Database.at(tmp_path_factory.mktemp("desk") / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    made = Desk(database, contracts, deployment)
    made.year_submitted()
    made.follow()
    yield made
    database.close()
