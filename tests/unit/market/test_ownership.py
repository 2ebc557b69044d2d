"""One process at a time owns the market; who was slow to notice that it does not can write nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, func, select

from backend.link.lease import LeaseLost
from backend.market.inbox import MarketStopped
from backend.market.journal import JournalBroken
from backend.market.order import Side
from backend.market.ownership import OWNED_FOR, MarketMoved
from backend.market.sequencer import NoAnswer
from backend.market.tables import JournalRow
from backend.storage.availability import DatabaseUnavailable
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, World

WAIT_S = 60


def until(condition: Callable[[], bool]) -> None:
    """Waits for what the sequencer's thread brings about."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def worlds(database: Database) -> Iterator[Callable[[], World]]:
    """Makes processes over one database, each with a clock of its own."""
    with ExitStack() as stack:
        made: list[World] = []

        def make() -> World:
            made.append(World(database, is_listed=bool(made)))
            stack.callback(made[-1].stop)
            return made[-1]

        yield make


def owns(world: World) -> bool:
    return world.market.sequencer.owns


def journal_length(world: World) -> int:
    with world.database.read() as session:
        return session.exec(select(func.count()).select_from(JournalRow)).one()


def test_second_process__while_the_first_owns_the_market__stands_by_and_takes_over(
    worlds: Callable[[], World],
) -> None:
    first, second = worlds(), worlds()
    first.start()
    second.start()
    first.sell(ANA, 5, 100)
    digest = first.state_digest()
    assert (owns(first), owns(second)) == (True, False)
    assert second.market.sequencer.is_running
    with pytest.raises(MarketStopped):
        second.buy(BO, 5, 100)

    first.stop()

    until(lambda: owns(second))
    assert second.state_digest() == digest
    ack = second.buy(BO, 5, 100)
    assert (ack.accepted.sequence, ack.accepted.fills) == (2, ((1, 5, 100),))
    tokens = [world.market.sequencer.ownership.token for world in (first, second)]
    assert tokens == [1, 2]


def test_owner__that_hung_while_another_took_over__can_append_nothing(worlds: Callable[[], World]) -> None:
    """Its own clock stood still with it: it believes that the market is its own."""
    hung, other = worlds(), worlds()
    hung.start()
    hung.sell(ANA, 5, 100)
    order = hung.order(BO, Side.BUY, 5, 100)
    other.clock.at += OWNED_FOR + timedelta(seconds=1)
    other.start()
    assert (owns(hung), owns(other)) == (True, True), "both believe it"

    with pytest.raises(MarketMoved) as refusal:
        hung.place(BO, order)

    assert refusal.value.code == "market.moved"
    until(lambda: not owns(hung))
    assert journal_length(other) == 1
    assert other.place(BO, order).accepted.sequence == 2
    assert hung.market.sequencer.is_running, "it stands by"


def test_owner__that_finds_its_lease_gone_by_the_clock__answers_nothing_from_its_books(
    worlds: Callable[[], World],
) -> None:
    hung, other = worlds(), worlds()
    hung.start()
    other.clock.at += OWNED_FOR + timedelta(seconds=1)
    other.start()
    hung.clock.at += OWNED_FOR

    with pytest.raises((MarketMoved, MarketStopped)):  # whether the question or the clock's tick was first
        hung.state_digest()

    assert (owns(hung), owns(other)) == (False, True)


def test_fence__after_a_takeover__names_the_token_it_was_given(worlds: Callable[[], World]) -> None:
    hung, other = worlds(), worlds()
    hung.start()
    ownership = hung.market.sequencer.ownership
    with hung.database.write() as session:
        ownership.require(session)
    other.clock.at += OWNED_FOR + timedelta(seconds=1)
    other.start()

    with pytest.raises(LeaseLost) as lost, hung.database.write() as session:
        ownership.require(session)

    assert (lost.value.code, lost.value.fields["token"]) == ("link.lease_lost", 1)


def test_take_over__of_a_broken_journal__is_refused_and_leaves_the_market_free(worlds: Callable[[], World]) -> None:
    first = worlds()
    first.start()
    first.sell(ANA, 5, 100)
    first.stop()
    with first.database.write() as session:
        session.execute(update(JournalRow).where(col(JournalRow.sequence) == 1).values(payload="{}"))
    second = worlds()

    with pytest.raises(JournalBroken):
        second.start()

    assert second.market.sequencer.ownership.owner() is None


def test_database__silent_in_a_commit_and_after_it__nobody_is_told_that_it_did_not_happen(
    worlds: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books are let go, and made again once the database answers."""
    world = worlds()
    world.start()
    world.sell(ANA, 5, 100)
    order = world.order(BO, Side.BUY, 5, 100)
    silent = [True]
    database, write, read = world.database, world.database.write, world.database.read

    def failing(method: Callable[[], object]) -> Callable[[], object]:
        def call() -> object:
            if silent:
                raise DatabaseUnavailable("it does not answer")
            return method()

        return call

    sequencer = world.market.sequencer
    monkeypatch.setattr(sequencer._writer, "write", failing(sequencer._writer.write))
    monkeypatch.setattr(
        sequencer,
        "_database",
        type("Silent", (), {"write": staticmethod(failing(write)), "read": staticmethod(failing(read))}),
    )

    with pytest.raises(NoAnswer) as refusal:
        world.place(BO, order)
    assert refusal.value.code == "market.no_answer"
    silent.clear()

    until(lambda: owns(world))
    assert world.place(BO, order).accepted.sequence == 2
    assert world.database is database
