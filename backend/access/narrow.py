"""Tables that fit a terminal. Words wrap; where that is not enough, what all rows have in common is said once, units
move into the headers, long ids are shown by their ends, and the last columns are left out. No amount is ever cut.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from backend.access.figures import short_hex

EDGES_A_COLUMN, EDGE = 3, 1
"""What a box takes: a line and two spaces for each column, and one line more."""

SHORT_LINE, WORDS_WIDTH = 24, 16
"""A column of longer lines is not folded into fewer columns than these: a sentence in a gutter is hard to read."""

COLUMNS_LEAST = 3
"""Columns that a table must keep to be worth it."""

WIDE_WORD = 12
"""Columns enough for a word of wide characters: Chinese has no spaces between its words, and breaks anywhere."""

_LONG_ID = re.compile(r"0x[0-9a-fA-F]{40,}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9:]{8})Z")
_UNIT = re.compile(r"[−0-9.,]+ (kg|km|%|g)")


@dataclass(frozen=True)
class Narrow:
    """A table no wider than was asked for. `same`: header and cell of what all rows have in common. `left_out`: headers
    of columns that it has no room for. `is_short`: whether ids are shown by their ends.
    """

    table: Table
    same: Sequence[tuple[str, str]] = ()
    left_out: Sequence[str] = ()
    is_short: bool = False


@dataclass(frozen=True)
class _Column:
    header: Text
    justify: JustifyMethod
    cells: Sequence[Text]

    @property
    def least(self) -> int:
        """What it cannot do without: of figures all of each, of words the longest."""
        cells = map(_line_width if self.justify == "right" else _word_width, self.cells)
        words = WORDS_WIDTH if self.justify != "right" and self.most > SHORT_LINE else 1
        return max(words, _word_width(self.header), *cells)

    @property
    def is_same(self) -> bool:
        """Whether it says the same of every row, and is no figure, which are the same by chance."""
        return self.justify != "right" and len(self.cells) > 1 and len({cell.plain for cell in self.cells}) == 1

    @property
    def most(self) -> int:
        """What it would have if there were room."""
        return max(1, *map(_line_width, [self.header, *self.cells]))


def narrowed(table: Table, width: int) -> Narrow | None:
    """The table in `width` columns; None if too few of its own would be left. Where there are no headers one thing is
    told, and nothing of it is shortened or left out.
    """
    columns = [_Column(_text(one.header), one.justify, [*map(_text, one.cells)]) for one in table.columns]
    whole = _fitted(table, columns, width)
    if whole is not None or not table.show_header:
        return None if whole is None else Narrow(whole)
    same = [one for one in columns if one.is_same]
    rest = [one for one in columns if not one.is_same]
    tight = [_tight(one) for one in rest]
    for kept in range(len(tight), min(len(tight), COLUMNS_LEAST) - 1, -1):
        fitted = _fitted(table, tight[:kept], width)
        if fitted is not None:
            is_short = any(_LONG_ID.search(cell.plain) for one in rest[:kept] for cell in one.cells)
            said = [(one.header.plain, one.cells[0].plain) for one in same]
            return Narrow(fitted, said, [one.header.plain for one in rest[kept:]], is_short)
    return None


def _fitted(table: Table, columns: Sequence[_Column], width: int) -> Table | None:
    widths = _widths(columns, width - EDGES_A_COLUMN * len(columns) - EDGE)
    if widths is None:
        return None
    found = Table(title=table.title, caption=table.caption, show_header=table.show_header, show_lines=table.show_lines)
    for column, each in zip(columns, widths, strict=True):
        found.add_column(column.header, justify=column.justify, width=each, overflow="fold")
    for made, *row in zip(table.rows, *(column.cells for column in columns), strict=True):
        found.add_row(*row, end_section=made.end_section)
    return found


def _widths(columns: Sequence[_Column], room: int) -> list[int] | None:
    """A width for each column, of which the widest give way first; None if there is no room for what cannot break."""
    least, widths = [one.least for one in columns], [one.most for one in columns]
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _tight(column: _Column) -> _Column:
    """Long ids by their ends, times that may break after the day, and a unit that all cells share in the header."""
    cells = [_replaced(cell, _shorter(cell.plain)) for cell in column.cells]
    units = {found[1] if (found := _UNIT.fullmatch(cell.plain)) else None for cell in cells}
    if len(units) != 1 or None in units:
        return replace(column, cells=cells)
    (unit,) = units
    bare = [_replaced(cell, cell.plain.removesuffix(f" {unit}")) for cell in cells]
    return replace(column, header=_replaced(column.header, f"{column.header.plain}, {unit}"), cells=bare)


def _shorter(text: str) -> str:
    return _TIME.sub(r"\1 \2Z", _LONG_ID.sub(lambda found: short_hex(found[0]), text))


def _replaced(cell: Text, text: str) -> Text:
    return cell if text == cell.plain else Text(text, style=cell.style)


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else Text.from_markup(str(cell))


def _line_width(text: Text) -> int:
    return max(map(cell_len, text.plain.splitlines()), default=0)


def _word_width(text: Text) -> int:
    """Of the longest word, which does not break."""
    widths = ((cell_len(word), len(word)) for word in text.plain.split())
    return max((cells if cells == length else min(cells, WIDE_WORD) for cells, length in widths), default=0)
