"""Random values of the Solidity types our ABIs use, and their ABI items."""

from typing import Any

from eth_abi.abi import encode
from hypothesis import strategies as st

from backend.chain.artifacts import CONTRACT_NAMES, artifact
from backend.chain.keccak import keccak
from backend.chain.signature import checksum_address

AbiItem = dict[str, Any]

_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "address": st.binary(min_size=20, max_size=20).map(checksum_address),
    "bool": st.booleans(),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    "bytes": st.binary(max_size=40),
}


def items(kind: str) -> list[tuple[str, AbiItem]]:
    """(contract, item) of every "error" or "event" in the ABIs of our contracts."""
    return [(name, item) for name in CONTRACT_NAMES for item in artifact(name).abi if item["type"] == kind]


def signature_hash(item: AbiItem) -> bytes:
    """Keccak of `Name(type,type)`: an event's topic; its first 4 bytes are an error's selector."""
    return keccak(f"{item['name']}({','.join(parameter['type'] for parameter in item['inputs'])})".encode())


def values(kind: str) -> st.SearchStrategy[Any]:
    """Values of a Solidity type as our decoders give them."""
    if kind.endswith("[]"):
        return st.lists(values(kind[:-2]), max_size=4)
    if kind.startswith("uint"):
        return st.integers(min_value=0, max_value=2 ** int(kind[4:]) - 1)
    if kind in _PLAIN:
        return _PLAIN[kind]
    size = int(kind.removeprefix("bytes"))
    return st.binary(min_size=size, max_size=size)


def arguments(inputs: list[AbiItem]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments by name, in the order of the declaration."""
    return st.fixed_dictionaries({parameter["name"]: values(parameter["type"]) for parameter in inputs})


def encoded(inputs: list[AbiItem], given: dict[str, Any]) -> bytes:
    return encode([parameter["type"] for parameter in inputs], [given[parameter["name"]] for parameter in inputs])
