"""How the market's commands tell what they found: in tables and sentences of the reader's language."""

import os
from collections.abc import Callable
from typing import TypeVar

from rich.console import RenderableType
from rich.table import Table

from backend.access.language import Language, terminal_language
from backend.access.terminal import emit
from backend.market.words import Words

Value = TypeVar("Value")


def words_for(asked: Language | None) -> Words:
    """The words of the language asked for, else of the terminal's."""
    return Words(terminal_language(asked, os.environ))


def table_of(words: Words, *columns: str, title: str | None = None) -> Table:
    """An empty table of the columns of these names. Raises KeyError."""
    return Table(*map(words.column, columns), title=title)


def tell(
    value: Value, render: Callable[[Value, Words], RenderableType], *, language: Language | None, as_json: bool
) -> None:
    """Prints a result: JSON with --json, else what `render` makes of it. `language`: the terminal's if None."""
    words = words_for(language)
    emit(value, as_json=as_json, render=lambda found: render(found, words), language=words.language)
