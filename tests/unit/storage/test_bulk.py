"""Rows written by the driver's own executemany are the rows that SQLAlchemy would have written."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.storage.bulk import BulkInsert, BulkUpdate
from backend.storage.database import Database
from tests.unit.storage.things import THINGS

AT, LATER = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
ROWS: list[dict[str, object]] = [
    {"id": 1, "amount": 2**256 - 1, "order": b"\1" * 32, "at": AT, "word": "a", "flag": True},
    {"id": 2, "amount": 2**256 - 1, "order": b"\1" * 32, "at": AT, "word": None, "flag": False},
    {"id": 3, "amount": None, "order": None, "at": None, "word": None, "flag": None},
    {"id": 4, "amount": None, "order": b"\2" * 32, "at": LATER, "word": "a", "flag": True},
    {"id": 5, "amount": 0, "order": b"\2" * 32, "at": LATER, "word": "?%s", "flag": True},
]


def test_bulk__rows_of_every_kind__are_those_of_an_ordinary_insert(database: Database) -> None:
    with database.write() as session:
        THINGS.create(session.connection())
        BulkInsert(THINGS)(session.connection(), ROWS)
        bulk = session.connection().execute(select(THINGS).order_by(THINGS.c.id)).all()
        session.connection().execute(THINGS.delete())
        session.connection().execute(insert(THINGS), ROWS)
        ordinary = session.connection().execute(select(THINGS).order_by(THINGS.c.id)).all()
    assert bulk == ordinary == [tuple(row.values()) for row in ROWS]


CHANGE = (
    update(THINGS)
    .where(THINGS.c.id == bindparam("at_id"))
    .values(
        amount=bindparam("new"),
        at=bindparam("when"),
        word=func.coalesce(bindparam("said"), THINGS.c.word),
        flag=bindparam("is_so"),
    )
)
CHANGES: list[dict[str, object]] = [
    {"at_id": 4, "new": 2**255, "when": LATER, "said": "?%s", "is_so": None},
    {"at_id": 1, "new": 2**255, "when": None, "said": None, "is_so": False},
    {"at_id": 9, "new": 0, "when": AT, "said": "nobody", "is_so": True},
]


def test_bulk__changes_of_rows__are_those_of_an_ordinary_update(database: Database) -> None:
    with database.write() as session:
        connection = session.connection()
        THINGS.create(connection)
        BulkInsert(THINGS)(connection, ROWS)
        BulkUpdate(CHANGE)(connection, CHANGES)
        bulk = connection.execute(select(THINGS).order_by(THINGS.c.id)).all()
        connection.execute(THINGS.delete())
        BulkInsert(THINGS)(connection, ROWS)
        connection.execute(CHANGE, CHANGES)
        ordinary = connection.execute(select(THINGS).order_by(THINGS.c.id)).all()
    assert bulk == ordinary
    assert [row.word for row in bulk] == ["a", None, None, "?%s", "?%s"]


def test_bulk__no_rows__writes_nothing(database: Database) -> None:
    with database.write() as session:
        THINGS.create(session.connection())
        BulkInsert(THINGS)(session.connection(), [])
        assert session.connection().execute(select(THINGS)).all() == []


def test_bulk__a_value_or_a_row_that_does_not_fit__is_refused(database: Database) -> None:
    write = BulkInsert(THINGS)
    with database.write() as session:
        THINGS.create(session.connection())
        with pytest.raises(ValueError, match="32 were expected"):
            write(session.connection(), [ROWS[0], {**ROWS[1], "order": b"short"}])
        with pytest.raises(KeyError, match="flag"):
            write(session.connection(), [{name: ROWS[0][name] for name in ROWS[0] if name != "flag"}])
        with pytest.raises(IntegrityError), session.begin_nested():
            write(session.connection(), [ROWS[0], ROWS[0]])
