"""What the market shows: book, tape, day, orders."""

from datetime import timedelta

import pytest

from backend.market.book import PriceLevel
from backend.market.cancel import OrderUnknown
from backend.market.tape import (
    BookQuestion,
    day_view,
    order_with_hash,
    orders_of,
    trades_of_class,
    trades_of_order,
)
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, OTHER_CLASS_ID, World


def test_book__shows_levels_best_first_with_the_sequence(world: World) -> None:
    for price in (100, 102, 101, 101):
        world.sell(ANA, 2, price)
    world.buy(BO, 1, 99)

    view = world.market.sequencer.ask(BookQuestion(CLASS_ID, 2))

    assert view.sequence == 5
    assert view.asks == [PriceLevel(100, 2, 1), PriceLevel(101, 4, 2)]
    assert view.bids == [PriceLevel(99, 1, 1)]
    empty = world.market.sequencer.ask(BookQuestion(OTHER_CLASS_ID, 2))
    assert (empty.sequence, empty.bids, empty.asks) == (5, [], [])


def test_tape__is_newest_first_by_class_and_pages(world: World) -> None:
    world.sell(ANA, 9, 100)
    for lots in (1, 2, 3):
        world.buy(BO, lots, 100)
    world.sell(ANA, 1, 100, class_id=OTHER_CLASS_ID)
    world.buy(BO, 1, 100, class_id=OTHER_CLASS_ID)

    with world.database.read() as session:
        assert [trade.lots for trade in trades_of_class(session, CLASS_ID, 2)] == [3, 2]
        assert [trade.lots for trade in trades_of_class(session, CLASS_ID, 10, before=2)] == [1]


def test_day__leaves_out_busted_and_older_trades(world: World) -> None:
    for price, lots in ((100, 5), (110, 3), (90, 2), (95, 1)):
        world.sell(ANA, lots, price)
        world.buy(BO, lots, price)
        world.clock.at += timedelta(minutes=1)
    world.market.bust(2, "LeftInsufficient")

    with world.database.read() as session:
        today = day_view(session, CLASS_ID, world.clock.now())
        late = day_view(session, CLASS_ID, world.clock.now() + timedelta(days=1) - timedelta(seconds=90))
        never = day_view(session, OTHER_CLASS_ID, world.clock.now())
    assert (today.last_price_per_kg, today.high_per_kg, today.low_per_kg) == (95, 100, 90)
    assert (today.volume_lots, today.trades) == (8, 3)
    assert (late.last_price_per_kg, late.volume_lots, late.trades) == (95, 1, 1)
    assert (never.last_price_per_kg, never.last_at, never.volume_lots, never.trades) == (None, None, 0, 0)


def test_orders__of_a_maker__are_only_that_makers_and_page(world: World) -> None:
    first = world.sell(ANA, 1, 100).accepted
    world.sell(BO, 1, 101)
    world.buy(CHEN, 1, 100)
    world.sell(ANA, 1, 102)

    with world.database.read() as session:
        assert [row.id for row in orders_of(session, ANA.address, only_open=False, limit=10)] == [1, 4]
        assert [row.id for row in orders_of(session, ANA.address, only_open=True, limit=10)] == [4]
        assert [row.id for row in orders_of(session, ANA.address, only_open=False, limit=1, after=1)] == [4]
        assert [trade.id for trade in trades_of_order(session, first.sequence)] == [1]
        with pytest.raises(OrderUnknown):
            order_with_hash(session, b"\3" * 32)
