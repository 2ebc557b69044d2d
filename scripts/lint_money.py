"""Money lint: no float, nothing that makes one, no true division, no round() where money and mass are counted (DESIGN
section 2).

A line that needs one says why: `# money-lint: reason`, as a timeout in seconds may.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1] / "backend"
ROOMS = ("kernel", "chain", "link", "ledger", "issuance", "market", "settlement", "giving", "audit", "api")
MARK = "# money-lint:"
EXACT_OF_MATH = {"comb", "factorial", "gcd", "isqrt", "lcm", "perm", "prod"}
INEXACT_MODULES = {"cmath", "math", "statistics"}
DIVISIONS = {"truediv", "itruediv"}


def offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what) of every float, true division, round() and import that makes floats in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"float literal {node.value!r}"
        elif isinstance(node, ast.Name) and node.id in {"float", "complex"}:
            yield node.lineno, f"the name {node.id}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            if not _joins_path(node):
                yield node.lineno, "true division"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            yield node.lineno, "round()"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.UnaryOp):
            yield node.lineno, "a negative power"
        elif isinstance(node, ast.Attribute) and node.attr in DIVISIONS:
            yield node.lineno, "true division"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, what) for what in _inexact(node))


def _inexact(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """What an import brings that makes floats of integers."""
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        yield from (f"the module {name}" for name in sorted(names & INEXACT_MODULES))
    elif node.module in INEXACT_MODULES and not (node.module == "math" and names <= EXACT_OF_MATH):
        yield f"the module {node.module}"
    elif node.module == "operator" and names & DIVISIONS:
        yield "true division"


def _joins_path(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether `/` joins paths: an operand is text, an f-string, or a name that says it is a path."""
    operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return any(
        (isinstance(part, ast.Constant) and isinstance(part.value, str))
        or isinstance(part, ast.JoinedStr)
        or (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) and _joins_path(part))
        for part in operands
    )


def main() -> int:
    """Prints every unexplained offence; 1 if there is one."""
    found = 0
    for room in ROOMS:
        for path in sorted((BACKEND / room).rglob("*.py")):
            text = path.read_text()
            lines = text.splitlines()
            for line, what in sorted(offences(ast.parse(text))):
                reason = lines[line - 1].partition(MARK)[2].strip()
                if not reason:
                    found += 1
                    print(f"{path.relative_to(BACKEND.parent)}:{line}: {what}; integers only, or `{MARK} reason`")
    print(f"money lint: {found} offences in {len(ROOMS)} rooms")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
