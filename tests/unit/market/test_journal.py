"""The journal's chain of hashes: whatever is changed in it is found."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from backend.kernel.clock import iso
from backend.kernel.digest import canonical_json, sha256
from backend.market.journal import Head, JournalBroken, Kind, genesis, line_hash, read
from backend.market.tables import JournalRow
from tests.unit.market.world import ANA, BO, DOMAIN, START, World


@pytest.fixture
def written(world: World) -> World:
    """Four lines."""
    for price in (100, 101, 102):
        world.sell(ANA, 2, price)
    world.buy(BO, 3, 101)
    return world


def heads(world: World) -> list[Head]:
    with world.database.read() as session:
        return [Head(line.sequence, line.hash) for line in read(session, genesis(DOMAIN))]


def test_read__an_untouched_journal__gives_every_line_in_order(written: World) -> None:
    assert [head.sequence for head in heads(written)] == [1, 2, 3, 4]
    with written.database.read() as session:
        later = [line.sequence for line in read(session, heads(written)[1])]
    assert later == [3, 4]


def test_hash__is_what_the_docstring_says(written: World) -> None:
    with written.database.read() as session:
        first = session.get_one(JournalRow, 1)
    body = {"kind": "place", "payload": json.loads(first.payload), "sequence": 1, "time": iso(first.time)}
    start = sha256(canonical_json({"chainId": 31337, "exchange": DOMAIN.verifying_contract}))

    assert first.previous_hash == start == genesis(DOMAIN).hash
    assert first.hash == sha256(start + canonical_json(body))


def test_hash__depends_on_every_part() -> None:
    base = line_hash(b"\0" * 32, 1, START, Kind.EXPIRE, {"before": 5})

    assert base == line_hash(b"\0" * 32, 1, START, Kind.EXPIRE, {"before": 5})
    assert base != line_hash(b"\1" * 32, 1, START, Kind.EXPIRE, {"before": 5})
    assert base != line_hash(b"\0" * 32, 2, START, Kind.EXPIRE, {"before": 5})
    assert base != line_hash(b"\0" * 32, 1, START + timedelta(microseconds=1), Kind.EXPIRE, {"before": 5})
    assert base != line_hash(b"\0" * 32, 1, START, Kind.CANCEL, {"before": 5})
    assert base != line_hash(b"\0" * 32, 1, START, Kind.EXPIRE, {"before": 6})


def _payload(session: Session) -> None:
    row = session.get_one(JournalRow, 2)
    row.payload = row.payload.replace('"pricePerKg":"101"', '"pricePerKg":"100"')
    session.add(row)


def _payload_and_hash(session: Session) -> None:
    row = session.get_one(JournalRow, 2)
    row.payload = row.payload.replace('"pricePerKg":"101"', '"pricePerKg":"100"')
    row.hash = line_hash(row.previous_hash, 2, row.time, Kind(row.kind), json.loads(row.payload))
    session.add(row)


def _time(session: Session) -> None:
    row = session.get_one(JournalRow, 3)
    row.time += timedelta(seconds=1)
    session.add(row)


def _removed(session: Session) -> None:
    session.delete(session.get_one(JournalRow, 2))


def _first_removed(session: Session) -> None:
    session.delete(session.get_one(JournalRow, 1))


@pytest.mark.parametrize("tamper", [_payload, _payload_and_hash, _time, _removed, _first_removed])
def test_read__a_journal_that_was_touched__is_refused(written: World, tamper: Callable[[Session], None]) -> None:
    with written.database.write() as session:
        tamper(session)

    with pytest.raises(JournalBroken) as refusal:
        heads(written)
    assert refusal.value.code == "market.journal_broken"


def test_read__another_exchanges_journal__is_refused(written: World) -> None:
    other = type(DOMAIN)(DOMAIN.name, DOMAIN.version, 1, DOMAIN.verifying_contract)

    with written.database.read() as session, pytest.raises(JournalBroken):
        list(read(session, genesis(other)))


def test_payload__is_canonical_json_with_the_signature(written: World) -> None:
    with written.database.read() as session:
        for row in session.exec(select(JournalRow)).all():
            payload = json.loads(row.payload)
            assert row.payload.encode() == canonical_json(payload)
            assert set(payload) == {"order", "orderHash", "owner", "signature"}
