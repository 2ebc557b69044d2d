"""Rules of the house that no tool checks: the tree, its names, its size, its words, and what is never committed."""

import ast
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from backend.chain.artifacts import CHECKOUT

ROOMS = (
    *("kernel", "storage", "chain", "link", "access", "footprint", "ledger", "issuance", "market", "settlement"),
    *("giving", "audit", "api"),
)
TREE = (
    *(f"backend/{room}/__init__.py" for room in ROOMS),
    *("backend/cli.py", "pyproject.toml", "README.md", ".ci/run", "hardhat-local/package.json", "docs/glossary.md"),
    *(f"scripts/{name}" for name in ("run", "test", "bench")),
    *(
        f"contracts/{name}.sol"
        for name in ("CarbonCredit", "Issuance", "Exchange", "Charity", "Anchors", "PaymentToken")
    ),
    *(
        f"web/{name}"
        for name in ("package.json", "package-lock.json", "openapi.json", "src/lib", "src/parts", "src/pages")
    ),
    *("contracts/README.md", "contracts/interfaces", "contracts/libraries", "contracts/mocks", "contracts/test"),
    *(
        f"tests/{kind}"
        for kind in ("unit", "property", "contract", "integration", "api", "e2e", "adversarial", "browser")
    ),
    *("tests/vectors", "tests/benchmarks", "docs/adr"),
)
GENERATED = "backend/storage/migrations/versions/"


@cache
def tracked() -> tuple[str, ...]:
    """Every file in version control, by its path from the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.split("\0") if name and CHECKOUT.joinpath(name).exists())


@cache
def text_of(name: str) -> str:
    return CHECKOUT.joinpath(name).read_text(errors="replace")


def sources(*endings: str, under: str = "") -> list[str]:
    return [name for name in tracked() if name.endswith(endings) and name.startswith(under)]


# --- the tree ---


def test_tree__every_room_of_the_design__is_there() -> None:
    missing = [place for place in TREE if not any(f"{name}/".startswith(f"{place}/") for name in tracked())]
    assert missing == []


def test_backend__rooms__are_those_of_the_design_and_no_other() -> None:
    found = {name.split("/")[1] for name in sources(".py", under="backend/")} - {"__init__.py", "cli.py"}
    assert found == set(ROOMS)


def test_files__of_code__have_at_most_400_lines() -> None:
    long = {
        name: lines
        for name in sources(".py", ".sol", ".ts", ".svelte")
        if (lines := text_of(name).count("\n")) > 400 and not name.startswith(GENERATED)
    }
    assert long == {}


def test_functions__of_the_backend__have_at_most_60_lines() -> None:
    long = {
        f"{name}:{node.name}": node.end_lineno - node.lineno + 1
        for name in sources(".py", under="backend/")
        if not name.startswith(GENERATED)
        for node in ast.walk(ast.parse(text_of(name)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }
    assert {name: lines for name, lines in long.items() if lines > 60} == {}


def test_files__by_name__say_what_is_in_them() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?)(_|$)", re.IGNORECASE)
    parts = {part for name in tracked() for part in Path(name).with_suffix("").parts}
    assert {part for part in parts if vague.search(part)} == set()


# --- words ---


SHORTENED = {"evidence grade": "grade"}
"""What the code calls a thing where its room makes the first word plain."""


def glossary() -> list[str]:
    rows = [line.split("|")[1].strip() for line in text_of("docs/glossary.md").splitlines() if line.startswith("| ")]
    return [word for word in rows if word not in {"word", "---"}]


def test_glossary__its_words__are_sorted_and_said_once() -> None:
    words = glossary()
    assert len(words) > 50
    assert words == sorted(words, key=str.lower)
    assert [word for word, times in Counter(words).items() if times > 1] == []


@pytest.mark.parametrize("word", glossary())
def test_glossary__each_word__is_one_the_code_uses(word: str) -> None:
    spelling = r"[ _-]?".join(re.escape(part) for part in SHORTENED.get(word, word).split())
    used = re.compile(rf"(?<![a-z]){spelling}|(?<=[a-z]){spelling.title()}", re.IGNORECASE)
    assert any(
        used.search(text_of(name)) for name in sources(".py", ".sol", ".ts", ".svelte") if not name.startswith("tests/")
    )


# --- what must not be committed ---

MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|home|root|Users|workspace)/[\w.]")
REGISTRY = re.compile(
    r"registry[.](?:npm|yarn)|p[y]pi[.]org|python[h]osted|proxy[.]golang|artifactory"
    r"|(?:^|\s)--(?:extra-)?index-url\b|\"resolved\":|^registry\s*=",
    re.IGNORECASE | re.MULTILINE,
)
OWN = "tests/unit/test_house.py"


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry host"])
def test_files__tracked__hold_no_machine_path_and_no_registry_host(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}: {match.group()}" for name in tracked() if name != OWN if (match := pattern.search(text_of(name)))
    ]
    assert found == []


def test_patterns__of_what_must_not_be_committed__find_it() -> None:
    for parts in (("home", "me", "x"), ("work", "main"), ("root", ".cache"), ("Users", "me")):
        bad = f"'/{'/'.join(parts)}'"  # put together here, so that this file names no such path itself
        assert MACHINE_PATH.search(bad), bad
    for good in ("/orders/numbers", "https://example.org/home/page", "docs/work/order", "GET /homes/1"):
        assert not MACHINE_PATH.search(good), good
    for bad in (
        '"resolved": "https://x"',
        "--index-url https://x",
        f"https://{'registry'}.npm/solc",
        "registry=x",
    ):
        assert REGISTRY.search(bad), bad


def test_files__tracked__are_no_leavings_of_a_tool() -> None:
    leavings = re.compile(
        r"(^|/)(__pycache__|node_modules|cache|build|out|var|\.venv|\.hypothesis)/|\.(pyc|log|db|orig)$"
    )
    assert [name for name in tracked() if leavings.search(name)] == []
