"""The embedded engine of a city's year: DuckDB in this process, in memory or in a file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import ibis
from ibis.expr.types import Table

DIALECT = "duckdb"
_TYPES = {"int64": "BIGINT", "int32": "INTEGER", "boolean": "BOOLEAN"}


class Engine:
    """One connection. Used as a context; closing it forgets what was in memory."""

    def __init__(self, path: Path | None = None, *, threads: int | None = None) -> None:
        self._connection = duckdb.connect(str(path) if path else ":memory:")
        if threads is not None:
            self._connection.execute(f"SET threads = {threads:d}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def run(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs a statement of ours and gives its rows; values are bound, never written into it."""
        return self._connection.execute(sql, list(values)).fetchall()

    def make(self, name: str, schema: ibis.Schema) -> None:
        """An empty table."""
        columns = ", ".join(f"{column} {_TYPES[str(kind)]} NOT NULL" for column, kind in schema.items())
        self.run(f"CREATE OR REPLACE TABLE {name} ({columns})")

    def fill(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """Appends rows, each in the order of the table's columns."""
        columns = list(zip(*rows, strict=True))
        if columns:
            values = ", ".join(f"unnest(${at + 1})" for at in range(len(columns)))
            self.run(f"INSERT INTO {name} SELECT {values}", [list(column) for column in columns])

    def keep(self, name: str, expression: Table) -> None:
        """Computes an expression over the tables here into a table."""
        self.run(f"CREATE OR REPLACE TABLE {name} AS {ibis.to_sql(expression, dialect=DIALECT)}")
