"""What the link asks of an EVM node, with typed answers. A node that fails is Unavailable: trying again is right."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, cast

from requests.exceptions import RequestException
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.types import TxParams

from backend.chain.rpc import Network
from backend.chain.wallet import wallet_question
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import Unavailable


class NodeUnavailable(Unavailable):
    """The node does not answer, or answers what we cannot use."""

    code = "link.node_unavailable"

    def __init__(self, why: str) -> None:
        super().__init__(f"the chain's node cannot serve now: {why}", why=why)


class Answer(Enum):
    """What a node said to a broadcast."""

    ACCEPTED = auto()
    """It is, or already was, in the pool."""
    NONCE_USED = auto()
    """The chain has a transaction with this nonce: ours, or somebody else's."""
    OUTBID = auto()
    """The pool holds another transaction with this nonce that pays about as much or more."""
    TOO_CHEAP = auto()
    """It offers less than the block's base fee or the node's minimum."""
    IMPOSSIBLE = auto()
    """No block could ever hold it."""
    UNFUNDED = auto()
    """The account cannot pay for its gas."""


_ANSWERS: tuple[tuple[str, Answer], ...] = (
    ("already known", Answer.ACCEPTED),  # geth, besu
    ("already imported", Answer.ACCEPTED),  # anvil
    ("alreadyknown", Answer.ACCEPTED),  # nethermind
    ("known transaction", Answer.ACCEPTED),  # hardhat, older geth
    ("nonce too low", Answer.NONCE_USED),
    ("nonce is too low", Answer.NONCE_USED),
    ("oldnonce", Answer.NONCE_USED),
    ("replacement", Answer.OUTBID),
    ("max fee per gas less than block base fee", Answer.TOO_CHEAP),
    ("fee cap less than block base fee", Answer.TOO_CHEAP),
    ("lower than the base fee", Answer.TOO_CHEAP),
    ("underpriced", Answer.TOO_CHEAP),
    ("feetoolow", Answer.TOO_CHEAP),
    ("insufficient funds", Answer.UNFUNDED),
    ("enough funds", Answer.UNFUNDED),  # hardhat: "Sender doesn't have enough funds"
    ("intrinsic gas", Answer.IMPOSSIBLE),
    ("exceeds block gas limit", Answer.IMPOSSIBLE),
    ("block gas limit", Answer.IMPOSSIBLE),
    ("oversized data", Answer.IMPOSSIBLE),
    ("transaction size", Answer.IMPOSSIBLE),
)
"""What nodes say, in lower case; the first that fits counts. Nodes agree on no codes, only, roughly, on words."""


def answer_in(message: str) -> Answer | None:
    """What a node's refusal means; None if the words are new to us."""
    lowered = message.lower()
    return next((answer for words, answer in _ANSWERS if words in lowered), None)


@dataclass(frozen=True)
class Header:
    """A block's place in the chain. `base_fee_wei` is per gas."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: datetime
    base_fee_wei: int


@dataclass(frozen=True)
class Receipt:
    """Where a transaction was mined, and whether it did what it was for."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool


@dataclass(frozen=True)
class Refusal:
    """A call that would revert: the revert's data, and the node's words."""

    data: bytes
    message: str


@contextmanager
def translated() -> Iterator[None]:
    """What a node or its client fails with becomes NodeUnavailable."""
    try:
        yield
    except (RequestException, Web3Exception) as failure:
        raise NodeUnavailable(f"{type(failure).__name__}: {failure}"[:300]) from failure


def _header(block: Mapping[str, Any]) -> Header:
    return Header(
        number=int(block["number"]),
        hash=bytes(block["hash"]),
        parent_hash=bytes(block["parentHash"]),
        time=from_unix_s(int(block["timestamp"])),
        base_fee_wei=int(block.get("baseFeePerGas", 0)),
    )


def _revert_data(failure: ContractLogicError) -> bytes:
    found = failure.data
    return bytes.fromhex(found.removeprefix("0x")) if isinstance(found, str) and found.startswith("0x") else b""


def _message(failure: Web3RPCError) -> str:
    response = failure.rpc_response
    error = response.get("error") if response else None
    return str(error.get("message", failure)) if isinstance(error, Mapping) else str(failure)


