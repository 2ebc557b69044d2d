"""The long checks of the contracts: slither, halmos, and forge's branch coverage.

    python scripts/contract_checks.py slither | halmos [CONTRACT] | coverage

Each tool reads a copy of the sources under build/audit in which OpenZeppelin lies inside the project: coverage and
slither lose track of imports that lead out of it. slither and halmos need other versions of our dependencies than we
have, so requirements-audit.lock is installed into an environment of its own, build/audit-venv.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from checks import CHECKOUT, forge_binary

CONTRACTS = CHECKOUT / "contracts"
TRIAGE = CONTRACTS / "slither-triage.json"
BUILD = CHECKOUT / "build" / "audit"
VENV = CHECKOUT / "build" / "audit-venv"
SOLC = CHECKOUT / "hardhat-local" / "solc-npm"
BRANCHES_MIN_PERMILLE = 980

SETTINGS = {
    "src": '"contracts"',
    "test": '"contracts/test"',
    "script": '"contracts/test"',
    "libs": '["lib"]',
    "remappings": '["@openzeppelin/contracts/=lib/@openzeppelin/contracts/"]',
    "out": '"out"',
    "cache_path": '"cache"',
    "solc": f'"{SOLC}"',
    "allow_paths": "[]",
}
"""What differs from contracts/foundry.toml in the copy."""


def lay_out(name: str, *, tests: str | None) -> Path:
    """A fresh copy of the project; of the tests, all (`""`), one folder and what it needs, or none."""
    root = BUILD / name
    shutil.rmtree(root, ignore_errors=True)
    for source in CONTRACTS.rglob("*.sol"):
        path = source.relative_to(CONTRACTS)
        if path.parts[0] not in {"test", "mocks"}:
            _copy(source, root / "contracts" / path)
    if tests is not None:
        shutil.copytree(CONTRACTS / "test" / tests, root / "contracts" / "test" / tests)
        _copy(CONTRACTS / "test" / "Vm.sol", root / "contracts" / "test" / "Vm.sol")
    if tests == "":
        shutil.copytree(CONTRACTS / "mocks", root / "contracts" / "mocks")
    shutil.copytree(CONTRACTS / "eip712", root / "eip712")
    _copy(CONTRACTS / "roles.json", root / "roles.json")
    shutil.copytree(CHECKOUT / "hardhat-local" / "node_modules" / "@openzeppelin", root / "lib" / "@openzeppelin")
    settings = (CONTRACTS / "foundry.toml").read_text()
    for key, value in SETTINGS.items():
        settings, found = re.subn(rf"^{key} = .*$", f"{key} = {value}", settings, count=1, flags=re.MULTILINE)
        assert found == 1, f"contracts/foundry.toml sets {key} no more"
    (root / "foundry.toml").write_text(settings)
    return root


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def audit_environment() -> Path:
    """The folder of the audit tools' programs; installs them when the lock changed."""
    lock, stamp = CHECKOUT / "requirements-audit.lock", VENV / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)  # noqa: S603 - our own command
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        subprocess.run([str(VENV / "bin" / "python"), *install, "-r", str(lock)], check=True)  # noqa: S603 - likewise
        stamp.write_text(digest)
    return VENV / "bin"


def run(command: list[str], root: Path) -> tuple[int, str]:
    """Runs a tool in the copy with forge on its path; its output is returned, not shown."""
    search = os.pathsep.join([str(VENV / "bin"), str(forge_binary().parent), os.environ["PATH"]])
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=root, env=os.environ | {"PATH": search}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


# --- slither ---


def findings(report: dict[str, object]) -> set[tuple[str, str]]:
    """High and medium findings in our own sources, as (detector, file:element); line numbers are not part of it."""
    found = set()
    results = report["results"]
    assert isinstance(results, dict)
    for finding in results.get("detectors", []):
        if finding["impact"] not in {"High", "Medium"}:
            continue
        ours = [
            f"{element['source_mapping']['filename_relative']}:{element['name']}"
            for element in finding["elements"]
            if element["source_mapping"]["filename_relative"].startswith("contracts/")
            and element["type"] in {"function", "variable", "contract", "struct", "event"}
        ]
        if ours:
            found.add((finding["check"], ours[0]))
    return found


