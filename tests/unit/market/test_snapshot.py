"""Restarts from a picture of the books: they replay only what came later, and believe no picture that does not hold."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from backend.kernel.digest import sha256
from backend.market import snapshot
from backend.market.journal import JournalBroken, genesis, read
from backend.market.recovery import recover
from backend.market.tables import JournalRow, SnapshotRow
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, DOMAIN, World


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture after every fourth line."""
    monkeypatch.setattr(snapshot, "EVERY_AT_MOST", 4)


def _trade(world: World, rounds: int) -> None:
    for at in range(rounds):
        world.sell(ANA, 3 + at, 100 + at)
        world.buy(BO, 2, 100 + at)


def _pictures(world: World) -> list[int]:
    with world.database.read() as session:
        return list(session.exec(select(SnapshotRow.sequence).order_by(col(SnapshotRow.sequence))).all())


def _replayed(world: World) -> int:
    with world.database.read() as session:
        return recover(session, genesis(DOMAIN)).replayed


def test_restart__after_pictures__replays_the_rest_and_gives_the_same_books(world: World) -> None:
    _trade(world, 7)
    assert _pictures(world) == [8, 12], "the last two are kept"
    assert _replayed(world) == 2
    digest, trades = world.state_digest(), world.market.sequencer.ask(lambda engine, _: engine.trades)
    world.restart()
    assert world.state_digest() == digest
    ack = world.buy(BO, 1, 200)
    assert (ack.accepted.sequence, ack.accepted.first_trade_id) == (15, trades + 1), "ids go on where they were"


def test_picture__in_a_pause__comes_sooner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "EVERY_AT_MOST", 1_000)
    monkeypatch.setattr(snapshot, "EVERY", 4)
    _trade(world, 3)
    assert _pictures(world) == [], "who trades is not stopped for it"
    world.clock.at += snapshot.PAUSE
    for _ in range(2):
        world.state_digest()  # by the time of the second answer all of the first turn is done
    assert _pictures(world) == [6]


def _told(row: SnapshotRow, change: Callable[[Any], None]) -> None:
    told = json.loads(row.picture)
    change(told)
    row.picture = json.dumps(told)


SPOILT: dict[str, Callable[[SnapshotRow], None]] = {
    "trades": lambda row: _told(row, lambda told: told.update(trades=told["trades"] + 1)),
    "lots": lambda row: _told(row, lambda told: told["orders"][0].__setitem__(4, 77)),
    "price": lambda row: _told(row, lambda told: told["orders"][0].__setitem__(5, 7)),
    "an order missing": lambda row: _told(row, lambda told: told["orders"].pop()),
    "nothing": lambda row: setattr(row, "picture", "{}"),
    "no JSON": lambda row: setattr(row, "picture", "not a picture"),
    "digest": lambda row: setattr(row, "state_digest", sha256(b"another state")),
    "journal": lambda row: setattr(row, "hash", sha256(b"another journal")),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_restart__picture_that_does_not_hold__takes_the_one_before(world: World, spoilt: str) -> None:
    _trade(world, 7)
    digest = world.state_digest()
    with world.database.write() as session:
        row = session.get_one(SnapshotRow, 12)
        SPOILT[spoilt](row)
        session.add(row)
    assert _replayed(world) == 14 - 8
    world.restart()
    assert world.state_digest() == digest


def test_restart__no_picture_holds__replays_everything(world: World) -> None:
    _trade(world, 7)
    digest = world.state_digest()
    with world.database.write() as session:
        for row in session.exec(select(SnapshotRow)).all():
            row.picture = "{}"
            session.add(row)
    assert _replayed(world) == 14
    world.restart()
    assert world.state_digest() == digest


def _touch(session: Session, sequence: int) -> None:
    row = session.get_one(JournalRow, sequence)
    row.payload = row.payload.replace('"owner":', '"owned":')
    session.add(row)


def test_restart__line_since_the_picture_was_touched__is_refused(database: Database) -> None:
    """A line before it is not looked at again: that is the audit's, and the anchored heads'."""
    world = World(database)
    world.start()
    _trade(world, 7)
    with world.database.write() as session:
        _touch(session, 13)
    world.market.sequencer.stop()
    with pytest.raises(JournalBroken):
        world.new_market().sequencer.start()


def test_journal__clock_that_is_set_back__never_runs_back(world: World) -> None:
    world.sell(ANA, 1, 100)
    world.clock.at -= timedelta(minutes=10)
    world.sell(ANA, 1, 101)
    world.restart()
    world.sell(ANA, 1, 102)
    world.clock.at += timedelta(hours=2)
    world.sell(ANA, 1, 103, expiry=int(world.clock.at.timestamp()) + 600)
    with world.database.read() as session:
        times = [line.time for line in read(session, genesis(DOMAIN))]
    assert times[0] == times[1] == times[2] < times[3]
