"""Ways to falsify a recorded history: one field of one event, an event left out, told twice, or moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode

from backend.audit.blocks import RpcObject, bloom_of, header_hash, octets, quantity, receipts_root
from backend.audit.history import History
from backend.chain.events import EventShape, decode_args, event_shapes

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


@dataclass(frozen=True)
class Tampering:
    """A falsified history, and what was done to it."""

    contract: str
    event: str
    field: str
    logs: tuple[RpcObject, ...]

    @property
    def name(self) -> str:
        return f"{self.contract}.{self.event}.{self.field}"

    def applied(self, history: History) -> History:
        return replace(history, logs=self.logs)


def other_value(kind: str, value: Any) -> Any:
    """A different value of the same type."""
    if kind.endswith("[]"):
        return [other_value(kind[:-2], value[0]), *value[1:]] if value else [other_value(kind[:-2], None)]
    if kind == "bool":
        return not value
    if kind.startswith("uint"):
        return (value or 0) ^ 1
    if kind == "address":
        return STRANGER
    if kind == "string":
        return (value or "") + "x"
    size = int(kind.removeprefix("bytes") or len(value or b"\0"))
    raw = bytearray(value or bytes(size))
    raw[-1 if size == 32 else 0] ^= 1
    return bytes(raw)


def encoded(shape: EventShape, args: Mapping[str, Any]) -> tuple[list[str], str]:
    """Topics and data of an event."""
    indexed = [(kind, args[name]) for name, kind, is_indexed in shape.parameters if is_indexed]
    plain = [(kind, args[name]) for name, kind, is_indexed in shape.parameters if not is_indexed]
    topics = [shape.topic, *(encode([kind], [value]) for kind, value in indexed)]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return ["0x" + topic.hex() for topic in topics], "0x" + data.hex()


def shape_of(history: History, log: RpcObject) -> EventShape:
    contract = next(n for n, a in history.deployment.addresses.items() if a.lower() == str(log["address"]).lower())
    return event_shapes(contract)[octets(log["topics"][0])]


def field_tamperings(history: History, *, one_of_a_kind: bool) -> Iterator[Tampering]:
    """Every field of every event in turn; or only of the last event of each kind."""
    chosen: dict[object, int] = {}
    for place, log in enumerate(history.logs):
        shape = shape_of(history, log)
        chosen[(shape.contract, shape.name) if one_of_a_kind else place] = place
    for place in chosen.values():
        log = history.logs[place]
        shape = shape_of(history, log)
        args = decode_args(shape, [octets(topic) for topic in log["topics"][1:]], octets(log["data"]))
        for name, kind, _ in shape.parameters:
            topics, data = encoded(shape, {**args, name: other_value(kind, args[name])})
            changed = {**log, "topics": topics, "data": data}
            assert changed != {**log}
            logs = (*history.logs[:place], changed, *history.logs[place + 1 :])
            yield Tampering(shape.contract, shape.name, name, logs)


def _renumbered(logs: list[RpcObject]) -> tuple[RpcObject, ...]:
    """Log indexes that ascend within each block again, as a careful forger would write them."""
    found: list[RpcObject] = []
    for log in logs:
        same_block = found and found[-1]["blockNumber"] == log["blockNumber"]
        index = quantity(found[-1]["logIndex"]) + 1 if same_block else 0
        found.append({**log, "logIndex": hex(index)})
    return tuple(found)


def removals(history: History) -> Iterator[Tampering]:
    """Each event left out."""
    for place, log in enumerate(history.logs):
        shape = shape_of(history, log)
        logs = [*history.logs[:place], *history.logs[place + 1 :]]
        yield Tampering(shape.contract, shape.name, "removed", _renumbered(logs))


def duplicates(history: History) -> Iterator[Tampering]:
    """Each event told twice."""
    for place, log in enumerate(history.logs):
        shape = shape_of(history, log)
        logs = [*history.logs[: place + 1], *history.logs[place:]]
        yield Tampering(shape.contract, shape.name, "told twice", _renumbered(logs))


def swaps(history: History) -> Iterator[Tampering]:
    """Each event changing places with the next one of its transaction."""
    for place, (log, after) in enumerate(zip(history.logs, history.logs[1:], strict=False)):
        if log["transactionHash"] == after["transactionHash"]:
            shape = shape_of(history, log)
            logs = [*history.logs[:place], after, log, *history.logs[place + 2 :]]
            yield Tampering(shape.contract, shape.name, "moved", _renumbered(logs))


def forged(history: History, logs: tuple[RpcObject, ...]) -> History:
    """A chain made to fit falsified logs: receipts, roots, blooms, and every header's hash from there on."""
    by_place = {(log["blockNumber"], log["logIndex"]): log for log in logs}
    receipts: dict[int, tuple[RpcObject, ...]] = {}
    for body in history.bodies:
        rewritten = []
        for receipt in body.receipts:
            entries = [by_place.get((log["blockNumber"], log["logIndex"]), log) for log in receipt["logs"]]
            rewritten.append({**receipt, "logs": entries})
        receipts[body.number] = tuple(rewritten)
    headers: list[RpcObject] = []
    hashes: dict[str, str] = {}
    for header in history.headers:
        parent = headers[-1]["hash"] if headers else header["parentHash"]
        fresh = {**header, "parentHash": parent}
        held = receipts.get(quantity(header["number"]))
        if held is not None:
            fresh["receiptsRoot"] = "0x" + receipts_root(held).hex()
            fresh["logsBloom"] = "0x" + bloom_of([log for receipt in held for log in receipt["logs"]]).hex()
        fresh["hash"] = "0x" + header_hash(fresh).hex()
        hashes[header["hash"]] = fresh["hash"]
        headers.append(fresh)
    bodies = tuple(replace(body, receipts=receipts[body.number]) for body in history.bodies)
    renamed = tuple({**log, "blockHash": hashes[log["blockHash"]]} for log in logs)
    return replace(history, headers=tuple(headers), bodies=bodies, logs=renamed)
