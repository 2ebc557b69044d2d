"""Engine and sessions. A write transaction takes the write lock at once (BEGIN IMMEDIATE), so none is ever lost.

With the driver's defaults SQLite loses updates silently: read, read, write, write. Hence `isolation_level = None` and
our own BEGIN. Writers wait for each other up to `BUSY_TIMEOUT_S`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

BUSY_TIMEOUT_S = 30


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _engine(url: str, *, writing: bool) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, isolation_level="SERIALIZABLE" if writing else "REPEATABLE READ")
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate if writing else _begin)
    return engine


class Database:
    """One database, two engines: `write()` serialises writers, `read()` sees one consistent snapshot."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.writer = _engine(url, writing=True)
        self.reader = _engine(url, writing=False)

    @classmethod
    def at(cls, path: Path) -> "Database":
        """The SQLite database in a file."""
        return cls(f"sqlite:///{path}")

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in a write transaction: commits at the end, rolls back on any exception."""
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session in a read transaction, rolled back at the end."""
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Closes every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()
