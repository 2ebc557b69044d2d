"""The migrations make the very tables the code declares."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

import backend.cli  # noqa: F401 - imports every room's tables
from backend.storage.database import Database
from backend.storage.migrate import SchemaNewer, current_revision, head_revision, migrate


def test_migrate__empty_database__has_the_declared_tables(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "empty.db")
    assert migrate(database)
    with database.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
    assert not migrate(database), "a second time there is nothing to do"
    assert current_revision(database) == head_revision()
    database.close()


def test_migrate__database_of_a_later_version__is_refused_and_left_alone(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "later.db")
    migrate(database)
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaNewer) as refused:
        migrate(database)
    assert refused.value.fields == {"found": "9999", "expected": head_revision()}
    database.close()
