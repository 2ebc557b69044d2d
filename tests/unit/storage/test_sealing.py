"""Sealed rows: read like any other, unreadable on disk, and only in their own place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError
from sqlmodel import Session

from backend.kernel.digest import canonical_json
from backend.ledger.record import activities_of
from backend.ledger.tables import ActivityRow, PersonRow
from backend.storage.database import Database
from backend.storage.keys import KeyDestroyed, KeyStore
from backend.storage.sealing import PADDED_TO, KeysUnset, SealBroken, bound_to, seal
from tests.postgres import IS_POSTGRESQL
from tests.unit.ledger.people import at_home, keep, power, some_books

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
ONE_BYTE = "decode('00', 'hex')" if IS_POSTGRESQL else "x'00'"


def two_bills(database: Database) -> int:
    """The person who entered them."""
    books = some_books()
    with database.write() as session:
        code, (person,) = at_home(session, books, 10)
        for month, kwh in ((1, "111.5"), (2, "222.5")):
            keep(session, books, person, power(month, kwh), code)
        return person.person_id


def quantities(database: Database, person_id: int) -> list[str]:
    with database.read() as session:
        return [row.quantity for row in activities_of(session, person_id)]


def test_sealed_row__read_and_set__is_like_any_other(database: Database) -> None:
    person_id = two_bills(database)
    assert quantities(database, person_id) == ["111.5", "222.5"]
    with database.write() as session:
        row = activities_of(session, person_id)[0]
        assert (row.kind, row.unit, row.evidence) == ("grid_electricity", "kWh", "a document")
        row.quantity = "112"
        session.add(row)
        assert row.quantity == "112"
    assert quantities(database, person_id) == ["112", "222.5"]


def test_sealed_row__set_and_rolled_back__says_what_it_said(database: Database) -> None:
    person_id = two_bills(database)
    with database.write() as session:
        row = activities_of(session, person_id)[0]
        savepoint = session.begin_nested()
        row.quantity = "112"
        session.flush()
        savepoint.rollback()
        assert row.quantity == "111.5"


@pytest.mark.skipif(IS_POSTGRESQL, reason="it reads SQLite's files")
def test_database__its_bytes__hold_nothing_of_what_is_sealed(database: Database, tmp_path: Path) -> None:
    two_bills(database)
    found = b"".join(path.read_bytes() for path in tmp_path.glob("tanyu.db*"))
    assert b"ledger_activity" in found
    assert not any(word in found for word in (b"111.5", b"a document", b"grid_electricity"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_activity SET sealed = (SELECT sealed FROM ledger_activity WHERE id = 2) WHERE id = 1",
        "UPDATE ledger_activity SET sealed = sealed_evidence WHERE id = 1",
        "UPDATE ledger_activity SET start_at = '2025-01-02T00:00:00.000000Z' WHERE id = 1",
        "UPDATE ledger_activity SET premises_id = NULL WHERE id = 1",
        f"UPDATE ledger_activity SET sealed = {ONE_BYTE} WHERE id = 1",
    ],
)
def test_sealed_row__swapped_moved_or_changed_in_clear__does_not_open(database: Database, change: str) -> None:
    two_bills(database)
    with database.write() as session:
        session.execute(text(change))
    with database.read() as session:
        row = session.get_one(ActivityRow, 1)
        with pytest.raises(SealBroken) as caught:
            assert row.quantity
        assert caught.value.code == "storage.seal_broken"


def test_session__without_a_key_store__opens_nothing_and_writes_nothing_in_clear(database: Database) -> None:
    person_id = two_bills(database)
    with Session(database.reader) as session:
        with pytest.raises(KeysUnset) as caught:
            assert session.get_one(ActivityRow, 1).quantity
        assert caught.value.code == "keys.unset"
        session.get_one(PersonRow, person_id).born_on = AT.date()
        with pytest.raises(KeysUnset):
            session.flush()


def test_column__given_contents_past_the_sealing__takes_nothing_but_bytes(database: Database) -> None:
    table = PersonRow.__table__  # type: ignore[attr-defined] # SQLModel does not declare it
    with database.write() as session, pytest.raises((StatementError, TypeError)):
        session.execute(table.insert().values(sealed={"born_on": "1990-01-01"}))


def test_sealed_row__key_destroyed__is_read_and_written_no_more(database: Database) -> None:
    person_id = two_bills(database)
    assert database.keys is not None
    for path in database.keys.folder.glob("??/*.key"):
        database.keys.destroy(bytes.fromhex(path.stem))
    with pytest.raises(KeyDestroyed):
        quantities(database, person_id)
    with database.write() as session:
        session.get_one(PersonRow, person_id).born_on = AT.date()
        with pytest.raises(KeyDestroyed):
            session.flush()
        session.rollback()


def test_seal__contents_of_like_length__are_of_one_length() -> None:
    bound = bound_to("table", "column", {"id": 1})
    lengths = {len(seal(b"k" * 32, {"quantity": "9" * digits}, bound)) for digits in range(1, 30)}
    assert len(lengths) == 1
    assert len(canonical_json({"quantity": "9" * 29})) < PADDED_TO


def test_database__of_a_file__has_its_key_store_beside_it(tmp_path: Path) -> None:
    beside = Database.at(tmp_path / "tanyu.db")
    assert beside.keys is not None
    assert beside.keys.folder == tmp_path / "keys"
    elsewhere = Database(f"sqlite:///{tmp_path / 'tanyu.db'}", KeyStore(tmp_path / "other"))
    assert elsewhere.keys is not None
    assert elsewhere.keys.folder == tmp_path / "other"
    memory = Database("sqlite://")
    assert memory.keys is None
    for database in (beside, elsewhere, memory):
        database.close()
