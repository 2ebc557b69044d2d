"""Statements handed to the driver itself. What comes with every group of the market's orders costs SQLAlchemy ten times
what it costs the database, so its text is written once and what is given back is the driver's own; a failure is told as
SQLAlchemy tells it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIModule
from sqlalchemy.exc import DBAPIError

Values: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""Of one statement, as the driver's paramstyle (PEP 249) wants them."""


def run(connection: Connection, text: str, values: Values = ()) -> Any:
    """The driver's cursor after a statement, in the connection's transaction, which has begun. Raises DBAPIError."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values)
    except connection.dialect.loaded_dbapi.Error as failure:
        raise _told(connection, text, failure) from failure
    return cursor


def run_many(connection: Connection, text: str, rows: Sequence[Sequence[Any]] | Sequence[Mapping[str, Any]]) -> None:
    """A statement for each of many rows. Raises DBAPIError."""
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(text, rows)
    except connection.dialect.loaded_dbapi.Error as failure:
        raise _told(connection, text, failure) from failure


def _told(connection: Connection, text: str, failure: DBAPIModule.Error) -> BaseException:
    """The failure as any statement's, without values: they may tell of a life. The pool hears of a lost connection."""
    dialect = connection.dialect
    driver = dialect.loaded_dbapi
    is_gone = dialect.is_disconnect(failure, connection.connection.dbapi_connection, None)
    if is_gone:
        connection.invalidate(failure)
    return DBAPIError.instance(
        text, None, failure, driver.Error, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
    )
