"""What the pages believe of the contracts is what was compiled: events and views that the audit in the page reads."""

import re
from typing import Any

import pytest

from backend.api.web import WEB
from backend.chain.artifacts import artifact

SOURCE = WEB / "src" / "lib" / "chain" / "abi.ts"
CONTRACT_OF = {"credit": "CarbonCredit", "issuance": "Issuance", "exchange": "Exchange", "charity": "Charity"}


def written() -> list[tuple[str, str]]:
    """(contract, signature) of everything in abi.ts."""
    lists = re.findall(r"export const (\w+)Abi = parseAbi\(\[(.*?)\]\);", SOURCE.read_text("utf-8"), re.DOTALL)
    return [(CONTRACT_OF[name], entry) for name, body in lists for entry in re.findall(r'"([^"]+)"', body)]


def kind(parameter: dict[str, Any]) -> str:
    if not str(parameter["type"]).startswith("tuple"):
        return str(parameter["type"])
    parts = ", ".join(f"{kind(part)} {part['name']}" for part in parameter["components"])
    return f"({parts})" + str(parameter["type"]).removeprefix("tuple")


def told(entry: dict[str, Any]) -> str:
    """An ABI entry in the human-readable form that viem parses."""

    def parameter(one: dict[str, Any]) -> str:
        indexed = " indexed" if one.get("indexed") else ""
        return f"{kind(one)}{indexed} {one['name']}".strip()

    inputs = ", ".join(map(parameter, entry["inputs"]))
    if entry["type"] == "event":
        return f"event {entry['name']}({inputs})"
    outputs = ", ".join(map(parameter, entry["outputs"]))
    return f"function {entry['name']}({inputs}) {entry['stateMutability']} returns ({outputs})"


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("contract", "signature"), written())
def test_abi_of_the_pages__is_the_contracts_own(contract: str, signature: str) -> None:
    compiled_ones = {told(entry) for entry in artifact(contract).abi if entry["type"] in {"event", "function"}}
    assert signature in compiled_ones
