"""What an account is shown of its trades and its funds, on a real chain: from matched to final with fee and
transaction, deposits and withdrawals with their states, fees by class, CSV; the same over the stream.
"""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import select

from backend.chain.keys import dev_signer
from backend.link.tables import Cursor, IndexedBlock, IndexedEvent
from backend.market.movement_tables import MovementRow
from backend.market.order import Side
from backend.storage.database import Database
from backend.storage.migrate import migrate
from tests.api.access_app import bearer, token_for
from tests.contract.people import CLASS_ID
from tests.integration.settlement.conftest import Floor
from tests.unit.storage.test_migrations import at_revision
from tests.web import TestClient

SELLER, BUYER = 0, 1
LOTS, PRICE = 20, 900
FEE = LOTS * PRICE * 30 // 10_000


@pytest.fixture(scope="module")
def client(floor: Floor) -> TestClient:
    """After one trade that the chain filled."""
    floor.funded(SELLER, credits_gco2e=50_000)
    floor.funded(BUYER, money=10**9)
    floor.place(SELLER, Side.SELL, 30, PRICE)
    floor.place(BUYER, Side.BUY, LOTS, 1_000)
    floor.last_settled()
    port = floor.tanyu.settings.port
    return TestClient(floor.tanyu.app(), base_url=f"http://127.0.0.1:{port}", raise_server_exceptions=False)


def mine(client: TestClient, person: int, path: str, **params: str | int) -> Any:
    answer = client.get(path, params=params, headers=bearer(token_for(client, dev_signer(100 + person))))
    assert answer.status_code == 200, answer.text
    return answer


def test_my_trades__show_state_fee_and_transaction(floor: Floor, client: TestClient) -> None:
    (sold,) = mine(client, SELLER, "/trades/mine").json()["items"]
    (bought,) = mine(client, BUYER, "/trades/mine").json()["items"]
    (fill,) = mine(client, BUYER, "/fills/mine").json()["items"]

    assert (sold["state"], sold["side"], sold["isTaker"], sold["fee"]) == ("final", "sell", False, str(FEE))
    assert (bought["state"], bought["side"], bought["isTaker"], bought["fee"]) == ("final", "buy", True, str(FEE))
    assert sold["txHash"] == bought["txHash"] == fill["txHash"]
    assert (sold["orderHash"], bought["orderHash"]) == (fill["sellHash"], fill["buyHash"])
    assert mine(client, 7, "/trades/mine").json() == {"items": [], "next": None}
    with floor.tanyu.database.write() as session:
        cursor = session.get_one(Cursor, 1)
        final, cursor.final_number = cursor.final_number, 0
        session.add(cursor)
    try:
        assert mine(client, BUYER, "/trades/mine").json()["items"][0]["state"] == "mined"
    finally:
        with floor.tanyu.database.write() as session:
            cursor = session.get_one(Cursor, 1)
            cursor.final_number = final
            session.add(cursor)


def test_my_fees__are_summed_by_class(client: TestClient) -> None:
    (fees,) = mine(client, SELLER, "/fees/mine").json()

    assert (fees["classId"], fees["fills"], fees["lots"]) == (str(CLASS_ID), 1, str(LOTS))
    assert (fees["cost"], fees["fee"]) == (str(LOTS * PRICE), str(FEE))
    assert mine(client, 7, "/fees/mine").json() == []


def test_my_trades__as_csv__are_the_same(client: TestClient) -> None:
    answer = mine(client, BUYER, "/trades/mine.csv")

    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["state"], row["fee_base_units"], row["cost_base_units"]) == ("final", str(FEE), str(LOTS * PRICE))
    assert row["tx_hash"] == mine(client, BUYER, "/trades/mine").json()["items"][0]["txHash"]


def test_fills__come_in_pages(client: TestClient) -> None:
    page = client.get("/fills", params={"limit": 1}).json()

    assert (len(page["items"]), page["next"]) == (1, None)
    answer = client.get("/fills", params={"cursor": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "input.cursor_malformed")


def test_movements__are_deposits_and_withdrawals_but_no_trades(floor: Floor, client: TestClient) -> None:
    (paid,) = mine(client, BUYER, "/movements").json()["items"]
    (minted,) = mine(client, SELLER, "/movements").json()["items"]

    assert (paid["direction"], paid["asset"], paid["amount"], paid["state"]) == ("in", "money", str(10**9), "final")
    assert (minted["direction"], minted["asset"], minted["amount"]) == ("in", "credits", "50000")
    assert (minted["classCode"], int(minted["other"], 16)) == ("US-CA/2025/SIM", 0)
    floor.funded(BUYER, money=5)
    newest = mine(client, BUYER, "/movements", limit=1).json()
    assert newest["items"][0]["amount"] == "5"
    assert mine(client, BUYER, "/movements", cursor=newest["next"]).json()["items"] == [paid]


def test_movements__of_a_database_from_before__are_filled_from_what_is_indexed(
    floor: Floor, client: TestClient, tmp_path: Path
) -> None:
    """The migration makes the very rows that the projection made."""
    mine(client, BUYER, "/movements")
    older = Database.at(tmp_path / "tanyu.db")
    at_revision(older, "0015")
    with floor.tanyu.database.read() as session, older.writer.begin() as connection:
        for table in (IndexedBlock, IndexedEvent):
            rows = [row.model_dump() for row in session.exec(select(table)).all()]
            connection.execute(insert(table), rows)
        expected = [row.model_dump() for row in session.exec(select(MovementRow)).all()]

    assert migrate(older)

    with older.read() as session:
        found = [row.model_dump() for row in session.exec(select(MovementRow)).all()]
    older.close()
    assert len(found) >= 4
    assert sorted(found, key=str) == sorted(expected, key=str)
