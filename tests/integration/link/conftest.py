"""A counter on a node of its own for each test: these tests break nodes."""

from collections.abc import Iterator

import pytest

from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from tests.integration.link.counter import Counter


@pytest.fixture
def counter() -> Iterator[Counter]:
    with LocalNode() as node:
        yield Counter.deploy(connect(node.url))
