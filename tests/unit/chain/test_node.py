"""The local chain as a process: it keeps its state, and says so when it cannot start."""

import socket
import time
from itertools import pairwise
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from backend.chain import node as node_module
from backend.chain.keys import dev_signer
from backend.chain.node import LocalNode, NodeFailed, free_port
from backend.chain.rpc import LOCAL_CHAIN_ID, network_of

PERSON = Web3.to_checksum_address(dev_signer(10).address)


def give(w3: Web3, amount_wei: int) -> int:
    """Sends local ether to a person; the block it is in."""
    sender = Web3.to_checksum_address(dev_signer(0).address)
    sent = w3.eth.send_transaction({"from": sender, "to": PERSON, "value": Web3.to_wei(amount_wei, "wei")})
    return w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)["blockNumber"]


def test_node__stopped_and_started_again__has_the_same_chain(tmp_path: Path) -> None:
    kept = LocalNode(state_path=tmp_path / "deep" / "chain.json")
    w3 = kept.start()
    first_network = network_of(w3)
    first = give(w3, 7)
    second = give(w3, 5)
    hashes = [w3.eth.get_block(number)["hash"] for number in range(second + 1)]
    kept.stop()
    assert kept.process is not None
    assert kept.process.poll() is not None

    for _ in range(3):  # again and again: what was read back is written back, whenever that is
        time.sleep(1.1)
        w3 = kept.start()
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])
        assert abs(w3.eth.get_block("latest")["timestamp"] - time.time()) < 5, "the clock is the machine's"  # noqa: TID251 - that clock
        assert network_of(w3) == first_network
        assert w3.eth.block_number > second
        assert [w3.eth.get_block(number)["hash"] for number in range(second + 1)] == hashes
        assert w3.eth.get_balance(PERSON) == 12
        assert w3.eth.get_balance(PERSON, block_identifier=first) == 7, "states of earlier blocks are kept too"
        kept.stop()


def test_node__without_a_state_path__starts_afresh() -> None:
    lost = LocalNode()
    for _ in range(2):
        w3 = lost.start()
        assert (w3.eth.chain_id, w3.eth.block_number) == (LOCAL_CHAIN_ID, 0)
        assert w3.eth.get_balance(PERSON) == 0
        assert give(w3, 3) == 1
        lost.kill()


def test_node__used_as_a_context__ends_with_it() -> None:
    with LocalNode() as running:
        assert running.process is not None
        process = running.process
        assert process.poll() is None
    assert process.poll() is not None
    running.stop()  # again: nothing to do
    running.kill()


def test_node__port_taken_by_something_else__fails(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        blocked = LocalNode(port=other.getsockname()[1], log_path=tmp_path / "log")
        with pytest.raises(NodeFailed, match="taken") as refusal:
            blocked.start()
    assert refusal.value.code == "chain.node_failed"
    assert "did not start" in str(refusal.value)


def test_node__port_taken_by_another_chain__fails_rather_than_serve_that_one() -> None:
    with LocalNode() as other:
        intruder = LocalNode(port=other.port)
        try:
            with pytest.raises(NodeFailed, match="taken"):
                intruder.start()
        finally:
            intruder.kill()
        assert other.process is not None
        assert other.process.poll() is None


def test_node__port_free_again__starts_at_once() -> None:
    port = free_port()
    for _ in range(2):
        with LocalNode(port=port) as again:
            assert again.url == f"http://127.0.0.1:{port}"


def test_node__a_process_that_ends__is_not_waited_for() -> None:
    with pytest.raises(NodeFailed, match="ended without a word"):
        LocalNode().wait_until_it_answers(lambda: False)


def test_node__a_process_that_ends__is_quoted_with_what_it_said_since_its_start(tmp_path: Path) -> None:
    log = tmp_path / "chain.log"
    log.write_text("an old complaint\n")
    node = LocalNode(log_path=log)
    node.prepare()
    with log.open("a") as out:
        out.write("x" * 2_000 + "\nError: something\nelse\n")
    with pytest.raises(NodeFailed, match=r"said: x{500,600} Error: something else$") as failure:
        node.wait_until_it_answers(lambda: False)
    assert "taken" not in str(failure.value)


def test_node__a_process_that_ends_while_another_has_the_port__says_so() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        node = LocalNode(port=other.getsockname()[1])
        with pytest.raises(NodeFailed, match=f"port {node.port} is taken"):
            node.wait_until_it_answers(lambda: False)


def test_node__a_process_that_stays_silent__is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "START_TIMEOUT_S", 0.2)
    with pytest.raises(NodeFailed, match="no answer"):
        LocalNode().wait_until_it_answers(lambda: True)


def test_node__tools_not_installed__says_what_installs_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "CHECKOUT", tmp_path)
    with pytest.raises(NodeFailed, match="scripts/run"):
        LocalNode().start()


def test_command__whatever_is_asked__listens_on_this_machine_only(tmp_path: Path) -> None:
    command = LocalNode(state_path=tmp_path / "chain.json", block_time_s=2, genesis_unix_s=1_700_000_000).command()
    options = dict(pairwise(command))
    assert options["--host"] == "127.0.0.1"
    assert options["--chain-id"] == "31337"
    assert options["--hardfork"] == "prague"
    assert options["--state"] == str(tmp_path / "chain.json")
    assert options["--block-time"] == "2"
    assert options["--timestamp"] == "1700000000"
