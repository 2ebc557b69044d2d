"""Failures of the database that are nobody's fault and pass: told as Unavailable, so that the caller tries again."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.kernel.errors import Unavailable

_SQLITE = {
    sqlite3.SQLITE_BUSY: "another process kept the write lock",
    sqlite3.SQLITE_LOCKED: "another process kept the write lock",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk failed",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
}
"""Primary result codes (sqlite.org/rescode.html)."""

_POSTGRESQL = {
    "08": "the connection was lost",
    "25P03": "the transaction stood still too long",
    "40": "it met another transaction",
    "53": "the server has no room",
    "55P03": "another process kept the write lock",
    "57P": "the server stops or starts",
    "58": "the server's disk failed",
}
"""SQLSTATE, or how it begins (PostgreSQL manual, appendix A)."""


class DatabaseUnavailable(Unavailable):
    """The database cannot serve now; nothing was written unless it failed in the commit itself."""

    code = "database.unavailable"

    def __init__(self, why: str) -> None:
        super().__init__(f"the database cannot serve now: {why}; try again in a moment", why=why)


def unavailable(failure: SQLAlchemyError) -> DatabaseUnavailable | None:
    """What to tell of a failure that passes; None of one that is a bug."""
    if isinstance(failure, PoolTimeout):
        return DatabaseUnavailable("all its connections are in use")
    if not isinstance(failure, DBAPIError):
        return None
    original = failure.orig
    if isinstance(original, sqlite3.Error):
        why = _SQLITE.get(getattr(original, "sqlite_errorcode", 0) & 0xFF)
        return None if why is None else DatabaseUnavailable(why)
    state = getattr(original, "sqlstate", None)
    if state is None:
        is_silent = isinstance(failure, OperationalError | InterfaceError)
        return DatabaseUnavailable("it does not answer") if is_silent else None
    why = next((why for begin, why in _POSTGRESQL.items() if state.startswith(begin)), None)
    return None if why is None else DatabaseUnavailable(why)
