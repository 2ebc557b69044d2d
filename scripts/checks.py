"""Every check of the project, one after another, with one summary at the end; what scripts/test runs."""

import argparse
import os
import platform
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
HARDHAT_LOCAL = CHECKOUT / "hardhat-local"
WEB = CHECKOUT / "web"
TIMEOUT_S = 3600

ON_POSTGRESQL = (
    "tests/unit/storage/test_database.py",
    "tests/unit/storage/test_migrations.py",
    "tests/unit/storage/test_sealing.py",
    "tests/unit/link/test_lease.py",
    "tests/unit/link/test_outbox.py",
    "tests/api/test_api_keys.py",
    "tests/unit/market/test_crash.py",
    "tests/unit/market/test_extracting.py",
    "tests/unit/market/test_ownership.py",
    "tests/unit/market/test_sequencer.py",
    "tests/unit/market/test_snapshot.py",
    "tests/property/test_market_durability.py",
    "tests/unit/ledger/test_closing.py",
    "tests/unit/ledger/test_statement.py",
    "tests/integration/link/test_indexer.py",
    "tests/integration/link/test_rewind.py",
    "tests/integration/link/test_sender.py",
    "tests/integration/settlement/test_pipeline.py",
)
"""What is most about storage runs on both databases: SQLite with everything else, and here once more. A machine that
cannot start PostgreSQL fails it, and is told how to name a server of its own.
"""

IN_A_BROWSER = "tests/browser"
"""Tests that share one world, one after another. A machine without a browser gets one or fails: none is skipped."""


@dataclass
class Check:
    """One command. `total` finds the line of its output that says how many tests passed and failed."""

    name: str
    command: list[str]
    folder: Path = CHECKOUT
    environment: dict[str, str] = field(default_factory=dict)
    total: re.Pattern[str] | None = None


@dataclass
class Outcome:
    """How a check ended."""

    name: str
    passed: bool
    seconds: int
    tests_passed: int = 0
    tests_failed: int = 0


def forge_binary() -> Path:
    """The forge of hardhat-local for this machine."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "win32")
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "amd64"
    return HARDHAT_LOCAL / "node_modules" / "@foundry-rs" / f"forge-{system}-{machine}" / "bin" / "forge"


def checks(*, full: bool, seed: int) -> list[Check]:
    """The checks in order: cheap ones first."""
    python, forge = sys.executable, str(forge_binary())
    contracts = CHECKOUT / "contracts"
    profile = {"FOUNDRY_PROFILE": "full", "FOUNDRY_FUZZ_SEED": hex(seed)} if full else {}
    npm = [str(Path(python).parent / "npm"), "run", "--silent"]
    longer = ["--full", f"--hypothesis-seed={seed}"] if full else []
    pytest = [python, "-m", "pytest", "-n", "2", "--dist", "loadscope", *longer]
    totals = re.compile(r"\b(?:passed|failed)\b.* in [\d.]+s")
    long = [
        Check(f"contracts ({name})", [python, "scripts/contract_checks.py", name])
        for name in ("slither", "halmos", "coverage")
    ]
    return [
        Check("format (ruff)", [python, "-m", "ruff", "format", "--check", "."]),
        Check("lint (ruff)", [python, "-m", "ruff", "check", "."]),
        Check("types (mypy strict)", [python, "-m", "mypy"]),
        Check("import order (import-linter)", [str(Path(python).parent / "lint-imports")]),
        Check("money lint", [python, "scripts/lint_money.py"]),
        Check("catalogue lint", [python, "scripts/lint_catalogue.py"]),
        Check("solidity format (forge fmt)", [forge, "fmt", "--check"], contracts),
        Check(
            "solidity lint (solhint)",
            [str(HARDHAT_LOCAL / "node_modules" / ".bin" / "solhint"), "--max-warnings", "0", "**/*.sol"],
            contracts,
        ),
        Check(
            "contracts (forge: unit, fuzz, invariants)",
            [forge, "test", "--offline", "--use", str(HARDHAT_LOCAL / "solc-npm")],
            contracts,
            profile,
            re.compile(r"tests? passed, \d+ failed.*total tests"),
        ),
        Check("contracts (py-solc-x)", [python, "-m", "backend.cli", "compile"]),
        Check("pages (biome, svelte-check)", [*npm, "check"], WEB),
        Check("pages (vitest)", [*npm, "test"], WEB, {"NO_COLOR": "1"}, re.compile(r"^\s*Tests\s+\d+ (passed|failed)")),
        Check("python tests (pytest)", [*pytest, f"--ignore={IN_A_BROWSER}"], total=totals),
        Check(
            "python tests on PostgreSQL (pytest)",
            [*pytest, *ON_POSTGRESQL],
            environment={"TANYU_TEST_DATABASE": "postgresql"},
            total=totals,
        ),
        Check("browser for the pages (chromium)", [python, "-m", "tests.browser.chromium"]),
        Check("pages in a browser (playwright)", [python, "-m", "pytest", IN_A_BROWSER, *longer], total=totals),
        *(long if full else []),
    ]


def _count(word: str, lines: list[str]) -> int:
    """The number before a word in a line such as `4 failed, 2406 passed in 10 s`; 0 if there is none."""
    return sum(int(number) for line in lines for number in re.findall(rf"(\d+) (?:tests? )?{word}\b", line))


def run(check: Check) -> Outcome:
    """Runs one check, passing its output through."""
    print(f"\n=== {check.name}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own commands
        check.command,
        cwd=check.folder,
        env=os.environ | check.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    code = process.wait(TIMEOUT_S)
    outcome = Outcome(check.name, code == 0, int(time.monotonic() - started))
    if check.total is not None:
        said = [line for line in lines if check.total.search(line)][-1:]
        outcome.tests_passed, outcome.tests_failed = (_count(word, said) for word in ("passed", "failed"))
        outcome.passed = outcome.passed and outcome.tests_passed > 0
    return outcome


def main() -> int:
    """Runs everything; 0 only if every check passed."""
    parser = argparse.ArgumentParser(description="Runs every check of the project.")
    parser.add_argument(
        "--full", action="store_true", help="the long profile: long fuzz runs, many kills; prints its seed"
    )
    parser.add_argument("--seed", type=lambda text: int(text, 0), help="seed of the long profile, to repeat a run")
    parser.add_argument("--only", help="run only the checks whose name contains this")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else secrets.randbits(32)
    if arguments.full:
        print(f"seed {seed:#x}")
    chosen = [check for check in checks(full=arguments.full, seed=seed) if (arguments.only or "") in check.name]
    outcomes = [run(check) for check in chosen]
    print("\n=== summary")
    for outcome in outcomes:
        tests = f"  {outcome.tests_passed} tests" if outcome.tests_passed else ""
        print(f"{'ok  ' if outcome.passed else 'FAIL'}  {outcome.seconds:>5} s  {outcome.name}{tests}")
    if arguments.full:
        print(f"seed {seed:#x}")
    failed = sum(not outcome.passed for outcome in outcomes)
    print(
        f"{sum(o.tests_passed for o in outcomes) + len(outcomes) - failed} passed, "
        f"{sum(o.tests_failed for o in outcomes) + failed} failed"
    )
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
