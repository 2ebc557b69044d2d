"""A contract that counts: executing a call twice shows.

Word 1 of the calldata is a key whose count grows by one; with a word 2, the call reverts while the count of that key is
zero.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from eth_account import Account
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.types import TxReceipt

from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.rpc import network_of
from backend.kernel.clock import Clock
from backend.link.sender import Sender
from backend.storage.database import Database
from tests.patience import PATIENCE_S, until

REVERT_DATA = bytes.fromhex("deadbeef")

RUNTIME = bytes.fromhex(
    "6020"
    "36"
    "11"
    "15"
    "601c57"  # calldatasize > 32, or jump to ok
    "602035"
    "54"
    "601c57"  # count of word 2 is not zero: jump to ok
    "63deadbeef"
    "600052"
    "6004601cfd"  # revert with deadbeef
    "5b"
    "600035"
    "80"
    "54"
    "6001"
    "01"
    "90"
    "55"
    "00"  # ok: count[word 1] += 1
)
INIT = bytes([0x60, len(RUNTIME), 0x60, 0x0C, 0x60, 0x00, 0x39, 0x60, len(RUNTIME), 0x60, 0x00, 0xF3]) + RUNTIME


def send_raw(w3: Web3, signer: Signer, *, to: str | None, data: bytes = b"") -> HexBytes:
    """A transaction that does not come from the outbox; its hash."""
    transaction: dict[str, object] = {
        "type": 2,
        "chainId": 31337,
        "nonce": w3.eth.get_transaction_count(Web3.to_checksum_address(signer.address)),
        "value": 0,
        "data": data,
        "gas": 300_000,
        "maxFeePerGas": 10 * 10**9,
        "maxPriorityFeePerGas": 2 * 10**9,
    }
    if to is not None:
        transaction["to"] = to
    return w3.eth.send_raw_transaction(Account.sign_transaction(transaction, signer.key).raw_transaction)


def mined(w3: Web3, tx_hash: HexBytes) -> TxReceipt:
    """anvil mines by itself, but a moment after it answered."""
    return w3.eth.wait_for_transaction_receipt(tx_hash, timeout=PATIENCE_S, poll_latency=0.01)


def word(key: int) -> bytes:
    return key.to_bytes(32)


@dataclass(frozen=True)
class Counter:
    """The counter on a chain, and the deployment that names this chain."""

    w3: Web3
    address: str
    deployment: Deployment

    @classmethod
    def deploy(cls, w3: Web3) -> "Counter":
        receipt = mined(w3, send_raw(w3, dev_signer(DevRole.GOVERNOR), to=None, data=INIT))
        network = network_of(w3)
        deployment = Deployment(network.chain_id, network.genesis_hash, 1, {}, {})
        return cls(w3, str(receipt["contractAddress"]), deployment)

    @property
    def url(self) -> str:
        return str(cast(HTTPProvider, self.w3.provider).endpoint_uri)

    def count(self, key: int) -> int:
        return int.from_bytes(self.w3.eth.get_storage_at(Web3.to_checksum_address(self.address), key))

    def counts(self, keys: range) -> list[int]:
        return [self.count(key) for key in keys]

    def nonce(self, account: str) -> int:
        return self.w3.eth.get_transaction_count(Web3.to_checksum_address(account))

    def sender(self, database: Database, clock: Clock, *, confirmations: int = 0) -> Sender:
        return Sender(
            database,
            self.w3,
            dev_signer(DevRole.OPERATOR),
            clock,
            self.deployment,
            confirmations=confirmations,
            await_index=False,
        )

    def rpc(self, method: str, *arguments: object) -> object:
        """One of the node's fault methods."""
        answer = self.w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type] # not a typed method
        assert "error" not in answer, answer
        return answer["result"]


def step_until(sender: Sender, done: Callable[[], bool]) -> None:
    """Steps until it is done; fails if it never is."""

    def stepped() -> bool:
        sender.step()
        return done()

    until(stepped, "the sender")
