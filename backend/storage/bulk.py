"""Many rows of one table at once, by the driver's own `executemany`.

SQLAlchemy's spends more on a wide row than the database does: it looks at every value of every row by name. Here the
statement is written once for a dialect, and a value that the row before had too is not converted again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, Update
from sqlalchemy.types import TypeEngine

from backend.storage.driver import run_many

_MARKS = {"qmark": "?", "format": "%s", "pyformat": "%s"}
"""How a place for a value is written, by the driver's paramstyle (PEP 249)."""

_NOTHING = object()


@dataclass(frozen=True)
class _Statement:
    """The text for a dialect, and where a row's value is not what its driver takes: place -> conversion."""

    text: str
    names: Sequence[str]
    """Of a row's values, in the text's order."""
    values_of: Callable[[Mapping[str, object]], tuple[object, ...]]
    conversions: Mapping[int, Callable[[Any], Any]]
    is_by_name: bool
    """Whether the driver takes a row's values by name."""

    @classmethod
    def of(
        cls, dialect: Dialect, text: str, columns: Sequence[tuple[str, TypeEngine[Any]]], *, is_by_name: bool = False
    ) -> "_Statement":
        """`columns`: name and type of a row's values, two or more, in the text's order."""
        names = [name for name, _ in columns]
        found = [type_.dialect_impl(dialect).bind_processor(dialect) for _, type_ in columns]
        conversions = {at: convert for at, convert in enumerate(found) if convert is not None}
        return cls(text, names, itemgetter(*names), conversions, is_by_name)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Converts the rows' values column by column, and hands them over."""
        columns: list[Sequence[object]] = list(zip(*map(self.values_of, rows), strict=True))
        for at, convert in self.conversions.items():
            columns[at] = _converted(columns[at], convert)
        given: list[Any] = list(zip(*columns, strict=True))
        run_many(
            connection,
            self.text,
            [dict(zip(self.names, row, strict=True)) for row in given] if self.is_by_name else given,
        )


class _Bulk(ABC):
    """Writes the same statement for each of many rows."""

    def __init__(self) -> None:
        self._statements: dict[str, _Statement] = {}
        """By dialect."""

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
        statement.run(connection, rows)

    @abstractmethod
    def _written(self, dialect: Dialect) -> _Statement: ...


class BulkInsert(_Bulk):
    """Inserts into one table. A row names every column of it, with the values that the column types take."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def _written(self, dialect: Dialect) -> _Statement:
        quote, mark = dialect.identifier_preparer, _MARKS[dialect.paramstyle]
        names = ", ".join(quote.format_column(column) for column in self._table.columns)
        marks = ", ".join(mark for _ in self._table.columns)
        return _Statement.of(
            dialect,
            f"INSERT INTO {quote.format_table(self._table)} ({names}) VALUES ({marks})",  # noqa: S608 - names of ours
            [(column.name, column.type) for column in self._table.columns],
        )


class BulkUpdate(_Bulk):
    """Changes rows by a statement of two parameters or more. A row names each, with the value that its type takes."""

    def __init__(self, statement: Update) -> None:
        super().__init__()
        self._statement = statement

    def _written(self, dialect: Dialect) -> _Statement:
        compiled: Any = self._statement.compile(dialect=dialect)
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        columns = [(name, compiled.binds[name].type) for name in names]
        return _Statement.of(dialect, compiled.string, columns, is_by_name=not compiled.positional)


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
