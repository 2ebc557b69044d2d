"""A recorded history: all an audit reads of a chain, in one file, so that it can be repeated, shared and argued about.

What the node said is kept as it said it (0x-hex text); nothing is believed before `evidence` has recomputed it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.audit.blocks import RpcObject, octets, quantity
from backend.chain.deployment import Deployment
from backend.kernel.errors import InvalidInput, NotFound

FORMAT = "tanyu-history/1"


class HistoryMissing(NotFound):
    """No history file."""

    code = "audit.history_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no recorded history at {path}", path=str(path))


class HistoryMalformed(InvalidInput):
    """Not a recorded history."""

    code = "audit.history_malformed"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a recorded history: {why}", path=str(path), why=why)


@dataclass(frozen=True)
class BlockBody:
    """The transactions and receipts of one block, each in block order."""

    number: int
    transactions: tuple[RpcObject, ...]
    receipts: tuple[RpcObject, ...]


@dataclass(frozen=True)
class InnerCall:
    """A call to a contract of ours from inside another contract's call, in the order of a transaction's trace."""

    transaction: str
    to: str
    sender: str
    input: str


@dataclass(frozen=True)
class History:
    """One deployment's history up to a head block.

    `payment_ours` says whether the payment token is the local stand-in: of another, only moves in our transactions
    count. `headers` ascend from the deployment block to the head; `bodies` are of the blocks that may hold logs of
    ours; `logs` is what eth_getLogs answered; `answers` maps a question (`questions.Asked.key`) to the answer.
    """

    chain_id: int
    genesis_hash: str
    deployment: Deployment
    payment_ours: bool
    headers: tuple[RpcObject, ...]
    bodies: tuple[BlockBody, ...]
    logs: tuple[RpcObject, ...]
    inner_calls: tuple[InnerCall, ...]
    answers: Mapping[str, str]

    @property
    def followed(self) -> frozenset[str]:
        """Addresses, lower case, whose every log is in `logs`."""
        names = self.deployment.addresses.items()
        return frozenset(address.lower() for name, address in names if self.payment_ours or name != "PaymentToken")

    @property
    def head_number(self) -> int:
        """Number of the last block covered."""
        return quantity(self.headers[-1]["number"])

    @property
    def head_hash(self) -> str:
        """Hash of the last block covered: compare it with what other nodes say."""
        return str(self.headers[-1]["hash"])

    def require_readable(self) -> None:
        """Raises KeyError, TypeError, AttributeError, IndexError or ValueError where a field is no number or bytes."""
        assert self.head_number >= 0
        for header in self.headers:
            roots = ("parentHash", "logsBloom", "transactionsRoot", "receiptsRoot")
            _require(header, ("number", "timestamp"), ("hash", *roots))
        for body in self.bodies:
            for transaction in body.transactions:
                _require(transaction, (), ("hash", "from", "input"))
                octets(transaction.get("to") or "0x")
            for receipt in body.receipts:
                _require(receipt, ("status",), ("transactionHash",))
                for log in receipt["logs"]:
                    _require_log(log)
        for log in self.logs:
            _require_log(log)

    def save(self, path: Path) -> None:
        """Writes the file."""
        body = {
            "format": FORMAT,
            "chainId": self.chain_id,
            "genesisHash": self.genesis_hash,
            "deployment": asdict(self.deployment),
            "paymentOurs": self.payment_ours,
            "headers": list(self.headers),
            "bodies": [asdict(body) for body in self.bodies],
            "logs": list(self.logs),
            "innerCalls": [asdict(call) for call in self.inner_calls],
            "answers": dict(self.answers),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(body, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "History":
        """Reads the file; raises HistoryMissing or HistoryMalformed."""
        if not path.exists():
            raise HistoryMissing(path)
        try:
            raw = json.loads(path.read_text())
            if raw["format"] != FORMAT:
                raise HistoryMalformed(path, f"format {raw['format']!r}, expected {FORMAT!r}")
            return _parse(raw)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as failure:
            raise HistoryMalformed(path, repr(failure)) from failure


def _parse(raw: Mapping[str, Any]) -> History:
    deployment = raw["deployment"]
    found = History(
        chain_id=int(raw["chainId"]),
        genesis_hash=str(raw["genesisHash"]),
        deployment=Deployment(
            chain_id=int(deployment["chain_id"]),
            genesis_hash=str(deployment["genesis_hash"]),
            block_number=int(deployment["block_number"]),
            addresses=dict(deployment["addresses"]),
            abi_digests=dict(deployment["abi_digests"]),
        ),
        payment_ours=bool(raw["paymentOurs"]),
        headers=tuple(raw["headers"]),
        bodies=tuple(
            BlockBody(int(body["number"]), tuple(body["transactions"]), tuple(body["receipts"]))
            for body in raw["bodies"]
        ),
        logs=tuple(raw["logs"]),
        inner_calls=tuple(InnerCall(**call) for call in raw["innerCalls"]),
        answers=dict(raw["answers"]),
    )
    found.require_readable()
    return found


def _require(item: RpcObject, numbers: tuple[str, ...], texts: tuple[str, ...]) -> None:
    for name in numbers:
        quantity(item[name])
    for name in texts:
        octets(item[name])


def _require_log(log: RpcObject) -> None:
    _require(log, ("blockNumber", "logIndex"), ("address", "data", "blockHash", "transactionHash"))
    for topic in log["topics"]:
        octets(topic)
