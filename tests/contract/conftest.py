"""Every contract test runs on anvil and on Hardhat's node."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from requests.exceptions import RequestException
from web3 import Web3

from backend.chain.artifacts import CHECKOUT
from backend.chain.contracts import Contracts
from backend.chain.node import LocalNode, free_port
from backend.chain.rpc import LOCAL_CHAIN_ID, connect
from tests.contract.people import People

START_TIMEOUT_S = 180


@dataclass
class HardhatNode:
    """Hardhat's node on 127.0.0.1, in memory."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "node"),
                "node_modules/hardhat/dist/src/cli.js",
                *("node", "--hostname", "127.0.0.1", "--port", str(self.port)),
            ],
            cwd=CHECKOUT / "hardhat-local",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        w3 = connect(self.url)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "Hardhat's node ended"
            try:
                if w3.eth.chain_id == LOCAL_CHAIN_ID:
                    return self
            except RequestException:
                time.sleep(0.1)
        self.stop()
        raise TimeoutError("Hardhat's node does not answer")

    def stop(self) -> None:
        """Ends the whole group: our `node` is a script that starts the real one and would leave it behind."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def __exit__(self, *_: object) -> None:
        self.stop()


@pytest.fixture(scope="module", params=["anvil", "hardhat"])
def node(request: pytest.FixtureRequest) -> Iterator[LocalNode | HardhatNode]:
    with LocalNode() if request.param == "anvil" else HardhatNode() as running:
        yield running


@pytest.fixture(scope="module")
def people(w3: Web3, contracts: Contracts) -> People:
    """Persons who hold no ether, and the operator who relays for them."""
    return People(w3, contracts)
