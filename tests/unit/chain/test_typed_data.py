"""EIP-712 by contracts/eip712/*.json, against an encoder that is not ours (eth-account)."""

import json
import re
from pathlib import Path

import pytest
from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.keys import dev_signer
from backend.chain.signature import checksum_address, recover
from backend.chain.typed_data import (
    EIP712,
    Domain,
    digest,
    domain_name,
    domain_separator,
    sign,
    struct_hash,
    type_files,
    typed_data,
)

FILES = type_files()
TYPES = [json.loads(path.read_text())["primaryType"] for path in FILES]

addresses = st.binary(min_size=20, max_size=20).map(checksum_address)
VALUES: dict[str, st.SearchStrategy[object]] = {
    "address": addresses,
    "bool": st.booleans(),
    "bytes32": st.binary(min_size=32, max_size=32),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    "uint256": st.integers(min_value=0, max_value=2**256 - 1),
}
domains = st.builds(
    Domain,
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    version=st.sampled_from(["1", "2", ""]),
    chain_id=st.integers(min_value=0, max_value=2**256 - 1),
    verifying_contract=addresses,
)


def messages(type_name: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({name: VALUES[kind] for name, kind in typed_data(type_name).fields})


def encoded_elsewhere(type_name: str, domain: Domain, message: dict[str, object]) -> bytes:
    signable = encode_typed_data(
        domain_data={
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.verifying_contract,
        },
        message_types={type_name: [{"name": name, "type": kind} for name, kind in typed_data(type_name).fields]},
        message_data=message,
    )
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def test_files__seventeen_messages__are_all_there() -> None:
    expected = "Approve Attestation Batch CancelAll Cancel CloseEarly Donate Grant OpenCampaign Order Pledge RefundTo"
    expected += " Retire RetireEarly RetirementReceipt Transfer UseNumber"
    assert sorted(TYPES) == sorted(expected.split())


SCHEMA = json.loads(EIP712.joinpath("schema.json").read_text())


def test_schema__is_one_and_has_the_contracts_and_kinds_we_know() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(SCHEMA["$defs"]["contract"]["enum"]) <= set(CONTRACT_NAMES)
    assert set(SCHEMA["$defs"]["field"]["properties"]["type"]["enum"]) == set(VALUES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file__each_message__follows_the_schema(path: Path) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


def test_domains__follow_the_schema_and_name_every_contract_that_verifies() -> None:
    raw = json.loads(EIP712.joinpath("domains.json").read_text())
    Draft202012Validator({**SCHEMA, "$ref": "#/$defs/domains"}).validate(raw)
    assert (
        set(raw)
        == set(SCHEMA["$defs"]["contract"]["enum"])
        >= {each for name in TYPES for each in typed_data(name).contracts}
    )
    assert all(domain_name(contract) == (each["name"], each["version"]) for contract, each in raw.items())


ORDER = json.loads(EIP712.joinpath("order.json").read_text())


@pytest.mark.parametrize(
    "change",
    [
        {"verifyingContract": "Market"},
        {"alsoVerifyingContracts": ["Market"]},
        {"alsoVerifyingContracts": []},
        {"primaryType": "order"},
        {"types": {}},
        {"types": {"Order": ORDER["types"]["Order"], "Other": ORDER["types"]["Order"]}},
        {"types": {"Order": [{"name": "amount", "type": "uint128"}]}},
        {"types": {"Order": [{"name": "Amount", "type": "uint256"}]}},
        {"types": {"Order": [{"name": "amount", "type": "uint256", "unit": "g"}]}},
        {"typeString": "Order(uint256 amount, address maker)"},
        {"note": "x"},
    ],
    ids=str,
)
def test_schema__a_file_that_breaks_the_form__is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(ORDER | change)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file__type_string_and_names__say_what_its_fields_say(path: Path) -> None:
    raw = json.loads(path.read_text())
    name = raw["primaryType"]
    assert list(raw["types"]) == [name]
    fields = raw["types"][name]
    assert raw["typeString"] == name + "(" + ",".join(f"{field['type']} {field['name']}" for field in fields) + ")"
    assert len({field["name"] for field in fields}) == len(fields)
    assert {field["type"] for field in fields} <= set(VALUES)
    assert path.stem == re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
    assert raw["verifyingContract"] in CONTRACT_NAMES
    assert raw["description"].endswith(".")
    known = typed_data(name)
    assert len(set(known.contracts)) == len(known.contracts)
    assert known.contracts[1:] == tuple(raw.get("alsoVerifyingContracts", []))
    assert (known.name, known.contract, known.description) == (name, raw["verifyingContract"], raw["description"])
    assert known.type_hash == keccak(text=raw["typeString"])


def test_type_hashes__solidity__has_the_strings_of_the_files() -> None:
    source = EIP712.parent.joinpath("libraries", "TypeHashes.sol").read_text()
    hashed = re.findall(r"keccak256\(\s*(.*?)\);", source, re.DOTALL)
    in_solidity = {re.sub(r'"\s*"', "", text).strip().strip('"') for text in hashed}
    on_chain = {typed_data(name).name for name in TYPES} - {"Attestation"}
    assert {text.partition("(")[0] for text in in_solidity} == on_chain
    assert in_solidity == {json.loads(p.read_text())["typeString"] for p in FILES if p.stem != "attestation"}


@pytest.mark.parametrize("type_name", TYPES)
@given(data=st.data())
def test_digest__any_message__equals_eth_accounts(type_name: str, data: st.DataObject) -> None:
    domain, message = data.draw(domains), data.draw(messages(type_name))
    assert digest(type_name, domain, message) == encoded_elsewhere(type_name, domain, message)


@given(data=st.data(), type_name=st.sampled_from(TYPES), index=st.integers(min_value=0, max_value=5))
def test_sign__any_message__equals_eth_accounts_and_recovers_to_the_signer(
    data: st.DataObject, type_name: str, index: int
) -> None:
    domain, message, signer = data.draw(domains), data.draw(messages(type_name)), dev_signer(index)
    signature = sign(signer, type_name, domain, message)
    message_digest = digest(type_name, domain, message)
    assert recover(message_digest, signature) == signer.address
    elsewhere = Account.unsafe_sign_hash(message_digest, signer.key)  # both take the nonce of RFC 6979
    assert signature == bytes(elsewhere.signature)


@given(data=st.data(), type_name=st.sampled_from(TYPES))
def test_digest__one_field_changed__is_another(data: st.DataObject, type_name: str) -> None:
    domain, message = data.draw(domains), data.draw(messages(type_name))
    name, kind = data.draw(st.sampled_from(typed_data(type_name).fields))
    changed = message | {name: data.draw(VALUES[kind].filter(lambda value: value != message[name]))}
    assert digest(type_name, domain, changed) != digest(type_name, domain, message)


@given(one=domains, other=domains)
def test_domain_separator__another_domain__is_another(one: Domain, other: Domain) -> None:
    assert (domain_separator(one) == domain_separator(other)) == (one == other)


def test_struct_hash__a_field_missing__is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="deadline"):
        struct_hash("CancelAll", {"maker": dev_signer(0).address, "epoch": 1})


def test_struct_hash__a_value_out_of_its_type__is_an_error() -> None:
    message: dict[str, object] = {"maker": dev_signer(0).address, "epoch": 1, "deadline": 2}
    for name, value in (("epoch", -1), ("epoch", 2**256), ("epoch", "1"), ("maker", "nobody")):
        with pytest.raises(EncodingError):
            struct_hash("CancelAll", message | {name: value})


def test_typed_data__a_name_nobody_defined__is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        typed_data("Permission")
