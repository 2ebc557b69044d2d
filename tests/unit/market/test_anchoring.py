"""Which head is anchored when: of each day that is over and has lines, the last one, once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select
from web3 import Web3

from backend.chain.contracts import Contracts
from backend.kernel.errors import Unavailable
from backend.link.tables import Intent
from backend.market.anchoring import ANCHOR_KIND, Anchored, Anchoring
from backend.market.journal import JournalBroken, genesis
from backend.market.tables import JournalRow
from tests.unit.market.world import ANA, DEPLOYMENT, DOMAIN, EXCHANGE, START, World

CONTRACTS = Contracts(Web3(), replace(DEPLOYMENT, addresses={"Exchange": EXCHANGE, "Anchors": EXCHANGE}))
MIDNIGHT = START.replace(hour=0) + timedelta(days=1)
DAY = timedelta(days=1)


def _anchoring(world: World) -> Anchoring:
    return Anchoring(world.database, CONTRACTS)


def _sell(world: World, at: datetime) -> bytes:
    """A line at a time; its hash."""
    world.clock.at = at
    return world.sell(ANA, 1, 100).accepted.journal_head


def _sent(world: World) -> dict[str, bytes]:
    """What was handed to the outbox: calldata by day."""
    with world.database.read() as session:
        rows = session.exec(select(Intent).where(Intent.kind == ANCHOR_KIND).order_by(col(Intent.id))).all()
        return {row.reference: row.data for row in rows}


def _call(day: datetime, head: bytes) -> bytes:
    number = (day - datetime(1970, 1, 1, tzinfo=day.tzinfo)).days
    return CONTRACTS.encode("Anchors", "publish", [genesis(DOMAIN).hash, number, head])


def test_step__day_not_over__anchors_nothing(world: World) -> None:
    _sell(world, START)
    for now in (START, MIDNIGHT, MIDNIGHT + timedelta(minutes=9, seconds=59)):
        assert _anchoring(world).step(now) == Anchored()
    assert _sent(world) == {}


def test_step__empty_journal__anchors_nothing(world: World) -> None:
    assert _anchoring(world).step(MIDNIGHT + DAY) == Anchored()
    assert _sent(world) == {}


def test_step__days_go_by__anchors_the_last_line_of_each_that_has_any(world: World) -> None:
    anchoring = _anchoring(world)
    _sell(world, START)
    first = _sell(world, MIDNIGHT - timedelta(microseconds=1))
    second = _sell(world, MIDNIGHT)
    for hours in range(24):
        anchoring.step(MIDNIGHT + timedelta(hours=hours, minutes=10))
    assert _sent(world) == {"2026-01-15": _call(START, first)}
    for days in (1, 2, 3):
        anchoring.step(MIDNIGHT + days * DAY + timedelta(hours=1))
    assert _sent(world) == {"2026-01-15": _call(START, first), "2026-01-16": _call(MIDNIGHT, second)}


def test_step__server_stood_still__one_anchor_covers_what_was_left_out(world: World) -> None:
    *_, last = [_sell(world, START + days * DAY) for days in range(3)]
    assert _anchoring(world).step(START + 9 * DAY).day is not None
    assert _sent(world) == {"2026-01-17": _call(START + 2 * DAY, last)}


def test_step__many_processes__anchor_once(world: World) -> None:
    _sell(world, START)
    found = [_anchoring(world).step(MIDNIGHT + DAY).day for _ in range(3)]
    assert [day is not None for day in found] == [True, False, False]
    assert len(_sent(world)) == 1


def test_step__journal_is_another_than_was_anchored__says_so_and_goes_on_saying_so(world: World) -> None:
    _sell(world, START)
    anchoring = _anchoring(world)
    anchoring.step(MIDNIGHT + DAY)
    with world.database.write() as session:
        row = session.exec(select(JournalRow)).one()
        row.hash = b"\1" * 32
        session.add(row)
    for again in (_anchoring(world), _anchoring(world)):
        with pytest.raises(JournalBroken, match="not the head anchored that day") as failure:
            again.step(MIDNIGHT + DAY)
        assert isinstance(failure.value, Unavailable), "the loop tries again, and its status tells why"
