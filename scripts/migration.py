"""For developers: writes the next schema version from the difference between the tables and the migrations.

Usage: .venv/bin/python scripts/migration.py "what changes"; then read and correct what it wrote.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlmodel import SQLModel

import backend.cli  # noqa: F401 - imports every room's tables
from backend.storage.database import Database
from backend.storage.migrate import alembic_config, migrate


def main() -> int:
    """Writes one file into backend/storage/migrations/versions."""
    message = " ".join(sys.argv[1:])
    if not message:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(Path(folder) / "empty.db")
        versions = list((Path(__file__).parents[1] / "backend/storage/migrations/versions").glob("*.py"))
        if versions:
            migrate(database)
        with database.writer.connect() as connection:
            config = alembic_config(connection, SQLModel.metadata)
            command.revision(config, message, autogenerate=True, rev_id=f"{len(versions) + 1:04d}")
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
