"""Compiles contracts/ with py-solc-x, into build/contracts. Settings come from contracts/foundry.toml, so that forge
and the deployment use one and the same compiler input.

The compiler is native solc 0.8.37 if one is on the PATH, otherwise npm's WebAssembly build of the same version behind
`hardhat-local/solc-npm` (the registries offer no native one).
"""

import json
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import solcx

from backend.chain.artifacts import ARTIFACTS, CHECKOUT, artifact
from backend.chain.whole_file import write_whole
from backend.kernel.digest import sha256
from backend.kernel.errors import TanyuError

SOLC_VERSION = "0.8.37"
CONTRACTS = CHECKOUT / "contracts"
HARDHAT_LOCAL = CHECKOUT / "hardhat-local"


class CompilationFailed(TanyuError):
    """The compiler refused the sources."""

    code = "chain.compilation_failed"

    def __init__(self, messages: list[str]) -> None:
        super().__init__("\n".join(messages), messages=messages)


def solc_binary() -> Path:
    """Native solc of the pinned version if the PATH has one, otherwise the wrapper around npm's."""
    native = shutil.which("solc")
    if native and str(solcx.wrapper.get_solc_version(native)) == SOLC_VERSION:
        return Path(native)
    return HARDHAT_LOCAL / "solc-npm"


@contextmanager
def _own_node_first() -> Iterator[None]:
    """The wrapper starts `node`: prefer the one in our virtual environment."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _sources() -> dict[str, str]:
    """Path -> text of every contract of ours but tests and mocks, and of the OpenZeppelin files' root."""
    paths = sorted(
        path for path in CONTRACTS.rglob("*.sol") if path.relative_to(CONTRACTS).parts[0] not in {"test", "mocks"}
    )
    return {path.relative_to(CONTRACTS).as_posix(): path.read_text() for path in paths}


def _settings() -> dict[str, Any]:
    profile = tomllib.loads((CONTRACTS / "foundry.toml").read_text())["profile"]["default"]
    return {
        "optimizer": {"enabled": True, "runs": profile["optimizer_runs"]},
        "viaIR": profile.get("via_ir", False),
        "evmVersion": profile["evm_version"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
        "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
    }


def _input_digest(sources: dict[str, str], settings: dict[str, Any]) -> str:
    lock = (HARDHAT_LOCAL / "package-lock.json").read_bytes()
    text = json.dumps([SOLC_VERSION, settings, sources], sort_keys=True).encode()
    return sha256(text + lock).hex()


def compile_contracts(*, force: bool = False) -> bool:
    """Writes build/contracts/<Name>.json; returns whether it had to compile. Raises CompilationFailed.

    Compiles only when a source, a setting or the pinned packages changed.
    """
    sources, settings = _sources(), _settings()
    stamp = ARTIFACTS / "input.sha256"
    digest = _input_digest(sources, settings)
    if not force and stamp.exists() and stamp.read_text() == digest:
        return False
    request = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": settings,
    }
    try:
        with _own_node_first():
            answer = solcx.compile_standard(request, solc_binary=str(solc_binary()))
    except solcx.exceptions.SolcError as failure:
        raise CompilationFailed([str(failure)]) from failure
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for path in sources:
        for name, compiled in answer["contracts"].get(path, {}).items():
            if name == Path(path).stem:
                _write(name, compiled)
    write_whole(stamp, digest.encode())
    artifact.cache_clear()
    return True


def _write(name: str, compiled: dict[str, Any]) -> None:
    body = {
        "abi": compiled["abi"],
        "bytecode": compiled["evm"]["bytecode"]["object"],
        "runtime": compiled["evm"]["deployedBytecode"]["object"],
    }
    write_whole(ARTIFACTS / f"{name}.json", json.dumps(body).encode())
