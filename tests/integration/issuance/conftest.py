"""The sample year, submitted, beside a fresh chain that the index has read."""

from collections.abc import Iterator

import pytest

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from tests.integration.issuance.desk import Desk
from tests.postgres import fresh_database


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts, deployment: Deployment) -> Iterator[Desk]:
    with fresh_database(tmp_path_factory.mktemp("desk")) as database:
        made = Desk(database, contracts, deployment)
        made.year_submitted()
        made.follow()
        yield made
