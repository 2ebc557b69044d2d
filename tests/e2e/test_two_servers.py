"""Two servers over one database, on SQLite and on PostgreSQL: whichever is killed, the other goes on with the market,
and nothing that was acknowledged by either is lost or there twice.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from backend.access.client import ApiClient, ApiProblem, ServerUnreachable
from backend.chain.node import free_port
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.link.reconcile import reconcile
from backend.link.tables import LeaseRow
from backend.market.journal import genesis, read
from backend.market.order import Side, SignedOrder
from backend.market.tables import TradeRow, TradeState
from tests.e2e.processes import Processes
from tests.patience import until
from tests.postgres import postgresql_url

SELLER, BUYER = 0, 1
PRICE = 1000
SETTLED_S = 240
START_S = 240
pytestmark = pytest.mark.timeout(900)


@dataclass
class Server:
    """One of the two."""

    processes: Processes
    name: str
    port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.processes.folder / f"{self.name}.log"

    def start(self) -> None:
        environment = self.processes.environment() | {"TANYU_PORT": str(self.port)}
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "serve"], stdout=log, stderr=log, env=environment
            )

    def is_ready(self) -> bool:
        assert self.running is not None
        assert self.running.poll() is None, self.log.read_text()[-3000:]
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/ready", trust_env=False).status_code == 200
        return False

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.wait()


@dataclass
class Pair:
    """Two servers of one Tanyu, and two people who trade."""

    processes: Processes
    servers: tuple[Server, Server]
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    lots: int = 0

    def owner(self) -> Server | None:
        """The server that the lease names, if it lives."""
        database = self.processes.database()
        with database.read() as session:
            row = session.exec(select(LeaseRow).where(col(LeaseRow.name).startswith("market "))).first()
        database.close()
        return next((s for s in self.servers if row and row.holder and row.url == s.url), None)

    def numbers(self, client: ApiClient, index: int, count: int) -> int:
        client.sign_in(self.processes.people.person(index))
        return int(client.post("/orders/numbers", {"count": count})["from"])

    def signed_orders(self, rounds: int) -> list[SignedOrder]:
        """Sells and buys of one lot that cross; `rounds` of each."""
        with ApiClient(self.servers[1].url) as client:
            firsts = {index: self.numbers(client, index, rounds) for index in (SELLER, BUYER)}
        expiry = unix_s(SystemClock().now() + timedelta(hours=1))
        people = self.processes.people
        return [
            people.order(index, side, 1, PRICE, number=firsts[index] + at, expiry=expiry)
            for at in range(rounds)
            for index, side in ((SELLER, Side.SELL), (BUYER, Side.BUY))
        ]

    def place(self, order: SignedOrder, at: int) -> None:
        """Places an order at one server, then the other, until one acknowledges it."""
        index = SELLER if order.side is Side.SELL else BUYER
        body = order.wire() | {"signature": to_hex(self.processes.people.signature(index, order))}
        deadline = time.monotonic() + SETTLED_S
        while True:
            assert time.monotonic() < deadline, "no server acknowledges"
            answer = self.answer(body, self.servers[at % 2])
            if answer is not None:
                assert self.acks.setdefault(answer["orderHash"], answer) == answer
                self.bodies[answer["orderHash"]] = body
                return
            at += 1
            time.sleep(0.05)

    @staticmethod
    def answer(body: dict[str, Any], server: Server) -> dict[str, Any] | None:
        """None if it is to be tried again."""
        try:
            with ApiClient(server.url) as client:
                found: dict[str, Any] = client.post("/orders", body)
                return found
        except ServerUnreachable:
            return None
        except ApiProblem as problem:
            if problem.status not in {429, 503}:
                raise
            return None


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, compiled: None) -> Iterator[Pair]:  # noqa: ARG001 - wanted for its effect
    with ExitStack() as stack:
        on_postgresql = request.param == "postgresql"
        url = stack.enter_context(postgresql_url(with_tables=False)) if on_postgresql else None
        processes = Processes(tmp_path_factory.mktemp("pair"), database_url=url)
        stack.callback(processes.stop)
        people = processes.people
        people.mint(SELLER, 10**7)
        people.approve(SELLER, "Exchange")
        people.pay(BUYER, 10**9)
        made = Pair(processes, (Server(processes, "one"), Server(processes, "two")))
        for server in made.servers:
            server.start()
            stack.callback(server.kill)
            until(server.is_ready, f"server {server.name}", START_S)
        yield made


def require_all_once(pair: Pair) -> None:
    """Every acknowledgement stands, once, and comes again to whoever asks again; every trade is settled once."""
    database = pair.processes.database()
    with database.read() as session:
        lines = list(read(session, genesis(pair.processes.deployment.domain("Exchange"))))
        trades = list(session.exec(select(TradeRow)).all())
    placed = {line.payload["orderHash"]: line for line in lines if line.kind == "place"}
    assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))
    for order_hash, ack in pair.acks.items():
        assert (placed[order_hash].sequence, to_hex(placed[order_hash].hash)) == (ack["sequence"], ack["journalHead"])
    assert sum(trade.lots for trade in trades) == pair.lots
    filled = pair.processes.people.contracts.exchange.events.Filled().get_logs(from_block=0)
    assert sorted(log["args"]["lots"] for log in filled) == [1] * pair.lots
    assert reconcile(database, pair.processes.people.w3, pair.processes.deployment) == []
    database.close()
    for order_hash, body in pair.bodies.items():
        assert pair.answer(body, pair.servers[0]) == pair.acks[order_hash]


def is_settled(pair: Pair) -> bool:
    database = pair.processes.database()
    with database.read() as session:
        states = session.exec(select(TradeRow.state)).all()
    database.close()
    return len(states) == pair.lots and set(states) == {TradeState.SETTLED}


def test_server__that_stands_by__sends_on_and_reads_what_the_owner_has(pair: Pair) -> None:
    assert pair.owner() is pair.servers[0]
    for at, order in enumerate(pair.signed_orders(2)):
        pair.place(order, at + 1)
    pair.lots += 2
    until(lambda: is_settled(pair), "every trade to settle", SETTLED_S)
    books = [httpx.get(f"{server.url}/market/US-CA~2025~SIM/book", trust_env=False).json() for server in pair.servers]
    assert books[0] == books[1]
    require_all_once(pair)
    assert "/orders" not in "".join(server.log.read_text() for server in pair.servers), "no path is logged"


def kill_the_owner(pair: Pair, after: int) -> None:
    """Kills it when `after` orders of a dozen are in; the other goes on, and the killed one comes back to stand by."""
    owner = pair.owner()
    assert owner is not None
    other = next(server for server in pair.servers if server is not owner)
    orders = pair.signed_orders(6)
    for at, order in enumerate(orders):
        if at == after:
            owner.kill()
        pair.place(order, at)
    pair.lots += len(orders) // 2
    assert pair.owner() is other
    until(lambda: is_settled(pair), "every trade to settle", SETTLED_S)
    owner.start()
    until(owner.is_ready, "the server that was killed", START_S)
    assert pair.owner() is other, "who comes back stands by"
    require_all_once(pair)


def test_owner__killed_while_orders_come_in__the_other_goes_on_with_nothing_lost_or_doubled(pair: Pair) -> None:
    kill_the_owner(pair, 5)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_owner__killed_again_and_again__the_market_goes_back_and_forth_with_nothing_lost_or_doubled(pair: Pair) -> None:
    for round_number in range(10):
        kill_the_owner(pair, 1 + round_number)
