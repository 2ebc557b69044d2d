"""The money lint finds every arithmetic that is not exact, and leaves integers and paths alone."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from backend.chain.artifacts import CHECKOUT


@pytest.fixture(scope="module")
def lint() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lint_money", CHECKOUT / "scripts" / "lint_money.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("x = 0.5", "float literal 0.5"),
        ("x = 1e3", "float literal 1000.0"),
        ("x = 2j", "float literal 2j"),
        ("x = float(y)", "the name float"),
        ("def f(x: float) -> int: ...", "the name float"),
        ("x: int | float = 1", "the name float"),
        ("cost = lots / price", "true division"),
        ("cost /= 2", "true division"),
        ("share = sum(parts) / len(parts)", "true division"),
        ("x = a / b / c", "true division"),
        ("x = round(y)", "round()"),
        ("x = [round(y, 2) for y in z]", "round()"),
        ("x = a ** -1", "a negative power"),
        ("from math import sqrt", "the module math"),
        ("import math", "the module math"),
        ("import statistics as s", "the module statistics"),
        ("from operator import truediv", "true division"),
        ("import operator\nx = operator.truediv(a, b)", "true division"),
    ],
)
def test_money_lint__arithmetic_that_is_not_exact__is_found(lint: ModuleType, code: str, what: str) -> None:
    found = list(lint.offences(ast.parse(code)))
    assert what in {name for _, name in found}
    assert {line for line, _ in found} == {len(code.splitlines())}


@pytest.mark.parametrize(
    "code",
    [
        "x = a // b",
        "x //= 3",
        "q, r = divmod(a, 1000)",
        "x = a * 30 // 10_000",
        "x = -(-a // b)",
        "x = 2 ** 256 - 1",
        "path = folder / 'name.json'",
        "path = folder / f'{name}.json'",
        "path = folder / 'a' / name / 'b.json'",
        "path /= 'name'",
        "s = 'float / round()'",
        "from math import isqrt",
        "rounding = 1",
    ],
)
def test_money_lint__integers_and_paths__are_left_alone(lint: ModuleType, code: str) -> None:
    assert list(lint.offences(ast.parse(code))) == []


def test_money_lint__watches_the_rooms_of_the_design(lint: ModuleType) -> None:
    of_design_section_2 = {
        "kernel",
        "chain",
        "link",
        "ledger",
        "issuance",
        "market",
        "settlement",
        "giving",
        "audit",
        "api",
    }
    assert set(lint.ROOMS) == of_design_section_2
    assert all((CHECKOUT / "backend" / room).is_dir() for room in lint.ROOMS)


@pytest.mark.parametrize(
    ("line", "code"),
    [("x = 0.5", 1), ("x = 0.5  # money-lint:", 1), ("x = 0.5  # money-lint: seconds", 0), ("x = 5", 0)],
)
def test_money_lint__a_marked_line__passes_only_with_its_reason(
    lint: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int
) -> None:
    for room in lint.ROOMS:
        (tmp_path / room).mkdir()
    (tmp_path / "market" / "deep").mkdir()
    (tmp_path / "market" / "deep" / "price.py").write_text(f"y = 1\n{line}\n")
    monkeypatch.setattr(lint, "BACKEND", tmp_path)
    assert lint.main() == code
