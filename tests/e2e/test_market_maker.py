"""The market-maker example as a real process, against a real server and chain: it quotes both sides, quotes anew when
another trader takes from it, leaves nothing behind when it is ended, and nothing when it is killed.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.chain.artifacts import CHECKOUT
from backend.market.instructions import Instructions, TimeInForce
from backend.market.order import Side
from backend.market.terms import Terms
from backend.market.trader import Trader
from backend.market.views import LevelOut, OrderOut
from tests.contract.people import CLASS_ID
from tests.e2e.processes import Processes
from tests.patience import PATIENCE_S, until

CODE = "US-CA/2025/SIM"
MAKER, TAKER, NOBODY = 0, 1, 2
REFERENCE = 100_000
IOC = Instructions(time_in_force=TimeInForce.IOC)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    running = Processes(tmp_path_factory.mktemp("maker"))
    try:
        people = running.people
        for index in (MAKER, TAKER):
            people.mint(index, 10**6)
            people.approve(index, "Exchange")
            people.pay(index, 10**9)
        running.start_server()
        running.wait_ready()
        yield running
    finally:
        running.stop()


@contextmanager
def trading(processes: Processes, index: int) -> Iterator[Trader]:
    with (
        ApiClient(processes.settings.base_url) as client,
        Trader(client, processes.people.person(index), Patience(PATIENCE_S)) as trader,
    ):
        yield trader


@contextmanager
def making(processes: Processes, heartbeat_s: int, index: int = MAKER) -> Iterator[subprocess.Popen[bytes]]:
    script = CHECKOUT / "docs" / "examples" / "market_maker.py"
    options = ["--dev", str(100 + index), "--reference", "0.1", "--spread-bps", "1000", "--skew-bps", "100"]
    with (processes.folder / "maker.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, str(script), processes.settings.base_url, CODE, *options, "--heartbeat", str(heartbeat_s)],
            stdout=log,
            stderr=log,
            cwd=CHECKOUT,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def said(processes: Processes) -> str:
    return (processes.folder / "maker.log").read_text()


def quotes(trader: Trader) -> tuple[LevelOut, ...]:
    """Both sides of the book, bids first."""
    book = trader.book(CODE)
    return (*book.bids, *book.asks)


def quotes_at(trader: Trader, *prices: int) -> bool:
    return [level.price_per_kg for level in quotes(trader)] == list(prices)


def open_orders(processes: Processes) -> list[OrderOut]:
    with trading(processes, MAKER) as maker:
        return list(maker.orders(only_open=True))


def test_maker__taken_from__quotes_anew_and_ends_with_nothing_left(processes: Processes) -> None:
    with making(processes, 300) as running, trading(processes, TAKER) as taker:
        until(lambda: quotes_at(taker, 95_000, 105_000) or running.poll() is not None, "both quotes")
        assert running.poll() is None, said(processes)

        bought = taker.place(Terms(Side.BUY, CLASS_ID, 2, 105_000), IOC)
        assert [(fill.lots, fill.price_per_kg) for fill in bought.fills] == [(2, 105_000)]
        until(lambda: quotes_at(taker, 97_000, 107_000), "quotes that are higher since it sold")

        sold = taker.place(Terms(Side.SELL, CLASS_ID, 5, 97_000), IOC)
        assert [(fill.lots, fill.price_per_kg) for fill in sold.fills] == [(5, 97_000)]
        until(lambda: quotes_at(taker, 92_000, 102_000), "quotes that are lower since it bought")

        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_S) == 0, said(processes)
        assert quotes(taker) == ()
    assert "position 3 kg" in said(processes)
    until(lambda: settled(processes, 2), "both trades final on the chain")


def settled(processes: Processes, count: int) -> bool:
    with trading(processes, MAKER) as maker:
        return [trade.state for trade in maker.trades()] == ["final"] * count


def test_maker__without_anything_to_trade_with__ends_and_says_what_to_do(processes: Processes) -> None:
    with making(processes, 300, NOBODY) as running:
        assert running.wait(PATIENCE_S) == 1, said(processes)

    assert "market_maker.quote_refused" in said(processes)
    assert re.search("tanyu trade (allow|faucet)", said(processes))


def test_maker__killed__its_quotes_are_cleared_by_the_dead_mans_switch(processes: Processes) -> None:
    with making(processes, 10) as running:
        until(lambda: len(open_orders(processes)) == 2 or running.poll() is not None, "both quotes")
        running.kill()
        running.wait()
        left = {order.order_hash for order in open_orders(processes)}

    until(lambda: not open_orders(processes), "quotes to be cleared")
    with trading(processes, MAKER) as maker:
        reasons = {order.order_hash: order.reason for order in maker.orders()}
    assert {reasons[each] for each in left} <= {"heartbeat_missed"}
    assert "heartbeat_missed" in reasons.values()
