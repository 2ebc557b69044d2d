"""What a block commits to: hashes of headers and transactions, roots of transactions and receipts, logs' bloom.

A node's JSON is believed only as far as these recompute. Sources: Yellow Paper section 4; EIP-155, EIP-1559, EIP-2718,
EIP-2930, EIP-4844, EIP-4895, EIP-7685, EIP-7702.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from backend.audit import rlp
from backend.audit.trie import ordered_root
from backend.chain.keccak import keccak
from backend.chain.signature import SignatureMalformed, recover

RpcObject = Mapping[str, Any]
"""A JSON object as a node gives it: quantities and bytes are 0x-hex text."""

_HEADER_BYTES = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
_HEADER_FIELDS: tuple[tuple[str, bool], ...] = (
    *((name, False) for name in _HEADER_BYTES),
    *((name, True) for name in ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")),
    *((name, False) for name in ("extraData", "mixHash", "nonce")),
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""Header fields in the order they are hashed, and whether each is a number. Later forks append theirs."""

HEADER_NAMES = ("hash", *(name for name, _ in _HEADER_FIELDS))

_FEES_1559 = ("maxPriorityFeePerGas", "maxFeePerGas")
_TRANSACTION_FIELDS: dict[int, tuple[str, ...]] = {
    0: ("nonce", "gasPrice", "gas", "to", "value", "input"),
    1: ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input", "accessList"),
    2: ("chainId", "nonce", *_FEES_1559, "gas", "to", "value", "input", "accessList"),
    3: (
        *("chainId", "nonce", *_FEES_1559, "gas", "to", "value", "input", "accessList"),
        *("maxFeePerBlobGas", "blobVersionedHashes"),
    ),
    4: ("chainId", "nonce", *_FEES_1559, "gas", "to", "value", "input", "accessList", "authorizationList"),
}


def octets(text: str) -> bytes:
    """Bytes of 0x-hex text; raises ValueError."""
    return bytes.fromhex(text.removeprefix("0x"))


def quantity(text: str) -> int:
    """Number of 0x-hex text; raises ValueError."""
    return int(text, 16)


def _number(text: str) -> bytes:
    return rlp.integer(quantity(text))


def header_hash(header: RpcObject) -> bytes:
    """Hash of a header, recomputed from its fields. Raises KeyError or ValueError for one that is not a header."""
    fields: list[rlp.Item] = []
    for name, is_number in _HEADER_FIELDS:
        value = header.get(name)
        if value is None:
            break
        fields.append(_number(value) if is_number else octets(value))
    return keccak(rlp.encode(fields))


def _field(transaction: RpcObject, name: str) -> rlp.Item:
    value = transaction.get(name)
    if name in {"to", "input"}:
        return octets(value or "0x")
    if name == "accessList":
        return [[octets(item["address"]), [octets(key) for key in item["storageKeys"]]] for item in value or []]
    if name == "blobVersionedHashes":
        return [octets(item) for item in value or []]
    if name == "authorizationList":
        return [
            [
                _number(item["chainId"]),
                octets(item["address"]),
                *(_number(item[part]) for part in ("nonce", "yParity", "r", "s")),
            ]
            for item in value or []
        ]
    return _number(transaction[name])


def _body(transaction: RpcObject) -> tuple[int, list[rlp.Item]]:
    kind = quantity(transaction.get("type", "0x0"))
    return kind, [_field(transaction, name) for name in _TRANSACTION_FIELDS[kind]]


def _envelope(kind: int, fields: Sequence[rlp.Item]) -> bytes:
    return (bytes([kind]) if kind else b"") + rlp.encode(fields)


def transaction_bytes(transaction: RpcObject) -> bytes:
    """The signed transaction, serialised (EIP-2718). Raises KeyError for a type that is not known."""
    kind, fields = _body(transaction)
    parity = transaction["v"] if kind == 0 else transaction.get("yParity", transaction.get("v"))
    return _envelope(kind, [*fields, _number(parity), _number(transaction["r"]), _number(transaction["s"])])


def sender(transaction: RpcObject) -> str | None:
    """EIP-55 address that signed a transaction, or None if its signature is none."""
    kind, fields = _body(transaction)
    v = quantity(transaction["v"]) if kind == 0 else quantity(transaction.get("yParity", transaction.get("v")))
    if kind == 0 and v >= 35:
        fields = [*fields, rlp.integer((v - 35) // 2), b"", b""]
        v = (v - 35) % 2
    elif kind == 0:
        v -= 27
    signature = quantity(transaction["r"]).to_bytes(32) + quantity(transaction["s"]).to_bytes(32)
    try:
        return recover(keccak(_envelope(kind, fields)), signature + bytes([27 + v]))
    except (SignatureMalformed, ValueError):
        return None


def bloom_of(logs: Sequence[RpcObject]) -> bytes:
    """256-byte bloom filter over the addresses and topics of logs."""
    bits = 0
    for log in logs:
        for entry in (log["address"], *log["topics"]):
            bits |= _bloom_bits(octets(entry))
    return bits.to_bytes(256)


@lru_cache(maxsize=1 << 16)
def _bloom_bits(entry: bytes) -> int:
    digest = keccak(entry)
    bits = 0
    for place in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[place : place + 2]) & 2047)
    return bits


def bloom_may_hold(bloom: bytes, entry: bytes) -> bool:
    """False only if no log under this bloom has the entry as its address or as a topic."""
    bits = _bloom_bits(entry)
    return int.from_bytes(bloom) & bits == bits


def receipt_bytes(receipt: RpcObject) -> bytes:
    """A receipt as the receipts' trie holds it; its bloom is recomputed from its logs."""
    logs = receipt["logs"]
    fields: list[rlp.Item] = [
        _number(receipt["status"]),
        _number(receipt["cumulativeGasUsed"]),
        bloom_of(logs),
        [[octets(log["address"]), [octets(topic) for topic in log["topics"]], octets(log["data"])] for log in logs],
    ]
    return _envelope(quantity(receipt.get("type", "0x0")), fields)


def transactions_root(transactions: Sequence[RpcObject]) -> bytes:
    """32 bytes; `transactions` in block order."""
    return ordered_root([transaction_bytes(item) for item in transactions])


def receipts_root(receipts: Sequence[RpcObject]) -> bytes:
    """32 bytes; `receipts` in block order."""
    return ordered_root([receipt_bytes(item) for item in receipts])
