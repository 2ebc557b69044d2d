"""A whole server in this process, on a real node, with people who have credits and money to trade."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, col, select

from backend.api.serve import Tanyu
from backend.chain.class_id import pack
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.chain.typed_data import sign
from backend.kernel.clock import SystemClock, unix_s
from backend.market.listing import TICK, keep_rules
from backend.market.order import Side, SignedOrder
from backend.market.rules import ClassRules
from backend.market.tables import TradeRow, TradeState
from backend.storage.database import Database
from backend.storage.settings import Settings
from tests.contract.people import CLASS_ID, FAR, People
from tests.patience import until
from tests.postgres import fresh_database


class Floor:
    """A running Tanyu and its people; what a test does on the market floor."""

    def __init__(self, tanyu: Tanyu, people: People) -> None:
        self.tanyu, self.people = tanyu, people

    def funded(self, index: int, *, credits_gco2e: int = 0, money: int = 0) -> str:
        """A person with approvals and funds, once the index has seen them."""
        address = self.people.person(index).address
        if credits_gco2e:
            self.people.mint(index, credits_gco2e)
            self.people.approve(index, "Exchange")
        if money:
            self.people.pay(index, money)
        head = self.people.w3.eth.block_number
        until(lambda: (self.tanyu.worker.status().indexed_block or 0) >= head, "the index")
        return address

    def place(self, index: int, side: Side, lots: int, price_per_kg: int, **changed: object) -> SignedOrder:
        maker = self.people.person(index).address
        number = self.tanyu.market.lease_numbers(maker, 1).first
        expiry = unix_s(self.tanyu.clock.now() + timedelta(hours=1))
        order = self.people.order(index, side, lots, price_per_kg, **({"number": number, "expiry": expiry} | changed))
        self.tanyu.market.place(order, self.people.signature(index, order))
        return order

    def move_away(self, index: int, credits_gco2e: int) -> str:
        """A person sends credits off, whatever it offers: its address."""
        person = self.people.person(index)
        away = {
            "from": person.address,
            "to": self.people.person(30).address,
            "classId": CLASS_ID,
            "amountGco2e": credits_gco2e,
            "number": 77,
            "deadline": FAR,
        }
        domain = self.people.contracts.deployment.domain("CarbonCredit")
        self.people.send("CarbonCredit", "transferBySig", *away.values(), sign(person, "Transfer", domain, away))
        return person.address

    def trades(self) -> list[TradeRow]:
        with self.tanyu.database.read() as session:
            return list(session.exec(select(TradeRow).order_by(col(TradeRow.id))).all())

    def last_settled(self) -> TradeRow:
        """Waits until every trade is settled or busted, and returns the last."""
        final = {TradeState.SETTLED, TradeState.BUSTED}
        until(lambda: all(trade.state in final for trade in self.trades()), "every trade to be final")
        return self.trades()[-1]


def new_tanyu(node_url: str, deployment: Deployment, folder: Path, database_url: str | None = None) -> Tanyu:
    """A Tanyu with a fresh database (an SQLite file, or the one given) and no confirmations to wait for."""
    settings = Settings(data_dir=folder, rpc_url=node_url, confirmations=0, DATABASE_URL=database_url)
    deployment.save(settings.deployment_path)
    database = Database(settings.database_url)
    SQLModel.metadata.create_all(database.writer)
    with database.write() as session:  # people trade at once here, and the time of the day writes nothing by itself
        for class_id in (CLASS_ID, pack("CN-SC", 2025, "SIM")):
            keep_rules(session, ClassRules(class_id, tick=TICK), SystemClock().now())
    database.close()
    return Tanyu(settings, SystemClock())


@pytest.fixture(scope="module")
def floor(node: LocalNode, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    folder = tmp_path_factory.mktemp("tanyu")
    with fresh_database(folder) as database:
        tanyu = new_tanyu(node.url, deployment, folder, database.url)
        tanyu.start()
        w3 = connect(node.url)
        yield Floor(tanyu, People(w3, Contracts(w3, deployment)))
        tanyu.stop()
