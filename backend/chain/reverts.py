"""What a contract said when it refused: custom errors by selector, with their arguments."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from backend.chain.artifacts import CONTRACT_NAMES, artifact
from backend.chain.keccak import keccak

_STANDARD = {"Error(string)": ("reason", "string"), "Panic(uint256)": ("code", "uint256")}


@dataclass(frozen=True)
class Revert:
    """A decoded revert: the error's name and its arguments by name; name "" when the node gave no data."""

    name: str
    args: dict[str, Any]

    def __str__(self) -> str:
        inside = ", ".join(
            f"{name}={value.hex() if isinstance(value, bytes) else value}" for name, value in self.args.items()
        )
        return f"{self.name or 'reverted'}({inside})"


@cache
def _errors() -> dict[bytes, tuple[str, tuple[tuple[str, str], ...]]]:
    found: dict[bytes, tuple[str, tuple[tuple[str, str], ...]]] = {
        keccak(signature.encode())[:4]: (signature.split("(", maxsplit=1)[0], (parameter,))
        for signature, parameter in _STANDARD.items()
    }
    for contract in CONTRACT_NAMES:
        for item in artifact(contract).abi:
            if item["type"] == "error":
                inputs = tuple((p["name"], p["type"]) for p in item["inputs"])
                signature = f"{item['name']}({','.join(kind for _, kind in inputs)})"
                found[keccak(signature.encode())[:4]] = (item["name"], inputs)
    return found


def reason_name(selector: bytes) -> str:
    """The error's name for a 4-byte selector, or its hex if no contract of ours declares it."""
    known = _errors().get(bytes(selector[:4]))
    return known[0] if known else "0x" + bytes(selector[:4]).hex()


def decode_revert(data: bytes) -> Revert:
    """Name and arguments of revert data; unknown data keeps its selector as the name, and malformed data has no
    arguments: a hostile receiver or wallet chooses what it reverts with.
    """
    if len(data) < 4:
        return Revert("", {})
    known = _errors().get(data[:4])
    if known is None:
        return Revert("0x" + data[:4].hex(), {})
    name, inputs = known
    try:
        values = decode([kind for _, kind in inputs], data[4:])
    except (DecodingError, ValueError, OverflowError):  # the latter two: text that is not UTF-8, absurd lengths
        return Revert(name, {})
    return Revert(name, dict(zip((field for field, _ in inputs), values, strict=True)))
