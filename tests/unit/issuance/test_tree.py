"""Trees as stored: any proof from a few rows, and databases made before there were any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import event, text
from sqlmodel import Session, SQLModel, col, func, select

from backend.chain.merkle import MerkleTree, verify
from backend.issuance.tables import BatchRow, TreeRow
from backend.issuance.tree import PART_NODES, drop_tree, parts_of, proofs_at
from backend.kernel.digest import sha256, to_hex
from backend.storage.database import Database
from backend.storage.migrate import alembic_config, migrate
from tests.unit.issuance.world import World


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(tmp_path / "empty.db")
    SQLModel.metadata.create_all(database.writer)
    yield database
    database.close()


def keep(session: Session, tree: MerkleTree) -> None:
    session.add_all(TreeRow(**part) for part in parts_of(tree))
    session.flush()


def leaves(size: int) -> list[bytes]:
    return sorted(sha256(b"leaf %d" % number) for number in range(size))


@pytest.mark.parametrize("size", [1, 2, 3, PART_NODES // 2, PART_NODES // 2 + 1, PART_NODES, 2_000])
def test_proofs__of_every_position__are_those_of_the_tree_in_memory(empty: Database, size: int) -> None:
    ordered = leaves(size)
    tree = MerkleTree(ordered)
    with empty.write() as session:
        keep(session, tree)
        found = proofs_at(session, tree.root, size, range(size))
    assert found == [tree.proof(leaf) for leaf in ordered]
    assert all(verify(tree.root, leaf, proof) for leaf, proof in zip(ordered, found, strict=True))


def test_proof__of_one_leaf_of_many__reads_few_parts_in_one_query(empty: Database) -> None:
    size = 40_000
    tree = MerkleTree(leaves(size))
    asked: list[str] = []
    with empty.write() as session:
        keep(session, tree)
        parts = session.exec(select(func.count()).select_from(TreeRow)).one()
        event.listen(empty.writer, "before_cursor_execute", lambda *args: asked.append(args[2]))
        proofs_at(session, tree.root, size, [31_415])
        read = len(session.identity_map)
    assert parts == -(-(2 * size - 1) // PART_NODES)
    assert len(asked) == 1
    assert read <= 7, "the trunk's part, and one for each of the lowest levels"


def test_drop__one_tree__leaves_the_others(empty: Database) -> None:
    gone, kept = MerkleTree(leaves(3)), MerkleTree(leaves(1_500))
    with empty.write() as session:
        keep(session, gone)
        keep(session, kept)
        drop_tree(session, gone.root)
        assert set(session.exec(select(TreeRow.root)).all()) == {kept.root}


def test_dissolved_batch__leaves_no_tree(world: World) -> None:
    world.three_attested()
    first = world.plan()
    again = world.plan(at=first.deadline.replace(year=first.deadline.year + 1))
    with world.database.read() as session:
        assert set(session.exec(select(TreeRow.root)).all()) == {again.root}
        assert list(session.exec(select(BatchRow.root)).all()) == [again.root]


def test_migration__a_database_with_proofs__gets_the_trees_they_came_from(world: World, tmp_path: Path) -> None:
    world.approved()
    database = Database.at(tmp_path / "old.db")
    migrate(database)
    with world.database.read() as ours, database.write() as theirs:
        for table in SQLModel.metadata.sorted_tables:
            for row in ours.execute(table.select()).mappings():
                theirs.execute(table.insert().values(**row))
        kept = [(row.root, row.part, row.nodes) for row in ours.exec(select(TreeRow).order_by(col(TreeRow.part)))]
    with database.writer.connect() as connection:
        config = alembic_config(connection)
        before = ScriptDirectory.from_config(config).get_revision("0015").down_revision
        command.downgrade(config, str(before))
    with database.writer.connect() as connection:
        rows = connection.execute(text("SELECT position, proof FROM issuance_claim ORDER BY position")).all()
    size, root = len(rows), kept[0][0]
    with world.database.read() as session:
        expected = proofs_at(session, root, size, range(size))
    assert [json.loads(proof) for _, proof in rows] == [[to_hex(one) for one in proof] for proof in expected]
    migrate(database)
    with database.read() as session:
        again = session.exec(select(TreeRow).order_by(col(TreeRow.part))).all()
        assert [(row.root, row.part, row.nodes) for row in again] == kept
    database.close()
