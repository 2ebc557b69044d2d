"""Real parts for the tests: a node, the deployed contracts, a database, a clock that stands still."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test
from hypothesis import settings as hypothesis_settings
from web3 import Web3

from backend.chain.compile import compile_contracts
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, deploy_all, local_roles
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.postgres import fresh_database

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
"""Typer sets it and takes it away while it reads a command's parameters. Commands run here beside the link's threads,
and a thread that reads the environment while a name leaves it fails.
"""

for _name, _examples in (("fast", 50), ("full", 1_000)):  # whatever else keeps the machine busy, no test is "too slow"
    hypothesis_settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
    )

LONG_TIMEOUT_S = 1_800
"""For tests that the long profile makes longer, twenty times as many examples; the limit of every other is pytest's.
A property that runs out of time is reported as flaky, which it is not.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long profile: many examples, many kills")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis_settings.load_profile("full" if config.getoption("--full") else "fast")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_full = config.getoption("--full")
    for item in items:
        is_long = item.get_closest_marker("full") is not None
        if is_full and (is_long or is_hypothesis_test(getattr(item, "obj", None))):
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(LONG_TIMEOUT_S))
        elif is_long:
            item.add_marker(pytest.mark.skip(reason="long profile only: scripts/test --full"))


@pytest.fixture(scope="session")
def compiled() -> None:
    compile_contracts()


@pytest.fixture(scope="module")
def node() -> Iterator[LocalNode]:
    """A fresh anvil in memory, automining."""
    with LocalNode() as running:
        yield running


@pytest.fixture(scope="module")
def w3(node: LocalNode) -> Web3:
    return connect(node.url)


SAMPLE_CLASS = ClassSpec("US-CA", 2025, "SIM", 10**12, 500)


@pytest.fixture(scope="module")
def deployment(w3: Web3, compiled: None) -> Deployment:  # noqa: ARG001 - a fixture wanted for its effect
    """All contracts with the development roles and two classes: US-CA/2025/SIM and CN-SC/2025/SIM, 5 % buffer."""
    classes = (SAMPLE_CLASS, ClassSpec("CN-SC", 2025, "SIM", 10**12, 500))
    return deploy_all(w3, dev_signer(DevRole.GOVERNOR), local_roles(classes))


@pytest.fixture(scope="module")
def contracts(w3: Web3, deployment: Deployment) -> Contracts:
    return Contracts(w3, deployment)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database with every room's tables: an SQLite file, or on PostgreSQL (`tests.postgres`)."""
    with fresh_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 15, 12, 0, tzinfo=UTC))
