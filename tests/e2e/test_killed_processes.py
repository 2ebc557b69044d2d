"""The server is killed between any two steps, the chain node at random: no settlement is lost and none is doubled."""

import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlmodel import col, select

from backend.access.client import ApiProblem, ServerUnreachable
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.crash import CRASH_EXIT_CODE
from backend.kernel.digest import to_hex
from backend.link.reconcile import reconcile
from backend.market.order import Side, SignedOrder
from backend.market.tables import TradeRow, TradeState
from backend.settlement.tables import Fill, Leg, LegState
from tests.contract.people import People
from tests.e2e.processes import Processes
from tests.patience import until

SELLER, BUYER = 0, 1
POINTS = [
    "market.before_commit",
    "market.after_commit",
    "settlement.before_commit",
    "settlement.after_commit",
    "link.before_sign",
    "link.after_sign",
    "link.after_broadcast",
    "link.after_receipt",
    "link.before_block_commit",
    "link.after_block_commit",
]
PRICE = 1000
SETTLED_S = 240
"""With the starts of a dead server that this may take."""


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, compiled: None) -> Iterator[Processes]:  # noqa: ARG001
    running = Processes(tmp_path_factory.mktemp("tanyu"))
    people = running.people
    people.mint(SELLER, 10**7)
    people.approve(SELLER, "Exchange")
    people.pay(BUYER, 10**9)
    time.sleep(1.5)  # the chain writes its state every second; what it loses later is what the tests cause
    running.start_server()
    running.wait_ready()
    yield running
    running.stop()


def _order(processes: Processes, people: People, index: int, side: Side, lots: int) -> SignedOrder:
    with processes.client() as client:
        client.sign_in(people.person(index))
        number = int(client.post("/orders/numbers", {"count": 1})["from"])
    expiry = unix_s(SystemClock().now() + timedelta(hours=1))
    return people.order(index, side, lots, PRICE, number=number, expiry=expiry)


def _place_until_acknowledged(processes: Processes, people: People, index: int, order: SignedOrder) -> None:
    """Places the same signed order again and again, as a client does that got no answer; restarts a dead server."""
    body = order.wire() | {"signature": to_hex(people.signature(index, order))}
    deadline = time.monotonic() + SETTLED_S
    while True:
        assert time.monotonic() < deadline
        if processes.server_ended():
            processes.armed.unlink(missing_ok=True)
            processes.start_server()
            processes.wait_ready()
        with suppress(ServerUnreachable):
            try:
                with processes.client() as client:
                    client.post("/orders", body)
                return
            except ApiProblem as problem:
                if problem.status not in {429, 503}:
                    raise
        time.sleep(0.05)


def _trades(processes: Processes) -> list[TradeRow]:
    database = processes.database()
    with database.read() as session:
        found = list(session.exec(select(TradeRow).order_by(col(TradeRow.id))).all())
    database.close()
    return found


def _all_settled(processes: Processes) -> bool:
    return all(trade.state == TradeState.SETTLED for trade in _trades(processes))


def _keep_alive_until_settled(processes: Processes) -> None:
    def settled() -> bool:
        if processes.server_ended():
            processes.armed.unlink(missing_ok=True)
            processes.start_server()
            processes.wait_ready()
        return _all_settled(processes)

    until(settled, "every trade to settle", SETTLED_S)


def _check_nothing_lost_or_doubled(processes: Processes, people: People, lots: int) -> None:
    """Each trade has exactly one fill on the chain, and the balances are what the trades say."""
    trades = _trades(processes)
    assert sum(trade.lots for trade in trades) == lots
    filled = people.contracts.exchange.events.Filled().get_logs(from_block=0)
    assert len(filled) == len(trades)
    assert sum(log["args"]["lots"] for log in filled) == lots
    assert people.credits_of(people.person(BUYER).address) == lots * 1000
    database = processes.database()
    with database.read() as session:
        fills = session.exec(select(Fill)).all()
        assert sorted(fill.trade_id or 0 for fill in fills) == [trade.id for trade in trades]
        states = [leg.state for leg in session.exec(select(Leg)).all()]
        assert states.count(LegState.FILLED) == len(trades)
    assert reconcile(database, people.w3, processes.deployment) == []
    database.close()


_done = {"lots": 0}


@pytest.mark.parametrize("point", POINTS)
def test_server__killed_at_a_point__settles_every_trade_exactly_once(processes: Processes, point: str) -> None:
    people = processes.people
    sell, buy = (_order(processes, people, i, side, 2) for i, side in ((SELLER, Side.SELL), (BUYER, Side.BUY)))
    processes.armed.write_text(point)
    _place_until_acknowledged(processes, people, SELLER, sell)
    _place_until_acknowledged(processes, people, BUYER, buy)
    _done["lots"] += 2
    until(lambda: processes.server_ended() or not processes.armed.exists(), f"the server to die at {point}")
    if processes.server_ended():
        assert processes.server is not None
        assert processes.server.returncode == CRASH_EXIT_CODE
    _keep_alive_until_settled(processes)
    _check_nothing_lost_or_doubled(processes, people, _done["lots"])


def _kill_rounds(processes: Processes, rounds: int) -> None:
    people = processes.people
    for round_number in range(rounds):
        sell, buy = (_order(processes, people, i, side, 1) for i, side in ((SELLER, Side.SELL), (BUYER, Side.BUY)))
        _place_until_acknowledged(processes, people, SELLER, sell)
        _place_until_acknowledged(processes, people, BUYER, buy)
        _done["lots"] += 1
        time.sleep(secrets.randbelow(700) / 1000)
        if round_number % 2:
            processes.kill_server()
            processes.start_server()
        else:
            processes.kill_chain()
            time.sleep(0.2)
            processes.restart_chain()
        processes.wait_ready()
        _keep_alive_until_settled(processes)
    until(lambda: processes.people.w3.eth.block_number > 0, "the chain")
    _keep_alive_until_settled(processes)
    _check_nothing_lost_or_doubled(processes, people, _done["lots"])


def test_server_and_chain__killed_at_random__settle_every_trade_exactly_once(processes: Processes) -> None:
    _kill_rounds(processes, 4)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_server_and_chain__killed_at_random_many_times__settle_every_trade_exactly_once(processes: Processes) -> None:
    _kill_rounds(processes, 40)
