"""Calls and views of our contracts as their ABI lays them out: calldata to named values and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from backend.chain.artifacts import artifact
from backend.chain.keccak import keccak
from backend.chain.signature import checksum_address

Parameter = Mapping[str, Any]


def _kind(parameter: Parameter) -> str:
    """The canonical type: tuples spelled out, `(address,uint256)[]`."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(_kind(part) for part in parameter["components"]) + ")" + kind.removeprefix("tuple")


def _plain(parameter: Parameter, value: Any) -> Any:
    """Structs as dicts, addresses as EIP-55 text, arrays as lists."""
    kind = str(parameter["type"])
    if kind.endswith("[]"):
        element = {**parameter, "type": kind[:-2]}
        return [_plain(element, item) for item in value]
    if kind == "tuple":
        parts = zip(parameter["components"], value, strict=True)
        return {str(part["name"]): _plain(part, item) for part, item in parts}
    return checksum_address(bytes.fromhex(value.removeprefix("0x"))) if kind == "address" else value


@dataclass(frozen=True)
class Function:
    """One function of a contract's ABI."""

    contract: str
    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    @property
    def selector(self) -> bytes:
        """The first four bytes of its calldata."""
        return keccak(f"{self.name}({','.join(map(_kind, self.inputs))})".encode())[:4]

    def calldata(self, args: Sequence[Any]) -> bytes:
        """Selector and encoded arguments, in the order of the declaration."""
        return self.selector + encode([_kind(part) for part in self.inputs], list(args))

    def arguments(self, calldata: bytes) -> dict[str, Any]:
        """Arguments by name; raises eth_abi's DecodingError."""
        values = decode([_kind(part) for part in self.inputs], calldata[4:])
        return {str(part["name"]): _plain(part, value) for part, value in zip(self.inputs, values, strict=True)}

    def answer(self, values: Sequence[Any]) -> bytes:
        """What a call returns when its outputs are these values; a struct is one tuple."""
        return encode([_kind(part) for part in self.outputs], list(values))

    def read_answer(self, answer: bytes) -> list[Any] | None:
        """The outputs of a call, or None if they are not what the ABI says."""
        try:
            return list(decode([_kind(part) for part in self.outputs], answer))
        except DecodingError:
            return None


@cache
def functions(contract: str) -> dict[bytes, Function]:
    """Selector -> function of a contract."""
    found = (
        Function(contract, item["name"], tuple(item["inputs"]), tuple(item["outputs"]))
        for item in artifact(contract).abi
        if item["type"] == "function"
    )
    return {function.selector: function for function in found}


@cache
def function(contract: str, name: str) -> Function:
    """The function of this name; our contracts overload none that the audit reads."""
    return next(item for item in functions(contract).values() if item.name == name)
