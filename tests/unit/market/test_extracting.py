"""Extracts of the journal: made of whole stretches of it, believed only as far as they hold, and no more than a faster
way to the same books.
"""

from collections.abc import Callable

import pytest
from sqlmodel import Session, col, delete, select

from backend.kernel.digest import sha256
from backend.market import snapshot
from backend.market.extracting import Extracted, Extracting
from backend.market.journal import Head, JournalBroken, genesis
from backend.market.matching import Engine
from backend.market.recovery import by_extracts, recover, replayed
from backend.market.tables import ExtractRow, JournalRow, SnapshotRow
from tests.unit.market.world import ANA, BO, DOMAIN, World

GENESIS = genesis(DOMAIN)


def _trade(world: World, rounds: int) -> None:
    for at in range(rounds):
        placed = world.sell(ANA, 3 + at, 100 + at)
        world.buy(BO, 2, 100 + at)
        if at % 2:
            world.market.cancel(ANA.address, placed.accepted.order_hash)


def _extracting(world: World) -> Extracting:
    return Extracting(world.database, DOMAIN, lines=4)


def _extract_all(world: World) -> list[int]:
    """The last line of each."""
    extracting, made = _extracting(world), list[int]()
    while (found := extracting.step().sequence) is not None:
        made.append(found)
    return made


def _extracted(world: World) -> tuple[Engine, Head]:
    with world.database.read() as session:
        return by_extracts(session, GENESIS)


def _digest_of_lines(world: World) -> bytes:
    with world.database.read() as session:
        return replayed(session, Engine(), GENESIS).engine.state_digest()


def test_step__of_a_journal__extracts_whole_stretches_one_at_a_look(world: World) -> None:
    extracting = _extracting(world)
    assert extracting.step() == Extracted()
    _trade(world, 4)
    found = [extracting.step() for _ in range(4)]
    assert [made.sequence for made in found] == [4, 8, None, None], "of ten lines two wait for more"
    assert not any(made.moved for made in found)
    _trade(world, 1)
    assert _extract_all(world) == [12]


def test_step__many_processes__make_the_same(world: World) -> None:
    _trade(world, 4)
    first, second = _extracting(world), _extracting(world)
    assert [first.step().sequence, second.step().sequence] == [4, 8]


def test_recover__without_a_picture__does_what_extracts_say_and_reads_the_rest(world: World) -> None:
    _trade(world, 4)
    _extract_all(world)
    engine, head = _extracted(world)
    assert head.sequence == 8
    with world.database.read() as session:
        found = recover(session, GENESIS)
        assert replayed(session, engine, head).head == found.head
    assert found.replayed == 10, "no picture came before them"
    assert engine.state_digest() == found.engine.state_digest() == world.state_digest() == _digest_of_lines(world)
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_recover__with_a_picture__begins_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "EVERY_AT_MOST", 4)
    _trade(world, 4)
    _extract_all(world)
    with world.database.write() as session:
        assert session.exec(select(SnapshotRow.sequence)).first() is not None
        session.exec(delete(JournalRow).where(col(JournalRow.sequence) == 2))
        assert recover(session, GENESIS).replayed < 4


SPOILT: dict[str, Callable[[ExtractRow], None]] = {
    "content": lambda row: setattr(row, "content", row.content[:-1] + b"\1"),
    "no extract": lambda row: setattr(row, "content", b""),
    "digest": lambda row: setattr(row, "digest", sha256(b"another")),
    "start": lambda row: setattr(row, "previous_hash", sha256(b"another line")),
    "end": lambda row: setattr(row, "hash", sha256(b"another line")),
    "place": lambda row: setattr(row, "sequence", 7),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_recover__extract_that_does_not_hold__reads_the_lines_from_there(world: World, spoilt: str) -> None:
    _trade(world, 6)
    assert _extract_all(world) == [4, 8, 12]
    with world.database.write() as session:
        row = session.get_one(ExtractRow, 8)
        SPOILT[spoilt](row)
        session.add(row)
    digest = world.state_digest()

    assert _extracted(world)[1].sequence == 4
    world.restart()
    assert world.state_digest() == digest


def test_extracts__of_another_journal__are_not_believed_and_made_anew(world: World) -> None:
    _trade(world, 4)
    _extract_all(world)
    before = _extracted(world)[1]
    with world.database.write() as session:
        for row in session.exec(select(ExtractRow)).all():
            row.hash = sha256(b"another journal's line")
            session.add(row)

    assert _extracted(world)[1] == GENESIS
    assert _extract_all(world) == [4, 8]
    assert _extracted(world)[1] == before


def _touch(session: Session, sequence: int) -> None:
    row = session.get_one(JournalRow, sequence)
    row.payload = row.payload.replace('"owner":', '"owned":')
    session.add(row)


@pytest.mark.parametrize("touched", [1, 6])
def test_step__line_that_was_touched__is_named_and_never_extracted(world: World, touched: int) -> None:
    _trade(world, 4)
    with world.database.write() as session:
        _touch(session, touched)

    with pytest.raises(JournalBroken) as broken:
        _extract_all(world)

    assert broken.value.fields["sequence"] == touched
    assert _extracted(world)[1].sequence == (0 if touched == 1 else 4)


def test_recover__line_after_the_extracts_was_touched__is_refused(world: World) -> None:
    _trade(world, 4)
    _extract_all(world)
    with world.database.write() as session:
        _touch(session, 9)

    with world.database.read() as session, pytest.raises(JournalBroken) as broken:
        recover(session, GENESIS)
    assert broken.value.fields["sequence"] == 9
