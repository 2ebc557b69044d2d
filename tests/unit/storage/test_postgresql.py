"""What only PostgreSQL does: connections that end, writers that hang, exact numbers of 78 digits, its URL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from backend.link.balances import payment_balance
from backend.link.tables import PaymentBalance
from backend.storage import database as database_module
from backend.storage.availability import DatabaseUnavailable
from backend.storage.database import Database
from backend.storage.keys import KeyStore
from backend.storage.settings import Settings
from tests.postgres import postgresql_url

ACCOUNT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql_url() as made:
        yield made


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(url, KeyStore(tmp_path / "keys"))
    yield database
    with database.write() as session:
        session.execute(text("DELETE FROM link_payment_balance"))
    database.close()


def pay(session: Session, amount: int) -> None:
    session.add(PaymentBalance(account=ACCOUNT, balance=amount))
    session.flush()


def balances(database: Database) -> list[str]:
    with database.read() as session:
        return [str(found) for found in session.execute(text("SELECT balance FROM link_payment_balance")).scalars()]


def end_connection(database: Database, session: Session) -> None:
    """As a server that restarts does."""
    process = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.reader.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_url__as_everybody_writes_it__means_our_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://somebody@somewhere/tanyu")
    assert Settings.of_environment().database_url == "postgresql+psycopg://somebody@somewhere/tanyu"


def test_number__of_78_digits__is_kept_as_a_number(opened: Database) -> None:
    with opened.write() as session:
        pay(session, 2**256 - 1)
    assert balances(opened) == [str(2**256 - 1)]
    with opened.read() as session:
        assert session.get_one(PaymentBalance, ACCOUNT).balance == 2**256 - 1


def test_connection__that_ends_before_a_question__is_unavailable_and_is_not_used_again(opened: Database) -> None:
    def ask_on_a_connection_that_ends() -> None:
        with opened.write() as session:
            pay(session, 5)
            end_connection(opened, session)
            payment_balance(session, ACCOUNT)

    with pytest.raises(DatabaseUnavailable):
        ask_on_a_connection_that_ends()

    with opened.write() as session:
        assert payment_balance(session, ACCOUNT) == 0


def test_connection__that_ends_in_a_transaction__is_unavailable_and_nothing_is_written(opened: Database) -> None:
    def pay_on_a_connection_that_ends() -> None:
        with opened.write() as session:
            pay(session, 5)
            end_connection(opened, session)
            pay(session, 6)

    with pytest.raises(DatabaseUnavailable) as refused:
        pay_on_a_connection_that_ends()

    assert refused.value.code == "database.unavailable"
    assert balances(opened) == []
    with opened.write() as session:
        pay(session, 7)
    assert balances(opened) == ["7"]


def test_connections__that_ended_while_idle__are_replaced_unseen(opened: Database) -> None:
    with opened.write() as session:
        pay(session, 5)
        process = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with opened.read() as session:
        session.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
    with opened.write() as session:
        assert session.get_one(PaymentBalance, ACCOUNT).balance == 5


def test_writer__that_hangs_in_its_transaction__is_ended_by_the_server(
    url: str, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was stopped keeps the write lock no longer than that."""
    monkeypatch.setattr(database_module, "SILENT_MAX_S", 1)
    hung = Database(url, opened.keys)

    def write_meanwhile() -> None:
        with opened.write() as session:
            pay(session, 7)

    def pay_and_hang() -> None:
        with ThreadPoolExecutor(1) as pool, hung.write() as session:
            pay(session, 5)
            pool.submit(write_meanwhile).result(60)
            session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable):
        pay_and_hang()

    assert balances(opened) == ["7"]
    hung.close()


def test_server__that_is_not_there__is_unavailable(tmp_path: Path) -> None:
    nowhere = Database(f"postgresql://somebody@/tanyu?host={tmp_path}", KeyStore(tmp_path / "keys"))
    with pytest.raises(DatabaseUnavailable) as refused, nowhere.read() as session:
        session.execute(text("SELECT 1"))
    assert refused.value.fields["why"] == "it does not answer"
    nowhere.close()
