"""Engine and sessions. A write transaction takes the write lock at once, so none is ever lost.

With the driver's defaults SQLite loses updates silently: read, read, write, write. Hence `isolation_level = None` and
our own BEGIN IMMEDIATE. On PostgreSQL the lock is an advisory one, taken before the first statement and given up by the
commit: who writes sees what the writer before it left, and no transaction is refused for having met another
(docs/adr/0025). Writers wait for each other up to `BUSY_TIMEOUT_S`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from backend.storage.availability import unavailable
from backend.storage.driver import run
from backend.storage.keys import KeyStore
from backend.storage.sealing import give_keyring
from backend.storage.settings import Settings, with_driver

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another."""

SILENT_MAX_S = 60
"""How long on PostgreSQL a writer that says nothing may keep the others waiting; then the server ends it."""

_WRITERS_LOCK = 0x7461_6E79_75
"""The advisory lock of a PostgreSQL database's writers: "tanyu" in ASCII."""

LOG_PAGES_LONG = 16_384
"""Pages of SQLite's write-ahead log, 64 MB, after which it is begun anew."""

LOG_PAGES_MAX = 32_768
"""Pages after which a writer brings them into the file itself: a safety net where nobody else does."""

END_LOG_MS = 20
"""How long a log's end waits for writers and readers, and writers for it; then it is left for another time."""

WRITER_CACHE_KB = 32_768
"""Of pages of the file that a writer keeps at hand; SQLite's own 2 MB do not hold what a busy day adds to."""

_ALONG = "PRAGMA wal_checkpoint(PASSIVE)"
"""Beside whoever reads and writes."""

WRITING = "writing"
"""In `session.info` of a session whose transaction will be committed."""


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"wal_autocheckpoint={LOG_PAGES_MAX}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_sqlite_writer(connection: SqliteConnection, record: object) -> None:
    _prepare_sqlite(connection, record)
    connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KB}")


def _begin_immediate(connection: Connection) -> None:
    run(connection, "BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    run(connection, "BEGIN")


def _take_writers_lock(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


def _engine(url: str, *, writing: bool) -> Engine:
    if make_url(url).get_backend_name() == "postgresql":
        return _postgresql_engine(url, writing=writing)
    connect = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, hide_parameters=True)  # a failure's message goes into logs
    event.listen(engine, "connect", _prepare_sqlite_writer if writing else _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate if writing else _begin)
    return engine


def _postgresql_engine(url: str, *, writing: bool) -> Engine:
    """Each statement of a writer sees what is committed, which nobody changes while it holds the lock; a reader sees
    one moment throughout. A writer whose process hangs in the middle of a transaction is ended by the server.
    """
    limits = {"lock_timeout": BUSY_TIMEOUT_S, "idle_in_transaction_session_timeout": SILENT_MAX_S} if writing else {}
    options = " ".join(f"-c {name}={limit_s}s" for name, limit_s in limits.items())
    engine = create_engine(
        url,
        connect_args={"options": options},
        hide_parameters=True,
        isolation_level="READ COMMITTED" if writing else "REPEATABLE READ",
        pool_pre_ping=True,
    )
    if writing:
        event.listen(engine, "begin", _take_writers_lock)
    return engine


def _keys_beside(url: str) -> Path | None:
    found = make_url(url)
    if found.get_backend_name() != "sqlite" or not found.database:
        return None
    return Path(found.database).parent / "keys"


def others_mark(session: Session) -> int | None:
    """What changes whenever somebody else's transaction was committed: on SQLite, and only from one transaction to
    another of the same session; elsewhere there is none. To be asked in a transaction.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return None
    mark: int = run(connection, "PRAGMA data_version").fetchone()[0]
    return mark


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as failure:
        if (told := unavailable(failure)) is not None:
            raise told from failure
        raise


class Database:
    """One database, two engines: `write()` serialises writers, `read()` sees one consistent snapshot. `keys` opens what
    is sealed in it; an SQLite file has them in the folder `keys` beside it if none are given.
    """

    def __init__(self, url: str, keys: KeyStore | None = None) -> None:
        url = with_driver(url)
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
        """A session in a write transaction: commits at the end, rolls back on any exception. Raises
        DatabaseUnavailable; if it was in the commit, what was written may be there.
        """
        with _told(), Session(self.writer, expire_on_commit=False) as session, session.begin():
            session.info[WRITING] = True
            give_keyring(session, self.keys)
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session in a read transaction, rolled back at the end. Raises DatabaseUnavailable."""
        with _told(), Session(self.reader, expire_on_commit=False) as session:
            give_keyring(session, self.keys)
            yield session

    def checkpoint(self) -> None:
        """On SQLite brings what the write-ahead log holds into the file, as far as readers let it, while others go on
        reading and writing: done often by a thread of its own, no commit has to wait for it. A log that has grown long
        all the same, since somebody always wrote meanwhile, is brought there to its end while writers wait a moment:
        the next begins it anew, where the disk has room already. Raises DatabaseUnavailable.
        """
        if self.reader.dialect.name == "sqlite":
            with _told(), closing(self.reader.raw_connection()) as connection:
                cursor = connection.cursor()
                _, pages, _ = cursor.execute(_ALONG).fetchone()
                if pages >= LOG_PAGES_LONG:
                    cursor.execute(_ALONG).fetchone()  # most of what came meanwhile, so that writers wait for little
                    cursor.execute(f"PRAGMA busy_timeout={END_LOG_MS}")
                    try:
                        cursor.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
                    finally:
                        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")

    def close(self) -> None:
        """Closes every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()


class _Joined(Session):
    """A session within a transaction of its connection's, which therefore need not be looked for."""

    def connection(self, bind_arguments: Any = None, execution_options: Any = None) -> Connection:
        """The connection."""
        if bind_arguments is None and execution_options is None and isinstance(self.bind, Connection):
            return self.bind
        return super().connection(bind_arguments, execution_options)


class Writer:
    """Writes as `Database.write` does, for one thread that writes all the time: a fifth of the way from pool to session
    and back. On SQLite it keeps connection and session between transactions, each of which finds an empty session and
    keys of its own; on a server, where a connection may be lost meanwhile, the pool looks each time. Its sessions tell
    no listener of their commit.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: tuple[Connection, _Joined] | None = None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """As `Database.write`."""
        with _told():
            connection, session = self._kept or self._joined()
            self._kept = None
            try:
                with connection.begin(), session:  # closed at its end, it begins again when it is next asked
                    give_keyring(session, self._database.keys)
                    yield session
                    session.flush()
            except BaseException:
                connection.close()
                raise
            if connection.dialect.name == "sqlite":
                self._kept = connection, session
            else:
                connection.close()

    def _joined(self) -> tuple[Connection, _Joined]:
        connection = self._database.writer.connect()
        session = _Joined(connection, expire_on_commit=False)
        session.info[WRITING] = True
        return connection, session

    def close(self) -> None:
        """Gives back the connection; the next transaction takes another."""
        if self._kept is not None:
            self._kept[0].close()
            self._kept = None
