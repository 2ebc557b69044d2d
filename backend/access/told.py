"""A JSON answer as a person reads it: words for names, kilograms and per cent, tables; in one language. Exact: what
somebody else wrote is told as text, whatever markup it looks like.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from backend.access.field_words import field_word, unit_of, value_word
from backend.access.figures import kg_column, percent_text
from backend.access.language import Language, terminal_language
from backend.kernel.clock import from_unix_s, iso

LONGEST_IN_ONE_LINE = 60
"""Characters up to which the items of a list stand beside each other."""

_UNIX_TIMES = frozenset({"attestedAt", "blockFrom", "commitUntil", "expiry", "revealUntil", "start"})
"""Fields of what is signed or anchored: Unix seconds there, and a time of day for people."""

_FIGURES: Mapping[str, Callable[[int], str]] = {"Gco2e": kg_column, "Bps": percent_text, "Km": "{:,} km".format}
_DAY_S, _HOUR_S = 86_400, 3_600
_SAYS: Mapping[Language, Mapping[str, str]] = {
    "en": {"yes": "yes", "no": "no", "none": "none", "days": "{} d {} h"},
    "zh": {"yes": "是", "no": "否", "none": "无", "days": "{} 天 {} 小时"},
}


def told(found: Any, asked: Language | None = None) -> RenderableType:
    """Fields one under another; lists of the same fields as tables beneath, and those within them as tables too. What
    is said in both languages is told in one, the terminal's if none was asked for; what is not there is left out.
    """
    language = terminal_language(asked, os.environ)
    if isinstance(found, list):
        return Group(*_tables(found, None, language)) if found else Text(_SAYS[language]["none"])
    return Group(*_parts(found, None, language))


def _parts(found: Mapping[str, Any], title: str | None, language: Language) -> Iterator[RenderableType]:
    head = Table(show_header=False, title=title)
    beneath: list[RenderableType] = []
    for name, value in found.items():
        word = field_word(name, language)
        if isinstance(value, Mapping) and value:
            beneath += _parts(value, word, language)
        elif _is_in_both(value):
            beneath.append(_list(word, [row[language] for row in value]))
        elif _is_table(value):
            beneath += _tables(value, word, language)
        elif _is_list_of_sentences(value):
            beneath.append(_list(word, value))
        elif isinstance(value, list | Mapping) or value not in (None, ""):
            head.add_row(word, Text(_cell(name, value, language)))
    if head.row_count:
        yield head
    yield from beneath


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _is_in_both(value: Any) -> bool:
    return _is_table(value) and {"en", "zh"} <= value[0].keys()


def _is_list_of_sentences(value: Any) -> bool:
    return isinstance(value, list) and any(len(str(one)) > LONGEST_IN_ONE_LINE for one in value)


def _list(title: str, sentences: Sequence[str]) -> RenderableType:
    return Group(Text(f"{title}:"), *(Text(f"- {one}") for one in sentences))


def _cell(name: str, value: Any, language: Language) -> str:
    says = _SAYS[language]
    if value is None:
        return ""
    if isinstance(value, bool):
        return says["yes" if value else "no"]
    if isinstance(value, list | Mapping):
        return ", ".join(_cell(name, one, language) for one in value) or says["none"]
    unit = unit_of(name)
    if unit == "Seconds":
        days, rest = divmod(int(value), _DAY_S)
        return says["days"].format(days, rest // _HOUR_S)
    return _FIGURES[unit](int(value)) if unit else _plain(name, str(value), language)


def _plain(name: str, value: str, language: Language) -> str:
    if name in _UNIX_TIMES and value.isdecimal():
        return iso(from_unix_s(int(value)))
    return value_word(name, value, language)


def _tables(rows: Sequence[Mapping[str, Any]], title: str | None, language: Language) -> Iterator[Table]:
    """The rows as a table without its empty columns, then what each holds in lists, under the name of its row."""
    names = list(rows[0])
    inner = [name for name in names if any(_is_table(row[name]) for row in rows)]
    own = [
        name
        for name in names
        if name not in inner
        and not isinstance(rows[0][name], Mapping)
        and any(row[name] not in (None, "") for row in rows)
    ]
    table = Table(title=title)
    for name in own:
        table.add_column(field_word(name, language), justify="right" if unit_of(name) else "left")
    for row in rows:
        table.add_row(*(Text(_cell(name, row[name], language)) for name in own))
    yield table
    for name in inner:
        held = [{names[0]: row[names[0]]} | one for row in rows for one in row[name]]
        word = field_word(name, language)
        yield from _tables(held, f"{title}: {word}" if title else word, language)
