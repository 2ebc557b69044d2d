"""How commands speak: rich for people, pure JSON on stdout with --json.

Exit codes: 0 ok, 1 finding or failure, 2 bad usage.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.text import Text

from backend.access.client import ApiProblem
from backend.access.problems import problem_of
from backend.kernel.errors import InvalidInput, TanyuError

EXIT_OK = 0
EXIT_FINDING = 1
EXIT_USAGE = 2

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
"""The option every command takes: `as_json: AsJson = False`."""

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


def emit(value: Value, *, as_json: bool, render: Callable[[Value], RenderableType]) -> None:
    """Prints a result: JSON with --json, else what `render` makes of it."""
    if as_json:
        typer.echo(json.dumps(to_json(value), ensure_ascii=False, indent=2))
    else:
        Console().print(render(value))


def fail(error: TanyuError, *, as_json: bool) -> NoReturn:
    """Prints the problem (on stdout with --json, else on stderr) and exits: 2 for bad input, 1 for anything else."""
    problem = error.problem if isinstance(error, ApiProblem) else problem_of(error)
    if as_json:
        typer.echo(json.dumps(problem, ensure_ascii=False, indent=2))
    else:
        sentence = Text.assemble(("error ", "bold red"), (str(problem["code"]), "bold"), ": ", str(problem["detail"]))
        Console(stderr=True).print(sentence, highlight=False, soft_wrap=True)
    misused = isinstance(error, InvalidInput) or str(problem["code"]).startswith("input.")
    raise typer.Exit(EXIT_USAGE if misused else EXIT_FINDING)


@contextmanager
def failing_plainly(*, as_json: bool) -> Iterator[None]:
    """Turns any TanyuError in a command's body into its problem and exit code."""
    try:
        yield
    except TanyuError as error:
        fail(error, as_json=as_json)
