"""Logs of our contracts, decoded into plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eth_abi.abi import decode

from backend.chain.artifacts import artifact
from backend.chain.deployment import Deployment
from backend.chain.keccak import keccak
from backend.chain.signature import checksum_address

Value = int | str | bytes | bool | list["Value"]


@dataclass(frozen=True)
class ChainEvent:
    """One event. `args` by name: integers, EIP-55 addresses, bytes, text, booleans, lists of them."""

    contract: str
    name: str
    args: Mapping[str, Any]
    block_number: int
    block_hash: bytes
    block_time: datetime
    tx_hash: bytes
    log_index: int


@dataclass(frozen=True)
class EventShape:
    """How one event is laid out in a log. Parameters in order: (name, type, indexed)."""

    contract: str
    name: str
    parameters: tuple[tuple[str, str, bool], ...]

    @property
    def topic(self) -> bytes:
        """Keccak of the event's signature: the log's first topic."""
        return keccak(f"{self.name}({','.join(kind for _, kind, _ in self.parameters)})".encode())


def event_shapes(contract: str) -> dict[bytes, EventShape]:
    """Topic -> shape of every event in a contract's ABI."""
    shapes = (
        EventShape(contract, item["name"], tuple((p["name"], p["type"], p["indexed"]) for p in item["inputs"]))
        for item in artifact(contract).abi
        if item["type"] == "event"
    )
    return {shape.topic: shape for shape in shapes}


def _plain(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_plain(kind[:-2], item) for item in value]
    if kind == "address":
        return checksum_address(bytes.fromhex(value.removeprefix("0x")))
    return value


@dataclass
class EventDecoder:
    """Decodes logs of one deployment's contracts; everything else is None."""

    deployment: Deployment
    _names: dict[str, str] = field(init=False)
    _shapes: dict[str, dict[bytes, EventShape]] = field(init=False)

    def __post_init__(self) -> None:
        self._names = {address.lower(): name for name, address in self.deployment.addresses.items()}
        self._shapes = {name: event_shapes(name) for name in self.deployment.addresses}

    @property
    def addresses(self) -> list[str]:
        """EIP-55 addresses to filter logs by."""
        return list(self.deployment.addresses.values())

    def decode(self, log: Mapping[str, Any], block_time: datetime) -> ChainEvent | None:
        """The event in a log, or None if it is not one of ours. A log of ours with an unknown topic is None too."""
        contract = self._names.get(str(log["address"]).lower())
        topics = [bytes(topic) for topic in log["topics"]]
        shape = self._shapes[contract].get(topics[0]) if contract and topics else None
        if contract is None or shape is None:
            return None
        return ChainEvent(
            contract=contract,
            name=shape.name,
            args=decode_args(shape, topics[1:], bytes(log["data"])),
            block_number=int(log["blockNumber"]),
            block_hash=bytes(log["blockHash"]),
            block_time=block_time,
            tx_hash=bytes(log["transactionHash"]),
            log_index=int(log["logIndex"]),
        )


def decode_args(shape: EventShape, topics: list[bytes], data: bytes) -> dict[str, Any]:
    """Arguments by name, in the order of the event's declaration. Our events index value types only."""
    plain = [(name, kind) for name, kind, indexed in shape.parameters if not indexed]
    values = dict(zip((name for name, _ in plain), decode([kind for _, kind in plain], data), strict=True))
    indexed = [(name, kind) for name, kind, is_indexed in shape.parameters if is_indexed]
    for (name, kind), topic in zip(indexed, topics, strict=True):
        values[name] = decode([kind], topic)[0]
    return {name: _plain(kind, values[name]) for name, kind, _ in shape.parameters}
