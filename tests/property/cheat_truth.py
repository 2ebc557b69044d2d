"""What truthful, complete reporting of a world gives: what a cheat is measured against."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlmodel import SQLModel

from backend.ledger.tables import StatementRow
from backend.storage.database import Database
from tests.property.cheat_play import play_truth
from tests.property.cheat_world import World

_known: dict[int, dict[tuple[str, int], StatementRow]] = {}


def a_database() -> tuple[Path, Database]:
    folder = Path(mkdtemp(prefix="cheat"))
    database = Database.at(folder / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    return folder, database


def truth_of(seed: int, world: World) -> dict[tuple[str, int], StatementRow]:
    """What truthful, complete reporting gives; computed once for a world."""
    if seed not in _known:
        folder, database = a_database()
        _known[seed] = play_truth(world, database).result()
        database.close()
        rmtree(folder)
    return _known[seed]


def worth(rows: dict[tuple[str, int], StatementRow], name: str) -> int:
    """What a person's vintages mint, with buffers, and carry on; in grams."""
    own = [row for (whose, _), row in rows.items() if whose == name]
    return sum(row.surplus_gco2e - row.netted_gco2e for row in own)
