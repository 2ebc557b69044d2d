"""`kill -9` of the process that sends and indexes, and of the node, which forgets its last second of blocks: afterwards
every call is executed exactly once, and the index holds the very rows that a fresh one holds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - seeded

import pytest
from web3 import Web3

from backend.chain.deploy import deploy_all, local_roles
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.kernel.clock import FixedClock
from backend.link.balances import payment_balance
from backend.link.outbox import FILLER_KIND, enqueue, intents_in
from backend.link.reconcile import reconcile
from backend.link.tables import IntentState
from backend.storage.database import Database
from tests.integration.link.acts import Acts
from tests.integration.link.following import an_indexer, catch_up, rows
from tests.postgres import fresh_database

MINTS = range(1, 41)
RUN_TIMEOUT_S = 90
DUMP_S = 1.5
INDEX_POINTS = ("link.before_block_commit", "link.after_block_commit")


@dataclass
class Town:
    """A node that keeps its state, contracts on it, and a process that works on them."""

    node: LocalNode
    deployment: Deployment
    database: Database
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def w3(self) -> Web3:
        return connect(self.node.url)

    def start(self, crash_at: str | None = None) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        environment.pop("TANYU_CRASH_AT", None)
        if crash_at is not None:
            environment["TANYU_CRASH_AT"] = crash_at
        command = [sys.executable, "-m", "tests.integration.link.linking"]
        with (self.folder / "problems.log").open("ab") as problems:
            process = subprocess.Popen(
                [*command, self.database.url, self.node.url, str(self.folder / "deployment.json")],
                env=environment,
                cwd=Path(__file__).parents[3],
                stderr=problems,
            )
        self.started.append(process)
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> int:
        """Mines until the process has seen everything confirmed; its exit code."""
        deadline = time.monotonic() + RUN_TIMEOUT_S
        while process.poll() is None:
            assert time.monotonic() < deadline, "never finished"
            self.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type] # not a typed method
            time.sleep(0.1)
        return process.returncode

    def minted(self) -> list[int]:
        """Balance of each receiver on the chain: its own amount if minted once."""
        token = Acts(self.w3, self.deployment).contracts.payment
        return [token.functions.balanceOf(receiver(mint)).call() for mint in MINTS]

    def kill_node(self) -> None:
        self.node.kill()
        self.node.start()


def require_dumped(node: LocalNode) -> None:
    """Waits until the node has written a state that it began to write from now on: the second from now."""
    assert node.state_path is not None
    deadline = time.monotonic() + RUN_TIMEOUT_S
    for _ in range(2):
        written_ns = node.state_path.stat().st_mtime_ns if node.state_path.exists() else 0
        while not node.state_path.exists() or node.state_path.stat().st_mtime_ns == written_ns:
            assert time.monotonic() < deadline, "the node writes no state"
            time.sleep(0.05)
    time.sleep(DUMP_S)


def receiver(mint: int) -> str:
    return dev_signer(100 + mint).address


@pytest.fixture
def town(tmp_path: Path, request: pytest.FixtureRequest, database: Database, clock: FixedClock) -> Iterator[Town]:
    request.getfixturevalue("compiled")
    node = LocalNode(state_path=tmp_path / "chain.json")
    w3 = node.start()
    deployment = deploy_all(w3, dev_signer(DevRole.GOVERNOR), local_roles())
    deployment.save(tmp_path / "deployment.json")
    made = Town(node, deployment, database, tmp_path)
    contracts = Acts(w3, deployment).contracts
    with database.write() as session:
        for mint in MINTS:
            data = contracts.encode("PaymentToken", "mint", [receiver(mint), mint])
            enqueue(session, kind="mint", reference=str(mint), contract="PaymentToken", data=data, now=clock.now())
    require_dumped(node)
    yield made
    for process in made.started:
        process.kill()
        process.wait()
    node.stop()


def require_all_once(town: Town, tmp_path: Path) -> None:
    assert town.minted() == list(MINTS)
    with town.database.read() as session:
        intents = [intent for intent in intents_in(session, IntentState) if intent.kind != FILLER_KIND]
        projected = [payment_balance(session, receiver(mint)) for mint in MINTS]
    assert [intent.state for intent in intents] == ["confirmed"] * len(MINTS)
    assert projected == list(MINTS)
    acts = Acts(town.w3, town.deployment)
    catch_up(an_indexer(town.database, acts, confirmations=2))
    (tmp_path / "fresh").mkdir()
    with fresh_database(tmp_path / "fresh") as fresh:
        catch_up(an_indexer(fresh, acts, confirmations=2))
        assert rows(town.database) == rows(fresh)
    assert reconcile(town.database, town.w3, town.deployment) == []


@pytest.mark.parametrize("crash_at", INDEX_POINTS)
def test_worker__killed_around_the_commit_of_a_block__each_event_is_applied_once(
    crash_at: str, town: Town, tmp_path: Path
) -> None:
    ends = [town.start(crash_at).wait(RUN_TIMEOUT_S) for _ in range(2)]
    last = town.finish(town.start())

    assert (ends, last) == ([137, 137], 0)
    require_all_once(town, tmp_path)


def lose_blocks(town: Town, random: Random, times: int) -> int:
    """Kills the node under the working process, and now and then the process too; how many blocks were forgotten."""
    process, lost = town.start(), 0
    operator = Web3.to_checksum_address(dev_signer(DevRole.OPERATOR).address)
    for _ in range(times):
        deadline = time.monotonic() + RUN_TIMEOUT_S
        before = town.w3.eth.get_transaction_count(operator)
        while process.poll() is None and town.w3.eth.get_transaction_count(operator) < before + random.randrange(1, 9):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        town.w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type] # something to forget
        head = town.w3.eth.block_number
        town.kill_node()
        lost += head - town.w3.eth.block_number
        if random.randrange(2) or process.poll() is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = town.start()
    assert town.finish(process) == 0
    return lost


def test_node__killed_again_and_again__no_intent_is_lost_or_doubled(town: Town, tmp_path: Path) -> None:
    lost = lose_blocks(town, Random(7), times=4)

    assert lost > 0, "the node must have forgotten something for this to mean anything"
    require_all_once(town, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(6))
def test_node__killed_many_times__no_intent_is_lost_or_doubled(seed: int, town: Town, tmp_path: Path) -> None:
    lose_blocks(town, Random(seed), times=8)

    require_all_once(town, tmp_path)


def test_node__comes_back_from_an_old_state_after_everything_was_confirmed__all_is_executed_again_once(
    town: Town, tmp_path: Path
) -> None:
    state = tmp_path / "chain.json"
    old = state.read_bytes()
    assert town.finish(town.start()) == 0
    town.node.kill()
    state.write_bytes(old)
    town.node.start()
    forgotten = town.minted()

    assert town.finish(town.start()) == 0

    assert forgotten == [0] * len(MINTS)
    require_all_once(town, tmp_path)
