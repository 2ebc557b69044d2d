"""Killed at the worst moments, in real processes: what was acknowledged is there, nothing is there twice."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: where the process is killed

import pytest
from sqlmodel import select

from backend.kernel.crash import CRASH_EXIT_CODE
from backend.market.journal import genesis, read
from backend.market.tables import JournalRow, OrderRow, TradeRow
from backend.storage.database import Database
from tests.unit.market.world import DOMAIN, World

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def url(database: Database) -> str:
    """A database with tables and listed classes."""
    World(database)
    return database.url


@contextmanager
def process(url: str, first: int = 0, point: str = "", armed_after: int = 0) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.unit.market.crashing", url, str(first), point, str(armed_after)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def check(url: str, said: list[list[str]]) -> World:
    """Everything acknowledged is durable, once, and the books come back from the journal. The world is started."""
    world = World(Database(url), is_listed=True)
    world.start()
    with world.database.read() as session:
        hashes = {line.sequence: line.hash for line in read(session, genesis(DOMAIN))}
        orders = {row.id: row for row in session.exec(select(OrderRow)).all()}
        trades = session.exec(select(TradeRow)).all()
        kinds = {row.sequence: row.kind for row in session.exec(select(JournalRow)).all()}
    assert sorted(hashes) == list(range(1, len(hashes) + 1))
    for word, sequence, *rest in said:
        if word == "ack":
            order = orders[int(sequence)]
            assert (order.order_hash.hex(), hashes[int(sequence)].hex()) == (rest[0], rest[1])
            assert sum(trade.lots for trade in trades if trade.sequence == int(sequence)) == int(rest[2])
        elif word == "cancelled":
            assert kinds[int(sequence)] == "cancel"
    for row in orders.values():
        matched = sum(trade.lots for trade in trades if row.id in {trade.buy_id, trade.sell_id})
        assert row.lots_matched == matched <= row.lots, "INV-04"
    return world


def words(line: str) -> list[str]:
    return line.split()


@pytest.mark.parametrize(("point", "is_kept"), [("market.before_commit", False), ("market.after_commit", True)])
def test_crash__around_the_commit__keeps_what_was_acknowledged_and_a_retry_happens_once(
    url: str, point: str, is_kept: bool
) -> None:
    with process(url, point=point, armed_after=6) as running:
        assert running.stdout is not None
        said = [words(line) for line in running.stdout]
        assert running.wait(60) == CRASH_EXIT_CODE

    acked = [line for line in said if line[0] == "ack"]
    assert len(acked) == 6
    assert said[-1][0] == "try", "the seventh was never acknowledged"
    world = check(url, said)
    with world.database.read() as session:
        numbers = [row.number for row in session.exec(select(OrderRow)).all()]
    assert (int(said[-1][2]) in numbers) is is_kept
    world.stop()
    world.database.close()

    with process(url, first=200) as running:
        assert running.stdout is not None
        more = [words(running.stdout.readline()) for _ in range(4)]
        running.kill()
    sequences = [int(line[1]) for line in said + more if line[0] == "ack"]
    assert sequences == sorted(set(sequences)), "sequence numbers go on where they were"


def kill_at_random(url: str, rounds: int, seed: int) -> None:
    chance = Random(seed)
    said: list[list[str]] = []
    for at in range(rounds):
        with process(url, first=at * 37 % 200) as running:
            assert running.stdout is not None
            said += [words(running.stdout.readline()) for _ in range(chance.randint(3, 60))]
            time.sleep(chance.random() / 50)
            running.kill()
            said += [words(line) for line in running.stdout if line.endswith("\n")]
        world = check(url, said)
        world.stop()
        world.database.close()
    assert sum(line[0] == "ack" for line in said) >= rounds


def test_kill__at_random_moments__loses_and_doubles_nothing(url: str) -> None:
    kill_at_random(url, 3, seed=1)


@pytest.mark.full
def test_kill__thirty_times__loses_and_doubles_nothing(url: str) -> None:
    kill_at_random(url, 30, seed=2)
