"""The nine promises (INV-01 to INV-09) are written down, and each is tested by properties on both sides."""

import re
from pathlib import Path

import pytest

from backend.chain.artifacts import CHECKOUT

PROMISES = [f"INV-{number:02}" for number in range(1, 10)]
ON_CHAIN = PROMISES[:8]
"""INV-09 (the state is reconstructible from events alone) is the audit's to show: no contract can."""

README = CHECKOUT / "contracts" / "README.md"
PYTHON = sorted((CHECKOUT / "tests" / "property").glob("test_*.py"))
SOLIDITY = sorted((CHECKOUT / "contracts" / "test").rglob("*.t.sol"))


def naming(promise: str) -> re.Pattern[str]:
    """INV-04, inv_04, or a range or list that holds it: `INV-01 to INV-06` names each of the six."""
    return re.compile(rf"inv[-_]?{promise[-2:]}(?!\d)", re.IGNORECASE)


def files_naming(promise: str, files: list[Path], *, with_a: str) -> list[str]:
    return [
        path.name
        for path in files
        if naming(promise).search(text := path.read_text()) and re.search(with_a, text, re.MULTILINE)
    ]


@pytest.mark.parametrize("promise", PROMISES)
def test_promise__is_written_in_the_contracts_readme(promise: str) -> None:
    row = re.compile(rf"^.{{0,10}}{promise}\b.{{30,}}", re.MULTILINE)
    assert row.search(README.read_text()), f"contracts/README.md does not say what {promise} promises"


@pytest.mark.parametrize("promise", PROMISES)
def test_promise__has_a_property_test_in_python(promise: str) -> None:
    found = files_naming(promise, PYTHON, with_a=r"@given|RuleBasedStateMachine")
    assert found, f"no property test in tests/property names {promise}"


@pytest.mark.parametrize("promise", ON_CHAIN)
def test_promise__has_a_test_in_solidity(promise: str) -> None:
    found = files_naming(promise, SOLIDITY, with_a=r"function (?:test|testFuzz|invariant)_\w+")
    assert found, f"no test in contracts/test names {promise}"


@pytest.mark.parametrize("promise", ON_CHAIN)
def test_promise__is_kept_by_a_forge_invariant(promise: str) -> None:
    """In an invariant's name, or in a check its handlers make at every act (a breach reverts the run)."""
    checked = re.compile(rf'check\w*\([^;]*"{promise}\b')
    suites = [path.read_text() for path in sorted((CHECKOUT / "contracts" / "test" / "invariant").glob("*.sol"))]
    names = {name for text in suites for name in re.findall(r"function (invariant_\w+)", text)}
    in_names = {number for name in names for number in re.findall(r"_(\d\d)(?=_)", name)}
    assert promise[-2:] in in_names or any(checked.search(text) for text in suites)


def test_promises__readme_and_tests__name_no_tenth() -> None:
    for path in (README, *PYTHON, *SOLIDITY):
        numbers = {int(number) for number in re.findall(r"inv[-_](\d\d)(?!\d)", path.read_text(), re.IGNORECASE)}
        assert numbers <= set(range(1, 10)), path.name