def slither() -> int:
    """0 if every high or medium finding is explained in the triage file, and every explanation is still needed."""
    tools, root = audit_environment(), lay_out("slither", tests=None)
    _, said = run([str(tools / "slither"), ".", "--json", "slither.json", "--fail-none"], root)
    path = root / "slither.json"
    if not path.exists():
        print(said)
        return 1
    report = json.loads(path.read_text())
    explained = {(each["detector"], each["element"]): each["reason"] for each in json.loads(TRIAGE.read_text())}
    found = findings(report)
    for detector, element in sorted(found - set(explained)):
        print(f"unexplained: {detector} at {element}")
    for detector, element in sorted(set(explained) - found):
        print(f"no such finding any more, remove it from {TRIAGE.name}: {detector} at {element}")
    print(f"slither: {len(found)} high or medium findings, {len(found - set(explained))} unexplained")
    return 0 if report["success"] and found == set(explained) else 1


# --- halmos ---


def halmos(contract: str | None) -> int:
    """0 if every proof holds for all arguments, with no loop cut short and no timeout."""
    tools, root = audit_environment(), lay_out("halmos", tests="proofs")
    solver = f"{tools / 'python'} {CHECKOUT / 'scripts' / 'smt.py'}"
    command = [str(tools / "halmos"), "--no-status", "--forge-build-out", "out", "--solver-command", solver]
    command += ["--solver-timeout-assertion", "600000", "--match-contract", f"^{contract or '.*'}Proof$"]
    code, said = run(command, root)
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    print(said)
    passed, failed = len(re.findall(r"^\[PASS\]", said, re.MULTILINE)), _not_proven(said)
    expected = sum(
        len(re.findall(r"function check_", path.read_text()))
        for path in CONTRACTS.glob(f"test/proofs/{contract or '*'}.t.sol")
    )
    print(f"halmos: {passed} of {expected} proofs hold")
    return 0 if code == 0 and passed == expected and not failed else 1


def _not_proven(said: str) -> bool:
    return bool(re.search(r"^\[(FAIL|TIMEOUT|ERROR)\]|not been fully|have been reverted", said, re.MULTILINE))


# --- coverage ---


def coverage() -> int:
    """0 if at least 98 % of the branches of contracts and libraries are taken by the unit and fuzz tests."""
    root = lay_out("coverage", tests="")
    command = [str(forge_binary()), "coverage", "--offline", "--use", str(SOLC)]
    # Without the optimizer gas is another; and invariants are no substitute for tests of their own.
    command += ["--no-match-contract", "Gas", "--no-match-path", "contracts/test/invariant/*"]
    code, said = run([*command, "--report", "lcov", "--report-file", "lcov.info"], root)
    if code != 0:
        print(said)
        return code
    taken, missed = branches((root / "lcov.info").read_text(), root)
    total = taken + len(missed)
    for line in missed:
        print(f"never taken: {line}")
    permille = taken * 1000 // total
    print(f"branch coverage of contracts and libraries: {permille // 10}.{permille % 10} % ({taken} of {total})")
    return 0 if permille >= BRANCHES_MIN_PERMILLE else 1


def branches(lcov: str, root: Path) -> tuple[int, list[str]]:
    """How many branches were taken, and the line of code of each that was not."""
    taken, missed, source = 0, [], ""
    for line in lcov.splitlines():
        if line.startswith("SF:"):
            source = line.removeprefix("SF:")
        elif line.startswith("BRDA:") and not source.startswith(("contracts/test/", "contracts/mocks/", "lib/")):
            number, _, _, hits = line.removeprefix("BRDA:").split(",")
            if hits in {"0", "-"}:
                code = (root / source).read_text().splitlines()[int(number) - 1].strip()
                missed.append(f"{source}:{number}: {code}")
            else:
                taken += 1
    return taken, missed


def main() -> int:
    """Runs one of the checks."""
    parser = argparse.ArgumentParser(description="The long checks of the contracts.")
    parser.add_argument("check", choices=["slither", "halmos", "coverage"])
    parser.add_argument("contract", nargs="?", help="halmos: one proof contract, such as Fill")
    arguments = parser.parse_args()
    if arguments.check == "halmos":
        return halmos(arguments.contract)
    return slither() if arguments.check == "slither" else coverage()


if __name__ == "__main__":
    sys.exit(main())
