"""`kill -9` of the node while it writes its state, which leaves a file cut off: the chain goes on from its copy."""

import os
import time
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from backend.chain.node import LocalNode, NodeFailed
from backend.chain.rpc import network_of
from backend.chain.state_file import StateFile, StateLost
from tests.patience import until

BLOCKS = 250
"""Enough that writing the state takes long enough to be met."""
WAIT_S = 120


def mine(w3: Web3, blocks: int) -> None:
    for _ in range(blocks):
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])


def wait_for_a_copy(state: StateFile, after_ns: int) -> None:
    until(lambda: state.copy_path.exists() and state.copy_path.stat().st_mtime_ns > after_ns, "a copy")


def kill_while_it_writes(node: LocalNode, path: Path) -> None:
    """At the very moment the file is shorter than it was."""
    deadline = time.monotonic() + WAIT_S
    whole = path.stat().st_size
    while os.stat(path).st_size >= whole:  # noqa: PTH116 - as fast as can be
        assert time.monotonic() < deadline
    assert node.process is not None
    node.process.kill()
    node.kill()


def kill_and_start(folder: Path, rounds: int) -> int:
    """Each time the chain has the history it had, up to some block; how often it was met while it wrote."""
    node = LocalNode(state_path=folder / "chain.json", log_path=folder / "chain.log")
    state = StateFile(folder / "chain.json")
    w3 = node.start()
    network = network_of(w3)
    mine(w3, BLOCKS)
    cut = 0
    try:
        for _ in range(rounds):
            wait_for_a_copy(state, time.time_ns())
            kept = [w3.eth.get_block(number)["hash"] for number in range(0, w3.eth.block_number + 1, 10)]
            wait_for_a_copy(state, time.time_ns())
            head = w3.eth.block_number
            mine(w3, 3)
            kill_while_it_writes(node, state.path)
            cut += state.path.stat().st_size < state.copy_path.stat().st_size
            w3 = node.start()
            assert network_of(w3) == network
            assert head <= w3.eth.block_number <= head + 3
            assert [w3.eth.get_block(number * 10)["hash"] for number in range(len(kept))] == kept
            mine(w3, 1)
    finally:
        node.stop()
    assert (folder / "chain.log").read_text().count("goes on from the copy") >= cut
    return cut


def test_node__killed_while_it_writes__goes_on_with_its_history(tmp_path: Path) -> None:
    assert kill_and_start(tmp_path, rounds=4) > 0, (
        "the node must have been met while it wrote for this to mean anything"
    )


@pytest.mark.full
def test_node__killed_while_it_writes_many_times__goes_on_with_its_history(tmp_path: Path) -> None:
    assert kill_and_start(tmp_path, rounds=40) > 20


def test_node__state_cut_off_and_no_copy__is_refused_and_never_begun_anew(tmp_path: Path) -> None:
    node = LocalNode(state_path=tmp_path / "chain.json")
    node.start()
    node.stop()
    state = StateFile(tmp_path / "chain.json")
    state.copy_path.unlink()
    cut = state.path.read_bytes()[:-1]
    state.path.write_bytes(cut)
    with pytest.raises(StateLost):
        node.start()
    assert state.path.read_bytes() == cut


def test_node__state_that_anvil_refuses__fails_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "chain.json").write_text('{"accounts": {}, "blocks": []}')
    for log_path in (None, tmp_path / "chain.log"):
        node = LocalNode(state_path=tmp_path / "chain.json", log_path=log_path)
        with pytest.raises(NodeFailed, match="failed to parse json file") as refusal:
            node.start()
        assert "taken" not in str(refusal.value)
