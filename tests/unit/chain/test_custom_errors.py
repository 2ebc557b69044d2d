"""Every custom error of the contracts is used by them and provoked by a forge test, by name."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.chain.artifacts import CHECKOUT

CONTRACTS = CHECKOUT / "contracts"
SOURCES = sorted(
    path for path in CONTRACTS.rglob("*.sol") if path.relative_to(CONTRACTS).parts[0] not in {"test", "mocks"}
)
TESTS = sorted(CONTRACTS.glob("test/**/*.t.sol"))

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def code(paths: Iterable[Path]) -> str:
    return "\n".join(_COMMENT.sub("", path.read_text()) for path in paths)


SOURCE, TEST = code(SOURCES), code(TESTS)
ERRORS = sorted(set(re.findall(r"\berror (\w+)\(", SOURCE)))


def test_errors__are_found() -> None:
    assert {"OrderFilled", "NullifierUsed", "LastAdmin", "GasInsufficient"} <= set(ERRORS)


@pytest.mark.parametrize("error", ERRORS)
def test_error__each__is_raised_or_reported_by_a_contract(error: str) -> None:
    assert re.search(rf"\brevert (?:\w+\.)?{error}\(|\b{error}\.selector\b", SOURCE), "declared, never used"


@pytest.mark.parametrize("error", ERRORS)
def test_error__each__is_provoked_by_a_forge_test(error: str) -> None:
    assert re.search(rf"\b{error}\.selector\b", TEST), "no forge test names it"
