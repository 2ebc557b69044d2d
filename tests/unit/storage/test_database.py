"""No update is lost, integers stay exact, times keep their zone."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from backend.market.tables import ListedClass
from backend.storage import database as database_module
from backend.storage.availability import DatabaseUnavailable
from backend.storage.columns import Bytes32, Uint256, UtcTime
from backend.storage.database import WRITING, Database, Writer, others_mark

THREADS, ROUNDS = 8, 25
AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_write__concurrent_increments__all_arrive(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))

    def increment(_: int) -> None:
        with database.write() as session:
            found = session.execute(text("SELECT n FROM counter")).scalar_one()
            session.execute(text("UPDATE counter SET n = :n"), {"n": found + 1})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(increment, range(THREADS * ROUNDS)))
    with database.read() as session:
        assert session.execute(text("SELECT n FROM counter")).scalar_one() == THREADS * ROUNDS


def test_write__exception__leaves_nothing(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))

    def fail_half_way() -> None:
        with database.write() as session:
            session.execute(text("INSERT INTO t VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar_one() == 0


def test_write__behind_another_that_keeps_the_lock__is_unavailable_and_writes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 1)
    other = Database(database.url, database.keys)
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        with pytest.raises(DatabaseUnavailable) as refused, other.write() as second:
            second.execute(text("INSERT INTO t VALUES (1)"))
    assert (refused.value.code, refused.value.fields["why"]) == (
        "database.unavailable",
        "another process kept the write lock",
    )
    with other.write() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    other.close()


def test_writer__beside_others__no_update_is_lost(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))

    def increment_often(_: int) -> None:
        with closing(Writer(database)) as writer:
            for _round in range(ROUNDS):
                with writer.write() as session:
                    found = session.execute(text("SELECT n FROM counter")).scalar_one()
                    session.connection().execute(text("UPDATE counter SET n = :n"), {"n": found + 1})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(increment_often, range(THREADS)))
    with database.read() as session:
        assert session.execute(text("SELECT n FROM counter")).scalar_one() == THREADS * ROUNDS


def test_writer__what_the_session_holds__is_written_at_the_end(database: Database) -> None:
    with closing(Writer(database)) as writer:
        with writer.write() as session:
            assert session.info[WRITING]
            session.add(ListedClass(class_id=7, rules="{}", listed_at=AT))
        with database.read() as session:
            assert session.get_one(ListedClass, 7).rules == "{}"


def test_writer__exception__leaves_nothing_and_the_next_is_written(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    writer = Writer(database)

    def insert(number: int, *, fail: bool) -> None:
        with writer.write() as session:
            session.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})
            if fail:
                raise ZeroDivisionError

    insert(1, fail=False)
    with pytest.raises(ZeroDivisionError):
        insert(2, fail=True)
    insert(3, fail=False)
    writer.close()
    insert(4, fail=False)
    writer.close()
    writer.close()
    with database.read() as session:
        assert session.execute(text("SELECT n FROM t ORDER BY n")).scalars().all() == [1, 3, 4]


def test_writer__behind_another_that_keeps_the_lock__is_unavailable_and_writes_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 1)
    other = Database(database.url, database.keys)
    writer = Writer(other)
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        with pytest.raises(DatabaseUnavailable), writer.write() as second:
            second.execute(text("INSERT INTO t VALUES (1)"))
    with writer.write() as session:
        session.execute(text("INSERT INTO t VALUES (2)"))
    writer.close()
    with other.read() as session:
        assert session.execute(text("SELECT n FROM t")).scalars().all() == [2]
    other.close()


def test_others_mark__of_a_writer__changes_when_another_has_written_and_only_then(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    insert = text("INSERT INTO t VALUES (1)")

    def mark() -> int | None:
        with writer.write() as session:
            session.execute(insert)
            return others_mark(session)

    def fail() -> None:
        with database.write() as session:
            session.execute(insert)
            raise ZeroDivisionError

    with closing(Writer(database)) as writer:
        before = [mark(), mark()]
        with pytest.raises(ZeroDivisionError):
            fail()
        database.checkpoint()
        before.append(mark())
        with database.write() as session:
            session.execute(insert)
        after = mark()
    if database.reader.dialect.name == "sqlite":
        assert before == [before[0]] * 3
        assert after not in {None, before[0]}
    else:
        assert [*before, after] == [None] * 4


def test_read__while_another_writes__sees_one_moment(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    with database.read() as reader:
        assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
        with database.write() as session:
            session.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    with database.read() as reader:
        assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 1


def test_statement__that_is_a_bug__is_not_told_as_unavailable(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(text("SELECT nothing FROM nowhere"))


@pytest.fixture
def typed(database: Database) -> tuple[Database, Table]:
    table = Table(
        "typed",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("amount", Uint256),
        Column("at", UtcTime),
        Column("digest", Bytes32),
    )
    table.create(database.writer)
    return database, table


@pytest.mark.parametrize("amount", [0, 1, 2**53 + 1, 10**18 + 1, 2**63, 2**256 - 1])
def test_uint256__any_value__comes_back_exactly(typed: tuple[Database, Table], amount: int) -> None:
    database, table = typed
    with database.write() as session:
        session.execute(table.insert().values(amount=amount))
    with database.read() as session:
        assert session.execute(select(table.c.amount)).scalar_one() == amount


def test_uint256__order_and_comparison__are_numeric(typed: tuple[Database, Table]) -> None:
    database, table = typed
    with database.write() as session:
        for amount in (10, 9, 2**200, 100):
            session.execute(table.insert().values(amount=amount))
    with database.read() as session:
        found = session.execute(select(table.c.amount).where(table.c.amount > 9).order_by(table.c.amount)).scalars()
        assert list(found) == [10, 100, 2**200]


@pytest.mark.parametrize("amount", [-1, 2**256])
def test_uint256__out_of_range__is_refused(typed: tuple[Database, Table], amount: int) -> None:
    database, table = typed
    with pytest.raises(StatementError, match="outside uint256"), database.write() as session:
        session.execute(table.insert().values(amount=amount))


def test_utc_time__another_zone__comes_back_as_the_same_instant(typed: tuple[Database, Table]) -> None:
    database, table = typed
    at = datetime(2025, 7, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with database.write() as session:
        session.execute(table.insert().values(at=at))
    with database.read() as session:
        found = session.execute(select(table.c.at)).scalar_one()
    assert found == at
    assert found.tzinfo is UTC


def test_utc_time__without_a_zone__is_refused(typed: tuple[Database, Table]) -> None:
    database, table = typed
    with pytest.raises(StatementError, match="no timezone"), database.write() as session:
        session.execute(table.insert().values(at=datetime(2025, 1, 1)))  # noqa: DTZ001 - what is refused


def test_bytes32__other_length__is_refused(typed: tuple[Database, Table]) -> None:
    database, table = typed
    with pytest.raises(StatementError, match="31 bytes"), database.write() as session:
        session.execute(table.insert().values(digest=bytes(31)))


def test_failure__of_a_statement__does_not_tell_what_was_given(database: Database) -> None:
    """Its message goes into logs."""
    with database.write() as session, pytest.raises(StatementError) as caught:
        session.execute(text("INSERT INTO nowhere VALUES (:quantity)"), {"quantity": "4711.25 kWh"})
    assert "4711.25" not in str(caught.value)


def test_checkpoint__while_others_hold_the_write_lock__brings_what_is_committed_into_the_file(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "t.db")
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        session.execute(text("INSERT INTO t VALUES (1)"))
    with database.write() as session:
        session.execute(text("INSERT INTO t VALUES (2)"))
        database.checkpoint()
        alone = tmp_path / "alone.db"
        shutil.copyfile(tmp_path / "t.db", alone)  # without the log beside it
    with Database.at(alone).read() as session:
        assert session.execute(text("SELECT n FROM t")).scalars().all() == [1]
    with database.read() as session:
        assert session.execute(text("SELECT n FROM t ORDER BY n")).scalars().all() == [1, 2]


def test_checkpoint__of_a_long_log__has_the_next_writer_begin_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOG_PAGES_LONG", 1)
    database, log = Database.at(tmp_path / "t.db"), tmp_path / "t.db-wal"
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER, s TEXT)"))
    reading = database.reader.connect()
    reading.execute(text("SELECT n FROM t")).all()  # keeps the log as it is now from being begun anew
    for n in range(20):
        with database.write() as session:
            session.execute(text("INSERT INTO t VALUES (:n, :s)"), {"n": n, "s": "x" * 4000})
    database.checkpoint()  # as far as that reader lets it, and no error
    size = log.stat().st_size
    reading.close()
    for n in range(20, 40):
        database.checkpoint()
        with database.write() as session:
            session.execute(text("INSERT INTO t VALUES (:n, :s)"), {"n": n, "s": "x" * 4000})
    assert log.stat().st_size == size
    with database.read() as session:
        assert session.execute(text("SELECT n FROM t ORDER BY n")).scalars().all() == list(range(40))


def test_checkpoint__of_any_database__loses_nothing(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        session.execute(text("INSERT INTO t VALUES (1)"))
    database.checkpoint()
    with database.read() as session:
        assert session.execute(text("SELECT n FROM t")).scalars().all() == [1]
