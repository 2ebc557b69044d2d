"""Which failures of a database pass, and what is said of them; what is a bug stays one."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.storage.availability import unavailable


def of_sqlite(code: int) -> OperationalError:
    failure = sqlite3.OperationalError("as SQLite says it")
    failure.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, failure)


SERIALIZATION = psycopg.errors.SerializationFailure("could not serialize access")
LOST = psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), "another process kept the write lock"),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "another process kept the write lock"),
        (of_sqlite(sqlite3.SQLITE_FULL), "the disk is full"),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), "the disk failed"),
        (OperationalError("COMMIT", {}, SERIALIZATION), "it met another transaction"),
        (OperationalError("SELECT 1", {}, psycopg.errors.AdminShutdown("")), "the server stops or starts"),
        (OperationalError("SELECT 1", {}, psycopg.errors.TooManyConnections("")), "the server has no room"),
        (OperationalError("SELECT 1", {}, LOST), "it does not answer"),
        (InterfaceError("SELECT 1", {}, psycopg.InterfaceError("the connection is closed")), "it does not answer"),
        (PoolTimeout("QueuePool limit"), "all its connections are in use"),
    ],
)
def test_failure__that_passes__is_told_with_why(failure: SQLAlchemyError, why: str) -> None:
    told = unavailable(failure)
    assert told is not None
    assert (told.code, told.fields) == ("database.unavailable", {"why": why})


@pytest.mark.parametrize(
    "failure",
    [
        of_sqlite(sqlite3.SQLITE_ERROR),
        IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("")),
        ProgrammingError("SELECT", {}, psycopg.errors.UndefinedTable("")),
        SQLAlchemyError("something else"),
    ],
)
def test_failure__that_is_a_bug__is_not_told_as_passing(failure: SQLAlchemyError) -> None:
    assert unavailable(failure) is None
