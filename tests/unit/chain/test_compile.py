"""Compiling: only when something changed, from the sources of ours alone, readable at every moment."""

import json
import re
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import solcx

from backend.chain import compile as compiling
from backend.chain.artifacts import ARTIFACTS, CHECKOUT, CONTRACT_NAMES, artifact
from backend.chain.compile import CompilationFailed, compile_contracts

COPIED = ("foundry.toml", "libraries/ClassId.sol", "libraries/ChainKind.sol")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copied contracts/ with two small files; compiles into the folder's build/."""
    contracts = tmp_path / "contracts"
    for name in COPIED:
        (contracts / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / "contracts" / name, contracts / name)
    monkeypatch.setattr(compiling, "CONTRACTS", contracts)
    monkeypatch.setattr(compiling, "ARTIFACTS", tmp_path / "build")
    return contracts


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that answers at once, and at length."""
    abi = [{"type": "error", "name": f"E{number}", "inputs": []} for number in range(2000)]
    code = {"object": "00" * 20_000}
    answer = {"abi": abi, "evm": {"bytecode": code, "deployedBytecode": code}}

    def compiler(_: Mapping[str, Any], **__: object) -> dict[str, Any]:
        return {"contracts": {name: {Path(name).stem: answer} for name in COPIED[1:]}}

    monkeypatch.setattr(solcx, "compile_standard", compiler)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_compile__the_checkout_twice__second_does_nothing(compiled: None) -> None:  # noqa: ARG001 - wanted for its effect
    before = snapshot(ARTIFACTS)
    assert compile_contracts() is False
    assert snapshot(ARTIFACTS) == before


@pytest.mark.usefixtures("compiled")
def test_artifacts__of_every_contract__have_code_and_an_abi() -> None:
    for name in CONTRACT_NAMES:
        found = artifact(name)
        assert found.name == name
        assert found.abi
        assert 0 < len(found.runtime) <= 24_576, "EIP-170"
        assert found.runtime[-32:] in found.bytecode
        assert len(found.bytecode) <= 49_152, "EIP-3860"
    assert len({artifact(name).abi_digest for name in CONTRACT_NAMES}) == len(CONTRACT_NAMES)


def test_compile__a_changed_source__compiles_again_and_only_then(tree: Path) -> None:
    build = tree.parent / "build"
    for folder in ("test", "mocks"):  # these are left out
        (tree / folder).mkdir()
        (tree / folder / "Broken.sol").write_text("this is not Solidity")
    assert compile_contracts() is True
    assert sorted(path.name for path in build.iterdir()) == ["ChainKind.json", "ClassId.json", "input.sha256"]
    first = snapshot(build)
    assert compile_contracts() is False
    assert snapshot(build) == first

    source = tree / "libraries" / "ClassId.sol"
    source.write_text(re.sub(r"(error|revert) ClassFieldInvalid\(", r"\1 ClassFieldWrong(", source.read_text()))
    assert compile_contracts() is True
    errors = {item["name"] for item in artifact("ClassId", build).abi if item["type"] == "error"}
    assert errors == {"ClassFieldWrong", "SimulatedClassRefused"}
    assert compile_contracts() is False


@pytest.mark.usefixtures("instant")
def test_compile__a_changed_setting_or_tool_or_force__compiles_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compile_contracts() is True
    settings = tree / "foundry.toml"
    settings.write_text(settings.read_text().replace("optimizer_runs = 200", "optimizer_runs = 1"))
    assert compile_contracts() is True
    assert compile_contracts() is False
    tools = tree.parent / "tools"
    tools.mkdir()
    (tools / "package-lock.json").write_text("another OpenZeppelin")
    monkeypatch.setattr(compiling, "HARDHAT_LOCAL", tools)
    assert compile_contracts() is True
    assert compile_contracts() is False
    assert compile_contracts(force=True) is True


def test_compile__sources_the_compiler_refuses__fails_and_keeps_no_stamp(tree: Path) -> None:
    (tree / "Broken.sol").write_text("pragma solidity 0.8.37;\ncontract Broken { uint256 x = unknown; }\n")
    with pytest.raises(CompilationFailed) as refusal:
        compile_contracts()
    assert refusal.value.code == "chain.compilation_failed"
    messages = refusal.value.fields["messages"]
    assert isinstance(messages, list)
    assert "Undeclared identifier" in messages[0]
    assert not (tree.parent / "build" / "input.sha256").exists()


@pytest.mark.usefixtures("instant")
def test_compile__while_others_read__they_never_see_half_a_file(tree: Path) -> None:
    """Two test workers, or two commands, may compile one checkout at once."""
    compile_contracts(force=True)
    path, broken, done = tree.parent / "build" / "ClassId.json", list[str](), threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                json.loads(path.read_text())
            except ValueError as failure:
                broken.append(str(failure))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(15):
            compile_contracts(force=True)
    finally:
        done.set()
        reader.join()
    assert broken == []
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["ChainKind.json", "ClassId.json", "input.sha256"]