class Node:
    """A node behind JSON-RPC. Every method raises NodeUnavailable if it cannot serve."""

    def __init__(self, w3: Web3) -> None:
        self._eth = w3.eth

    def network(self) -> Network:
        """Chain id and genesis hash."""
        with translated():
            return Network(self._eth.chain_id, to_hex(bytes(self._eth.get_block(0)["hash"])))

    def head(self) -> Header:
        """The latest block."""
        with translated():
            return _header(cast(Mapping[str, Any], self._eth.get_block("latest")))

    def header(self, number: int) -> Header | None:
        """The block of this number on the node's chain; None above its head."""
        with translated():
            try:
                return _header(cast(Mapping[str, Any], self._eth.get_block(number)))
            except BlockNotFound:
                return None

    def logs_of(self, block_hash: bytes, addresses: Sequence[str]) -> list[Mapping[str, Any]]:
        """Logs of one very block, in order: a node that does not know the block says so instead of giving none."""
        return self._logs({"blockHash": to_hex(block_hash), "address": list(addresses)})

    def logs_between(self, first: int, last: int, addresses: Sequence[str]) -> list[Mapping[str, Any]]:
        """Logs of the blocks first..last, in order."""
        return self._logs({"fromBlock": hex(first), "toBlock": hex(last), "address": list(addresses)})

    def _logs(self, wanted: dict[str, Any]) -> list[Mapping[str, Any]]:
        with translated():
            found = cast(list[Mapping[str, Any]], self._eth.get_logs(cast(Any, wanted)))
        return sorted(found, key=lambda log: (int(log["blockNumber"]), int(log["logIndex"])))

    def nonce(self, account: str, block_number: int | None = None) -> int:
        """The account's next nonce on the chain itself (not the pool), at the latest or at a given block."""
        with translated():
            block = "latest" if block_number is None else block_number
            return self._eth.get_transaction_count(Web3.to_checksum_address(account), cast(Any, block))

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """Where a transaction was mined; None if it is not on the node's chain."""
        with translated():
            try:
                found = self._eth.get_transaction_receipt(cast(Any, tx_hash))
            except TransactionNotFound:
                return None
        if found.get("blockHash") is None:
            return None
        return Receipt(tx_hash, int(found["blockNumber"]), bytes(found["blockHash"]), found["status"] == 1)

    def logs_in(self, tx_hash: bytes) -> list[Mapping[str, Any]] | None:
        """Logs of a transaction, in order; None if it is not on the node's chain."""
        with translated():
            try:
                found = self._eth.get_transaction_receipt(cast(Any, tx_hash))
            except TransactionNotFound:
                return None
        if found.get("blockHash") is None:
            return None
        return sorted(cast(list[Mapping[str, Any]], found["logs"]), key=lambda log: int(log["logIndex"]))

    def gas_for(self, sender: str, to: str, data: bytes, *, in_next: bool = False) -> int | Refusal:
        """Runs a call without sending it: the gas it needs, or why it would revert. At the latest block; or `in_next`,
        at the time of the next one, for what waits for a time on a chain that makes no blocks of its own.
        """
        block = "pending" if in_next else None
        with translated():
            try:
                call = cast(TxParams, {"from": sender, "to": to, "data": to_hex(data)})
                return self._eth.estimate_gas(call, cast(Any, block))
            except ContractLogicError as failure:
                return Refusal(_revert_data(failure), str(failure.message or failure))
            except Web3RPCError as failure:
                if "gas required exceeds" in str(failure).lower() or "out of gas" in str(failure).lower():
                    return Refusal(b"", _message(failure))
                raise

    def refusal_at(self, sender: str, to: str, data: bytes, gas: int, block_number: int) -> Refusal | None:
        """Why a call reverts on the state after a block; None if it does not, or the node has that state no longer."""
        with translated():
            call = cast(TxParams, {"from": sender, "to": to, "data": to_hex(data), "gas": gas})
            try:
                self._eth.call(call, block_number)
            except ContractLogicError as failure:
                return Refusal(_revert_data(failure), str(failure.message or failure))
            except Web3RPCError as failure:
                return Refusal(b"", _message(failure))
            return None

    def wallet_accepts(self, wallet: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether an account with code takes a signature for its own (EIP-1271), as our contracts ask it at the latest
        block; False for an account without code.
        """
        data, gas = wallet_question(wallet, message_digest, signature)
        with translated():
            return int.from_bytes(self._eth.call(cast(TxParams, {"data": to_hex(data), "gas": gas}))) == 1

    def tip_wei(self) -> int:
        """The tip per gas the node suggests."""
        with translated():
            return int(self._eth.max_priority_fee)

    def broadcast(self, raw: bytes) -> tuple[Answer, str]:
        """Hands a signed transaction to the node; what it said, and its words."""
        with translated():
            try:
                self._eth.send_raw_transaction(raw)
            except Web3RPCError as failure:
                words = _message(failure)
                answer = answer_in(words)
                if answer is None:
                    raise
                return answer, words
        return Answer.ACCEPTED, ""
