"""Rows written by the driver's own executemany are the rows that SQLAlchemy would have written."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from backend.storage.bulk import BulkInsert
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
