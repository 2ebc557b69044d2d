"""How commands speak: rich for people, pure JSON on stdout with --json.

Exit codes: 0 ok, 1 finding or failure, 2 bad usage: malformed, or naming what does not exist.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from backend.access.client import ApiProblem
from backend.access.language import Language, terminal_language
from backend.access.narrow import Narrow, narrowed
from backend.access.problems import problem_of
from backend.kernel.errors import InvalidInput, NotFound, TanyuError

EXIT_OK = 0
EXIT_FINDING = 1
EXIT_USAGE = 2

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
"""The option every command takes: `as_json: AsJson = False`."""

_MISUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""What a server answers to a question that cannot be asked, or about something that does not exist."""

UNLIMITED = 100_000
"""Columns of an output that is no terminal: what is piped is for a program or a file, which wrap nothing."""

_SAYS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "left_out": "No room for: {}; --json or `| cat` has it.",
        "short": "Long ids are shown by their ends; --json or `| cat` has them whole.",
    },
    "zh": {
        "left_out": "放不下的列：{}；加 --json 或 `| cat` 可见。",
        "short": "较长的编号只显示首尾；加 --json 或 `| cat` 可得完整编号。",
    },
}

Value = TypeVar("Value")


def to_json(value: Any) -> Any:
    """JSON values of a wire model, or of mappings and sequences of them. Raises TypeError for anything else."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form: make it a Wire model or a string")


def emit(
    value: Value, *, as_json: bool, render: Callable[[Value], RenderableType], language: Language | None = None
) -> None:
    """Prints a result: JSON with --json, else what `render` makes of it. `language`: what was asked for, if any was."""
    if as_json:
        typer.echo(json.dumps(to_json(value), ensure_ascii=False, indent=2))
    else:
        console = Console()
        show(render(value), console if console.is_terminal else Console(width=UNLIMITED), language)


def show(shown: RenderableType, console: Console, language: Language | None = None) -> None:
    """Prints so that everything fits the terminal and no amount is ever cut or broken: a table that is wider is shown
    narrow, with a word on what that left out; one that cannot be is told row by row, one line a cell. A line that is
    too long is left to the terminal to wrap.
    """
    says, parts = _SAYS[terminal_language(language, os.environ)], [*_parts(shown)]
    narrow = [_show(part, console) for part in parts]
    left_out = dict.fromkeys(header for one in narrow if one for header in one.left_out)
    if left_out:
        console.print(says["left_out"].format(", ".join(left_out)), soft_wrap=True, markup=False)
    if any(one and one.is_short for one in narrow):
        console.print(says["short"], soft_wrap=True)


def _parts(shown: RenderableType) -> Iterator[RenderableType]:
    if isinstance(shown, Group):
        for part in shown.renderables:
            yield from _parts(part)
    else:
        yield shown


def _show(shown: RenderableType, console: Console) -> Narrow | None:
    """Prints it, and tells how if it is a table that had to be narrow."""
    if not isinstance(shown, Table):
        console.print(shown, soft_wrap=True)
    elif console.measure(shown, options=console.options.update(width=UNLIMITED)).maximum <= console.width:
        console.print(shown)
    elif (narrow := narrowed(shown, console.width)) is not None:
        for header, cell in narrow.same:
            console.print(Text(f"{header}: {cell}"), soft_wrap=True)
        console.print(narrow.table)
        return narrow
    else:
        for line in _lines(shown):
            console.print(line, soft_wrap=True)
    return None


def _lines(table: Table) -> Iterator[RenderableType]:
    """Every cell with its column's header; of a table without headers, each row in one line."""
    if table.title:
        yield table.title
    for row in zip(*(column.cells for column in table.columns), strict=True):
        if not table.show_header:
            yield Text("  ").join(Text(str(cell)) for cell in row)
            continue
        yield ""
        for column, cell in zip(table.columns, row, strict=True):
            yield Text(f"{column.header}: {cell}")
    if table.caption:
        yield Text(str(table.caption))


def fail(error: TanyuError, *, as_json: bool) -> NoReturn:
    """Prints the problem (on stdout with --json, else on stderr) and exits: 2 if what was asked for is malformed or not
    there, whoever found that out, 1 for anything else.
    """
    problem = error.problem if isinstance(error, ApiProblem) else problem_of(error)
    if as_json:
        typer.echo(json.dumps(problem, ensure_ascii=False, indent=2))
    else:
        sentence = Text.assemble(("error ", "bold red"), (str(problem["code"]), "bold"), ": ", str(problem["detail"]))
        console = Console(stderr=True)
        for line in (sentence, *_rows(problem)):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    misused = isinstance(error, InvalidInput | NotFound) or problem.get("status") in _MISUSED or _is_input(problem)
    raise typer.Exit(EXIT_USAGE if misused else EXIT_FINDING)


def _rows(problem: Mapping[str, Any]) -> Iterator[str]:
    """What a problem says row by row beyond its sentence: each bad line of a file, not the first alone."""
    errors = problem.get("errors")
    rows = [one for one in errors if isinstance(one, Mapping) and "line" in one] if isinstance(errors, list) else []
    if len(rows) > 1:
        for row in rows:
            column = row.get("column")
            at = f"line {row['line']}" if column is None else f"line {row['line']}, column {column}"
            yield f"  {at}: {row.get('message')} [{row.get('code')}]"
        left = int(problem.get("badRows", len(rows))) - len(rows)
        if left > 0:
            yield f"  and {left} more"


def _is_input(problem: Mapping[str, Any]) -> bool:
    return str(problem["code"]).startswith("input.")


@contextmanager
def failing_plainly(*, as_json: bool) -> Iterator[None]:
    """Turns any TanyuError in a command's body into its problem and exit code."""
    try:
        yield
    except TanyuError as error:
        fail(error, as_json=as_json)
