"""Questions that come again and again, written once for a dialect: past the object mapper and past SQLAlchemy's own
execution, which cost ten times what the database takes to find the row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Dialect, Executable
from sqlmodel import Session

from backend.storage.driver import Values, run

AnyRow: TypeAlias = tuple[Any, ...]

Convert: TypeAlias = Callable[[Any], Any]


class _Place(NamedTuple):
    """Where a value goes: that of a parameter, or the `at`-th of its list."""

    name: str
    at: int | None

    def of(self, values: Mapping[str, Any]) -> Any:
        value = values[self.name]
        if self.at is None:
            return value
        return value[self.at] if self.at < len(value) else None  # IN (..., NULL) finds no more


@dataclass
class _Written:
    """A statement's text for a dialect, how its values become the driver's, and the driver's row ours."""

    text: str
    keys: Sequence[str] | None
    """Of the values, where the driver takes them by name."""
    values: Sequence[tuple[Any, Convert | None]]
    """In the driver's order: a place or a constant, and its conversion."""
    columns: Sequence[tuple[int, Convert]] | None = None
    """Of a row what is not as the driver gives it; the first answer tells."""

    def given(self, values: Mapping[str, Any]) -> Values:
        found = []
        for what, convert in self.values:
            value = what.of(values) if type(what) is _Place else what
            found.append(value if convert is None else convert(value))
        return tuple(found) if self.keys is None else dict(zip(self.keys, found, strict=True))

    def row(self, found: Sequence[Any]) -> AnyRow:
        if not self.columns:
            return tuple(found)
        row = list(found)
        for at, convert in self.columns:
            row[at] = convert(row[at])
        return tuple(row)


_WRITTEN: dict[tuple[Executable, str, tuple[int, ...]], _Written] = {}
"""By statement, dialect and the sizes of its lists."""


def first_of(session: Session, statement: Executable, **values: Any) -> AnyRow | None:
    """The first row of a statement with these values for its parameters; None if there is none. `statement`: a constant
    of its module, since it is kept. A list goes into an expanding parameter. Sees what the session has not flushed yet.
    Raises SQLAlchemyError as any statement does.
    """
    written, cursor = _asked(session, statement, values)
    row = cursor.fetchone()
    cursor.close()
    return None if row is None else written.row(row)


def all_of(session: Session, statement: Executable, **values: Any) -> list[AnyRow]:
    """Every row of it, in its order."""
    written, cursor = _asked(session, statement, values)
    return [written.row(row) for row in cursor.fetchall()]


def _asked(session: Session, statement: Executable, values: dict[str, Any]) -> tuple[_Written, Any]:
    session.flush()
    connection = session.connection()
    dialect = connection.dialect
    sizes = tuple(_size_for(len(value)) for value in values.values() if type(value) is list)
    key = (statement, dialect.name, sizes)
    written = _WRITTEN.get(key)
    if written is None:
        written = _WRITTEN[key] = _write(statement, dialect, values)
    cursor = run(connection, written.text, written.given(values))
    if written.columns is None:
        written.columns = _conversions(statement, dialect, [column[1] for column in cursor.description])
    return written, cursor


def _size_for(count: int) -> int:
    """Lists are written for a power of two, so that there are few texts."""
    return 1 << max(count - 1, 0).bit_length()


def _write(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Written:
    compiled = statement.compile(dialect=dialect)
    places = {
        name: [_Place(name, at) for at in range(_size_for(len(value)))] if type(value) is list else _Place(name, None)
        for name, value in values.items()
    }
    expanded = compiled.construct_expanded_state(places)
    keys = expanded.positiontup if compiled.positional else list(expanded.parameters)

    def convert_of(name: str) -> Convert | None:
        found: Convert | None = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        return found

    return _Written(
        expanded.statement,
        None if compiled.positional else keys,
        [(what := expanded.parameters[key], convert_of(what.name if type(what) is _Place else key)) for key in keys],
    )


def _conversions(statement: Any, dialect: Dialect, types: Sequence[object]) -> list[tuple[int, Convert]]:
    """`types`: the driver's own of the columns, where it has any."""
    columns = zip(statement.selected_columns, types, strict=True)
    found = [column.type.dialect_impl(dialect).result_processor(dialect, type_) for column, type_ in columns]
    return [(at, convert) for at, convert in enumerate(found) if convert is not None]
