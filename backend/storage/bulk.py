"""Many rows into one table at once, by the driver's own `executemany`.

SQLAlchemy's spends more on a wide row than the database does: it looks at every value of every row by name. Here the
statement is written once for a dialect, and a value that the row before had too is not converted again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from backend.storage.driver import run_many

_MARKS = {"qmark": "?", "format": "%s", "pyformat": "%s"}
"""How a place for a value is written, by the driver's paramstyle (PEP 249)."""

_NOTHING = object()


@dataclass(frozen=True)
class _Statement:
    """The text for a dialect, and where a row's value is not what its driver takes: place -> conversion."""

    text: str
    conversions: Mapping[int, Callable[[Any], Any]]


class BulkInsert:
    """Inserts into one table. A row names every column of it, with the values that the column types take."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._values_of = itemgetter(*(column.name for column in table.columns))
        self._statements: dict[str, _Statement] = {}

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Writes the rows, if there are any. Raises KeyError for a row without a column, what the column types raise
        for a value that they do not take, and SQLAlchemyError as any statement does.
        """
        if not rows:
            return
        dialect = connection.dialect
        statement = self._statements.get(dialect.name)
        if statement is None:
            statement = self._statements[dialect.name] = self._written(dialect)
        columns = list(zip(*map(self._values_of, rows), strict=True))
        for at, convert in statement.conversions.items():
            columns[at] = _converted(columns[at], convert)
        run_many(connection, statement.text, list(zip(*columns, strict=True)))

    def _written(self, dialect: Dialect) -> _Statement:
        quote, mark = dialect.identifier_preparer, _MARKS[dialect.paramstyle]
        names = ", ".join(quote.format_column(column) for column in self._table.columns)
        marks = ", ".join(mark for _ in self._table.columns)
        found = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._table.columns]
        return _Statement(
            f"INSERT INTO {quote.format_table(self._table)} ({names}) VALUES ({marks})",  # noqa: S608 - names of ours
            {at: convert for at, convert in enumerate(found) if convert is not None},
        )


def _converted(column: Sequence[object], convert: Callable[[Any], Any]) -> tuple[object, ...]:
    """A column's values as the driver takes them; one that stands below its equal is not converted again."""
    made: list[object] = []
    last: object = _NOTHING
    current: object = None
    for value in column:
        if value is not last and (type(value) is not type(last) or value != last):
            last, current = value, convert(value)
        made.append(current)
    return tuple(made)
