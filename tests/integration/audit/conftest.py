"""One story told on a fresh chain, and the history recorded of it, shared by the tests of a module."""

import pytest
from web3 import Web3

from backend.audit.history import History
from backend.audit.recording import record
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from tests.contract.people import People
from tests.integration.audit.story import Story


@pytest.fixture(scope="module")
def story(w3: Web3, contracts: Contracts) -> Story:
    told = Story(People(w3, contracts))
    told.tell()
    return told


@pytest.fixture(scope="module")
def history(story: Story, node: LocalNode, deployment: Deployment) -> History:
    assert story.w3.eth.block_number > deployment.block_number
    return record(node.url, deployment)
