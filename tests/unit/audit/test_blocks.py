"""Hashes of headers and transactions, against mainnet's genesis and the example of EIP-155."""

import pytest

from backend.audit.blocks import bloom_may_hold, bloom_of, header_hash, octets, sender, transaction_bytes
from backend.audit.trie import EMPTY_ROOT

ZERO_32 = "0x" + "00" * 32

MAINNET_GENESIS = {
    "parentHash": ZERO_32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x" + EMPTY_ROOT.hex(),
    "receiptsRoot": "0x" + EMPTY_ROOT.hex(),
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": ZERO_32,
    "nonce": "0x0000000000000042",
}

EIP_155_EXAMPLE = {
    "type": "0x0",
    "nonce": "0x9",
    "gasPrice": hex(20 * 10**9),
    "gas": hex(21_000),
    "to": "0x" + "35" * 20,
    "value": hex(10**18),
    "input": "0x",
    "v": hex(37),
    "r": "0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276",
    "s": "0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
}


def test_header_hash__mainnet_genesis__is_the_known_one() -> None:
    known = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
    assert header_hash(MAINNET_GENESIS).hex() == known


def test_transaction__example_of_eip_155__has_its_bytes_and_sender() -> None:
    signed = (
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195"
        "fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )
    assert transaction_bytes(EIP_155_EXAMPLE).hex() == signed
    assert sender(EIP_155_EXAMPLE) == "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"


def test_sender__changed_value__is_somebody_else_or_nobody() -> None:
    assert sender({**EIP_155_EXAMPLE, "value": "0x1"}) != "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"
    assert sender({**EIP_155_EXAMPLE, "s": hex(2**256 - 1)}) is None


def test_transaction__unknown_type__is_refused() -> None:
    with pytest.raises(KeyError):
        transaction_bytes({**EIP_155_EXAMPLE, "type": "0x7e"})


def test_bloom__address_and_topics_of_its_logs__are_held_and_others_are_not() -> None:
    log = {"address": "0x" + "11" * 20, "topics": ["0x" + "22" * 32], "data": "0x"}
    bloom = bloom_of([log])
    assert bloom_may_hold(bloom, octets("0x" + "11" * 20))
    assert bloom_may_hold(bloom, octets("0x" + "22" * 32))
    assert not bloom_may_hold(bloom, octets("0x" + "33" * 20))
