"""Brings a database's schema to the version of this code."""

from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from backend.kernel.errors import Unavailable
from backend.storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaNewer(Unavailable):
    """The database was written by a later version of Tanyu."""

    code = "storage.schema_newer"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(
            f"the database has schema {found}, which this version (schema {expected}) does not know",
            found=found,
            expected=expected,
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def alembic_config(connection: Connection, metadata: MetaData | None = None) -> Config:
    """Alembic's settings for one connection; `metadata` only to write a new version."""
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def head_revision() -> str:
    """The schema version this code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current_revision(database: Database) -> str | None:
    """The schema version a database has; None for an empty one."""
    with database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(database: Database) -> bool:
    """Upgrades to the newest version in one transaction; whether there was anything to do. Raises SchemaNewer."""
    found, expected = current_revision(database), head_revision()
    if found == expected:
        return False
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaNewer(found, expected)
    with database.writer.begin() as connection:
        config = alembic_config(connection)
        config.attributes["keys"] = database.keys
        command.upgrade(config, "head")
    if database.writer.dialect.name == "sqlite":
        _leave_nothing_behind(database)
    elif found is not None:
        _rewrite_tables(database)
    return True


def _rewrite_tables(database: Database) -> None:
    """On PostgreSQL: what a dropped column held goes with the old file of its table."""
    with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM FULL")


def _leave_nothing_behind(database: Database) -> None:
    """Rewrites the file and empties the write-ahead log: what a migration sealed is nowhere in clear any more."""
    with closing(database.writer.raw_connection()) as connection:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement).close()
