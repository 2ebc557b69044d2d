"""Logs of our contracts decoded into plain values, against web3's own decoder."""

from datetime import UTC, datetime
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3._utils.events import get_event_data

from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent, EventDecoder, event_shapes
from tests.unit.chain.abi_values import AbiItem, arguments, encoded, items, signature_hash

pytestmark = pytest.mark.usefixtures("compiled")

AT = datetime(2026, 1, 15, tzinfo=UTC)
DEPLOYMENT = Deployment(
    chain_id=31337,
    genesis_hash="0x" + "00" * 32,
    block_number=1,
    addresses={name: Web3.to_checksum_address(bytes([index + 1]) * 20) for index, name in enumerate(CONTRACT_NAMES)},
    abi_digests={},
)


def log_of(contract: str, item: AbiItem, given_arguments: dict[str, Any]) -> dict[str, Any]:
    """The log an EVM would write."""
    indexed = [parameter for parameter in item["inputs"] if parameter["indexed"]]
    topics = [encode([p["type"]], [given_arguments[p["name"]]]) for p in indexed]
    return {
        "address": DEPLOYMENT.address(contract),
        "topics": [signature_hash(item), *topics],
        "data": encoded([p for p in item["inputs"] if not p["indexed"]], given_arguments),
        "blockNumber": 7,
        "blockHash": b"\x07" * 32,
        "transactionHash": b"\x08" * 32,
        "transactionIndex": 0,
        "logIndex": 3,
    }


@settings(max_examples=10)
@given(data=st.data())
def test_decode__every_event_with_any_arguments__gives_them_back_by_name(data: st.DataObject) -> None:
    decoder, codec = EventDecoder(DEPLOYMENT), Web3().codec
    for contract, item in items("event"):
        given_arguments = data.draw(arguments(item["inputs"]))
        log = log_of(contract, item, given_arguments)
        event = decoder.decode(log, AT)
        assert event == ChainEvent(contract, item["name"], given_arguments, 7, b"\x07" * 32, AT, b"\x08" * 32, 3)
        assert list(event.args) == [parameter["name"] for parameter in item["inputs"]]
        elsewhere = get_event_data(codec, item, log)
        assert {n: list(v) if isinstance(v, tuple) else v for n, v in elsewhere["args"].items()} == given_arguments


def test_event_shapes__every_contract__topic_leads_to_its_event() -> None:
    seen = 0
    for contract in CONTRACT_NAMES:
        shapes = event_shapes(contract)
        declared = {signature_hash(item): item for name, item in items("event") if name == contract}
        assert set(shapes) == set(declared)
        for topic, shape in shapes.items():
            assert (shape.contract, shape.name, shape.topic) == (contract, declared[topic]["name"], topic)
            seen += 1
    assert seen > 40


def test_events__indexed_parameters__are_values_a_topic_can_hold() -> None:
    held_as_hash = {
        (contract, item["name"], parameter["name"])
        for contract, item in items("event")
        for parameter in item["inputs"]
        if parameter["indexed"] and (parameter["type"] in {"string", "bytes"} or parameter["type"].endswith("]"))
    }
    assert held_as_hash == set(), "decode_args reads an indexed parameter from its topic"


def test_decode__not_ours__is_none() -> None:
    decoder = EventDecoder(DEPLOYMENT)
    contract, item = next((c, i) for c, i in items("event") if (c, i["name"]) == ("Exchange", "FeeSet"))
    log = log_of(contract, item, {"feeBps": 30})
    assert decoder.decode(log, AT) is not None
    assert decoder.decode(log | {"address": "0x" + "99" * 20}, AT) is None, "another contract"
    assert decoder.decode(log | {"address": DEPLOYMENT.address("Anchors")}, AT) is None, "an event of another of ours"
    assert decoder.decode(log | {"topics": [b"\x01" * 32]}, AT) is None, "unknown topic"
    assert decoder.decode(log | {"topics": []}, AT) is None, "anonymous"


def test_decode__address_in_any_case__is_the_same_contract() -> None:
    contract, item = next((c, i) for c, i in items("event") if (c, i["name"]) == ("Exchange", "FeeSet"))
    log = log_of(contract, item, {"feeBps": 30})
    event = EventDecoder(DEPLOYMENT).decode(log | {"address": log["address"].lower()}, AT)
    assert event is not None
    assert (event.contract, event.args) == ("Exchange", {"feeBps": 30})


def test_addresses__to_filter_by__are_all_of_the_deployment() -> None:
    assert sorted(EventDecoder(DEPLOYMENT).addresses) == sorted(DEPLOYMENT.addresses.values())
