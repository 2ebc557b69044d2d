"""Engine and sessions. A write transaction takes the write lock at once (BEGIN IMMEDIATE), so none is ever lost.

With the driver's defaults SQLite loses updates silently: read, read, write, write. Hence `isolation_level = None` and
our own BEGIN. Writers wait for each other up to `BUSY_TIMEOUT_S`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from backend.storage.keys import KeyStore
from backend.storage.sealing import give_keyring
from backend.storage.settings import Settings

BUSY_TIMEOUT_S = 30
WRITING = "writing"
"""In `session.info` of a session whose transaction will be committed."""


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _engine(url: str, *, writing: bool) -> Engine:
    if not url.startswith("sqlite"):
        level = "SERIALIZABLE" if writing else "REPEATABLE READ"
        return create_engine(url, isolation_level=level, hide_parameters=True)
    connect = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, hide_parameters=True)  # a failure's message goes into logs
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate if writing else _begin)
    return engine


def _keys_beside(url: str) -> Path | None:
    found = make_url(url)
    if found.get_backend_name() != "sqlite" or not found.database:
        return None
    return Path(found.database).parent / "keys"


class Database:
    """One database, two engines: `write()` serialises writers, `read()` sees one consistent snapshot. `keys` opens what
    is sealed in it; an SQLite file has them in the folder `keys` beside it if none are given.
    """

    def __init__(self, url: str, keys: KeyStore | None = None) -> None:
        self.url = url
        beside = _keys_beside(url)
        self.keys = KeyStore(beside) if keys is None and beside is not None else keys
        self.writer = _engine(url, writing=True)
        self.reader = _engine(url, writing=False)

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The database and key store that the settings name."""
        url = settings.database_url
        folder = settings.keys_dir or _keys_beside(url) or settings.data_dir / "keys"
        return cls(url, KeyStore(folder, settings.keys_master_file))

    @classmethod
    def at(cls, path: Path) -> "Database":
        """The SQLite database in a file."""
        return cls(f"sqlite:///{path}")

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in a write transaction: commits at the end, rolls back on any exception."""
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            session.info[WRITING] = True
            give_keyring(session, self.keys)
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session in a read transaction, rolled back at the end."""
        with Session(self.reader, expire_on_commit=False) as session:
            give_keyring(session, self.keys)
            yield session

    def close(self) -> None:
        """Closes every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()
