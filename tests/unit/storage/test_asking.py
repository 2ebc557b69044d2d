"""What the driver answers to a statement written once is what SQLAlchemy would have answered."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import BindParameter, bindparam, insert, select, union_all
from sqlalchemy.exc import DBAPIError
from sqlmodel import col
from sqlmodel import select as exact

from backend.link.tables import PaymentBalance
from backend.storage.asking import all_of, first_of
from backend.storage.database import Database
from tests.unit.storage.things import THINGS

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
ROWS: list[dict[str, object]] = [
    {"id": 1, "amount": 2**256 - 1, "order": b"\1" * 32, "at": AT, "word": "a", "flag": True},
    {"id": 2, "amount": 0, "order": b"\2" * 32, "at": AT, "word": "?%s:x", "flag": False},
    {"id": 3, "amount": None, "order": None, "at": None, "word": None, "flag": None},
    {"id": 4, "amount": 7, "order": b"\4" * 32, "at": AT, "word": "d", "flag": True},
    {"id": 5, "amount": 8, "order": b"\5" * 32, "at": AT, "word": "a", "flag": False},
]
ACCOUNT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"

BY_AMOUNT = select(THINGS).where(THINGS.c.amount == bindparam("amount"), THINGS.c.flag == True)  # noqa: E712 - SQL's
BY_TIME_AND_WORD = select(THINGS).where(THINGS.c.at == bindparam("at"), THINGS.c.word == bindparam("word"))
THESE: BindParameter[str] = bindparam("words", expanding=True)
TWICE = union_all(
    select(THINGS.c.id, THINGS.c.at).where(THINGS.c.word.in_(THESE)),
    select(THINGS.c.id + 10, THINGS.c.at).where(THINGS.c.word.in_(THESE), THINGS.c.flag == bindparam("flag")),
)
NONE_SUCH = select(THINGS.c.id).where(THINGS.c.id == bindparam("id"))
BALANCE = exact(PaymentBalance.balance).where(col(PaymentBalance.account) == bindparam("account"))


def fill(database: Database) -> None:
    with database.write() as session:
        THINGS.create(session.connection())
        session.connection().execute(insert(THINGS), ROWS)


def test_ask__values_and_rows_of_every_kind__come_back_as_they_went_in(database: Database) -> None:
    fill(database)
    with database.read() as session:
        assert first_of(session, BY_AMOUNT, amount=2**256 - 1) == tuple(ROWS[0].values())
        assert first_of(session, BY_AMOUNT, amount=0) is None
        assert all_of(session, BY_TIME_AND_WORD, at=AT, word="a") == [tuple(ROWS[at].values()) for at in (0, 4)]
        assert first_of(session, BY_TIME_AND_WORD, word="?%s:x", at=AT) == tuple(ROWS[1].values())


@pytest.mark.parametrize("count", range(6))
def test_ask__a_list_of_any_length__finds_what_an_ordinary_statement_finds(database: Database, count: int) -> None:
    fill(database)
    words = ["a", "nothing", "d", "?%s:x", "a"][:count]
    with database.read() as session:
        ordinary = session.connection().execute(TWICE, {"words": words, "flag": False}).all()
        assert sorted(all_of(session, TWICE, words=words, flag=False)) == sorted(map(tuple, ordinary))


def test_ask__what_the_session_has_not_written_yet__is_seen(database: Database) -> None:
    with database.write() as session:
        session.add(PaymentBalance(account=ACCOUNT, balance=2**200))
        assert first_of(session, BALANCE, account=ACCOUNT) == (2**200,)


def test_ask__a_statement_that_fails__fails_as_any_statement_and_tells_no_value(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed, database.read() as session:
        first_of(session, NONE_SUCH, id=123456)
    assert "things" in str(failed.value)
    assert "123456" not in str(failed.value)


def test_ask__a_value_that_does_not_fit__is_refused(database: Database) -> None:
    fill(database)
    with database.read() as session, pytest.raises(ValueError, match="outside uint256"):
        first_of(session, BY_AMOUNT, amount=-1)
