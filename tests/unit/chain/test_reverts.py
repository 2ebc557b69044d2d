"""Custom errors by selector, with their arguments; whatever a contract says is decoded, never a crash."""

import re
from collections import defaultdict

import pytest
from eth_abi.abi import encode
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.chain.artifacts import CHECKOUT
from backend.chain.keccak import keccak
from backend.chain.reverts import Revert, decode_revert, reason_name
from tests.unit.chain.abi_values import AbiItem, arguments, encoded, items, signature_hash

pytestmark = pytest.mark.usefixtures("compiled")

ANY = st.binary(max_size=200)


def errors() -> dict[bytes, AbiItem]:
    """Selector -> error, of every error in every contract's ABI."""
    return {signature_hash(item)[:4]: item for _, item in items("error")}


def test_errors__of_all_contracts__no_selector_means_two_things() -> None:
    meanings: dict[bytes, set[str]] = defaultdict(set)
    for _, item in items("error"):
        kinds = ",".join(parameter["type"] for parameter in item["inputs"])
        meanings[signature_hash(item)[:4]].add(f"{item['name']}({kinds})")
    assert {selector.hex(): names for selector, names in meanings.items() if len(names) > 1} == {}
    assert len(meanings) > 60


def test_errors__declared_in_our_sources__are_all_known_by_name() -> None:
    contracts = CHECKOUT / "contracts"
    sources = [path for folder in (".", "interfaces", "libraries") for path in (contracts / folder).glob("*.sol")]
    declared = {
        (name, tuple(part.split()[0] for part in inside.split(",") if part.strip()))
        for path in sources
        for name, inside in re.findall(r"^\s*error (\w+)\(([^)]*)\);", path.read_text(), re.MULTILINE)
    }
    names = {keccak(f"{name}({','.join(kinds)})".encode())[:4]: name for name, kinds in declared}
    assert len(names) == len(declared) > 60
    assert {name: reason_name(selector) for selector, name in names.items()} == {name: name for name in names.values()}


@settings(max_examples=10)
@given(data=st.data())
def test_decode_revert__every_error_with_any_arguments__gives_name_and_arguments(data: st.DataObject) -> None:
    for selector, item in errors().items():
        given_arguments = data.draw(arguments(item["inputs"]))
        decoded = decode_revert(selector + encoded(item["inputs"], given_arguments))
        assert decoded.name == item["name"] == reason_name(selector)
        addresses = {p["name"] for p in item["inputs"] if p["type"] == "address"}
        assert decoded.args == {n: v.lower() if n in addresses else v for n, v in given_arguments.items()}
        assert str(decoded).startswith(f"{item['name']}(")


def test_decode_revert__require_and_panic__are_read_too() -> None:
    said = bytes.fromhex("08c379a0") + encode(["string"], ["not today 碳"])
    assert decode_revert(said) == Revert("Error", {"reason": "not today 碳"})
    assert decode_revert(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])) == Revert("Panic", {"code": 0x11})


def test_decode_revert__no_data_or_an_unknown_selector__says_so() -> None:
    assert decode_revert(b"") == decode_revert(b"\x01\x02\x03") == Revert("", {})
    assert str(decode_revert(b"")) == "reverted()"
    assert decode_revert(b"\xde\xad\xbe\xef and more") == Revert("0xdeadbeef", {})
    assert reason_name(b"\xde\xad\xbe\xef") == "0xdeadbeef"


@given(data=st.data(), tail=ANY)
def test_decode_revert__known_selector_with_garbage__keeps_the_name(data: st.DataObject, tail: bytes) -> None:
    selector, item = data.draw(st.sampled_from(sorted(errors().items())))
    assert decode_revert(selector + tail).name == item["name"]


@given(garbage=ANY)
@example(garbage=bytes.fromhex("08c379a0") + encode(["bytes"], [b"\xff\xfe"]))
@example(garbage=bytes.fromhex("08c379a0") + (2**255).to_bytes(32) * 2)
@example(garbage=bytes.fromhex("08c379a0") + (32).to_bytes(32) + (2**64).to_bytes(32))
def test_decode_revert__whatever_a_hostile_contract_says__is_decoded_or_kept(garbage: bytes) -> None:
    decoded = decode_revert(garbage)
    known = reason_name(garbage[:4]) if len(garbage) >= 4 else ""
    assert decoded.name == known
