"""docs/findings.md names a test for each finding of others: each named test is there, and each of ours is named."""

import re

from backend.chain.artifacts import CHECKOUT

TABLE = CHECKOUT / "docs" / "findings.md"
SOLIDITY = CHECKOUT / "contracts" / "test"

NAMED = re.compile(r"`(\w+): (\w+)`")
FUNCTION = re.compile(r"function ((?:test|testFuzz|invariant)_\w+)")
ANSWERED = re.compile(r"^\| .{4,} \| .{10,} \|$")


def contract_tests() -> dict[str, set[str]]:
    """Test functions by the stem of their file; files of one name in several folders count together."""
    found: dict[str, set[str]] = {}
    for path in SOLIDITY.rglob("*.t.sol"):
        found.setdefault(path.name.removesuffix(".t.sol"), set()).update(FUNCTION.findall(path.read_text()))
    return found


def test_findings__every_named_test__is_there() -> None:
    there = contract_tests()
    named = NAMED.findall(TABLE.read_text())
    assert len(named) > 100
    assert [f"{file}: {name}" for file, name in named if name not in there.get(file, set())] == []


def test_findings__every_row__has_an_answer() -> None:
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("|") and not line.startswith("| ---")]
    assert [line for line in rows if not ANSWERED.match(line)] == []


def test_findings__those_that_try_the_exchanges__are_named() -> None:
    named = set(NAMED.findall(TABLE.read_text()))
    there = contract_tests()
    ours = {(file, name) for file in ("OrderFindings", "SettlementFindings") for name in there[file]}
    assert ours - named == set()
