"""Every command of `tanyu` teaches what it does and speaks JSON."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from backend.cli import app


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    members = getattr(group, "commands", {})
    if not members or getattr(group, "invoke_without_command", False):
        yield path, group
    for name, member in members.items():
        yield from _commands(member, f"{path} {name}")


ALL = dict(_commands(typer.main.get_command(app), "tanyu"))


def test_commands__all_that_the_docs_name__exist() -> None:
    named = {
        "up",
        "serve",
        "accounts",
        "audit",
        "reindex",
        "reconcile",
        "factors list",
        "statement show",
        "market book",
    }
    assert {f"tanyu {name}" for name in named} <= set(ALL)


@pytest.mark.parametrize("path", sorted(ALL))
def test_command__has_help_and_json(path: str) -> None:
    command = ALL[path]
    assert command.help, f"{path} has no help"
    assert len(command.help.split()) >= 4, f"{path} says too little"
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options, f"{path} has no --json"
