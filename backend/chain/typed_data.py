"""EIP-712 typed data. The definitions in contracts/eip712 are the one source for Solidity tests, Python and pages.

schema.json there is the JSON Schema they follow, domains.json the names of the domains.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eth_abi.abi import encode

from backend.chain.artifacts import CHECKOUT
from backend.chain.keccak import keccak
from backend.chain.keys import Signs
from backend.chain.signature import canonical_signature, recover

EIP712 = CHECKOUT / "contracts" / "eip712"

_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")

__all__ = ["Domain", "TypedData", "canonical_signature", "digest", "domain_separator", "recover", "sign", "typed_data"]


@dataclass(frozen=True)
class Domain:
    """Where a signature is valid: EIP-712 domain of one contract on one chain."""

    name: str
    version: str
    chain_id: int
    verifying_contract: str


@dataclass(frozen=True)
class TypedData:
    """One message type. `fields` in order: (name, Solidity type). `contracts`: who takes it, the main one first."""

    name: str
    description: str
    contracts: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    type_hash: bytes

    @property
    def contract(self) -> str:
        """The contract that takes it, or the main one of several."""
        return self.contracts[0]

    @property
    def type_string(self) -> str:
        """EIP-712 encodeType."""
        return f"{self.name}({','.join(f'{kind} {name}' for name, kind in self.fields)})"


def type_files() -> list[Path]:
    """The files that define one message type each."""
    return sorted(path for path in EIP712.glob("*.json") if path.name not in {"schema.json", "domains.json"})


def file_name_of(name: str) -> str:
    """The file about a message type or a contract: CancelAll stands in cancel-all.json."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() + ".json"


@cache
def typed_data(type_name: str) -> TypedData:
    """The definition of a message type, such as "Order" or "CancelAll"."""
    file_name = file_name_of(type_name)
    raw = json.loads(EIP712.joinpath(file_name).read_text())
    fields = tuple((field["name"], field["type"]) for field in raw["types"][type_name])
    type_hash = keccak(raw["typeString"].encode())
    contracts = (raw["verifyingContract"], *raw.get("alsoVerifyingContracts", ()))
    found = TypedData(type_name, raw["description"], contracts, fields, type_hash)
    assert found.type_string == raw["typeString"], file_name
    return found


@cache
def domain_name(contract: str) -> tuple[str, str]:
    """Name and version of a contract's domain."""
    raw = json.loads(EIP712.joinpath("domains.json").read_text())[contract]
    return raw["name"], raw["version"]


@cache
def domain_separator(domain: Domain) -> bytes:
    """32 bytes; EIP-712 section "Definition of domainSeparator"."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                _DOMAIN_TYPE,
                keccak(domain.name.encode()),
                keccak(domain.version.encode()),
                domain.chain_id,
                domain.verifying_contract,
            ],
        )
    )


def struct_hash(type_name: str, message: Mapping[str, object]) -> bytes:
    """EIP-712 hashStruct: 32 bytes. Raises KeyError for a missing field, eth_abi's EncodingError for a wrong one."""
    definition = typed_data(type_name)
    kinds, values = ["bytes32"], [definition.type_hash]
    for name, kind in definition.fields:
        value = message[name]
        if kind == "string":
            assert isinstance(value, str)
            kinds.append("bytes32")
            values.append(keccak(value.encode()))
        else:
            kinds.append(kind)
            values.append(value)  # type: ignore[arg-type]  # eth_abi checks each value against its kind
    return keccak(encode(kinds, values))


def digest(type_name: str, domain: Domain, message: Mapping[str, object]) -> bytes:
    """What is signed: keccak256(0x1901 || domainSeparator || hashStruct(message))."""
    return keccak(b"\x19\x01" + domain_separator(domain) + struct_hash(type_name, message))


def sign(signer: Signs, type_name: str, domain: Domain, message: Mapping[str, object]) -> bytes:
    """65-byte signature, low s, v 27 or 28."""
    return sign_digest(signer, digest(type_name, domain, message))


def sign_digest(signer: Signs, message_digest: bytes) -> bytes:
    """65-byte signature over a 32-byte digest, low s, v 27 or 28 (RFC 6979 nonce)."""
    return signer.sign_digest(message_digest)
