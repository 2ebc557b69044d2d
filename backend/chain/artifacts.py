"""Compiled contracts as files: ABI, bytecode and the digest of the sources they came from."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backend.kernel.digest import sha256, to_hex
from backend.kernel.errors import Unavailable

CHECKOUT = Path(__file__).resolve().parents[2]
ARTIFACTS = CHECKOUT / "build" / "contracts"

CONTRACT_NAMES = (
    *("Governance", "PaymentToken", "CarbonCredit", "Issuance", "Exchange", "Charity", "Anchors"),
    "RetirementReceipts",
)
"""The contracts of one deployment, in the order they are deployed."""

LATER_NAMES = frozenset({"RetirementReceipts"})
"""Those that a deployment made before they were written goes without: nothing else needs them."""


class NotCompiled(Unavailable):
    """The contracts have not been compiled in this checkout."""

    code = "chain.not_compiled"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is missing: run `tanyu compile`", path=str(path))


@dataclass(frozen=True)
class Artifact:
    """One compiled contract. `abi` as the compiler gave it; `bytecode` creates it; `runtime` then stands there."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    runtime: bytes

    @property
    def abi_digest(self) -> str:
        """SHA-256 of the ABI as compact JSON: 0x and hex."""
        return to_hex(sha256(json.dumps(self.abi, sort_keys=True, separators=(",", ":")).encode()))


@cache
def artifact(name: str, folder: Path = ARTIFACTS) -> Artifact:
    """The compiled contract of this name; raises NotCompiled."""
    path = folder / f"{name}.json"
    if not path.exists():
        raise NotCompiled(path)
    raw = json.loads(path.read_text())
    return Artifact(
        name=name,
        abi=tuple(raw["abi"]),
        bytecode=bytes.fromhex(raw["bytecode"]),
        runtime=bytes.fromhex(raw["runtime"]),
    )
