"""The way of a trade to the chain and back, step by step."""

import pytest

from backend.kernel.clock import unix_s
from backend.market.bust import TradeUnknown
from backend.market.cancel import OrderUnknown
from backend.market.order import Action, Side
from backend.market.tables import TradeRow
from backend.market.trades import (
    TradeStateWrong,
    mark_sent,
    mark_settled,
    reopen,
    signed_order,
    unmark_settled,
    unsettled_trades,
)
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, World, hash_of, signed


def state(world: World, trade_id: int = 1) -> tuple[str, int | None, bytes | None]:
    with world.database.read() as session:
        row = session.get_one(TradeRow, trade_id)
        return row.state, row.batch_id, row.tx_hash


def three_trades(world: World) -> None:
    world.sell(ANA, 9, 100)
    for _ in range(3):
        world.buy(BO, 3, 100)


def test_unsettled_trades__are_the_matched_ones_oldest_first(world: World) -> None:
    three_trades(world)
    with world.database.write() as session:
        mark_sent(session, [1], 7, at=world.clock.now())

    with world.database.read() as session:
        assert [trade.id for trade in unsettled_trades(session, 10)] == [2, 3]
        assert [trade.id for trade in unsettled_trades(session, 1)] == [2]


def test_steps__forward_and_back__leave_no_trace(world: World) -> None:
    three_trades(world)
    now = world.clock.now()
    with world.database.write() as session:
        mark_sent(session, [1, 2], 7, at=now)
        mark_settled(session, 1, tx_hash=b"\1" * 32, at=now)
    assert state(world) == ("settled", 7, b"\1" * 32)

    with world.database.write() as session:
        unmark_settled(session, 1)
    assert state(world) == ("sent", 7, None)

    with world.database.write() as session:
        reopen(session, [1, 2])
    assert state(world) == state(world, 2) == ("matched", None, None)


def test_steps__out_of_order__are_refused(world: World) -> None:
    three_trades(world)
    now = world.clock.now()
    with world.database.write() as session:
        with pytest.raises(TradeStateWrong) as refusal:
            mark_settled(session, 1, tx_hash=b"\1" * 32, at=now)
        assert refusal.value.code == "market.trade_state_wrong"
        with pytest.raises(TradeStateWrong):
            unmark_settled(session, 1)
        with pytest.raises(TradeStateWrong):
            reopen(session, [1])
        with pytest.raises(TradeUnknown):
            mark_sent(session, [99], 7, at=now)


def test_in_flight__ends_when_the_chain_filled_the_trade(world: World) -> None:
    world.balances.credits[ANA.address, CLASS_ID] = 9_000
    three_trades(world)
    with world.database.write() as session:
        mark_sent(session, [1, 2, 3], 7, at=world.clock.now())
        mark_settled(session, 1, tx_hash=b"\1" * 32, at=world.clock.now())

    assert world.sell(ANA, 3, 100).accepted.lots_open == 3


def test_signed_order__is_what_the_maker_signed(world: World) -> None:
    world.campaigns[int.from_bytes(b"\x09" * 32)] = unix_s(world.clock.now()) + 3600
    order = world.order(ANA, Side.BUY, 3, 100, action=Action.DONATE, beneficiary=CHEN.address, ref=b"\x09" * 32)
    world.place(ANA, order)

    with world.database.read() as session:
        assert signed_order(session, hash_of(order)) == (order, signed(ANA, order))
        with pytest.raises(OrderUnknown):
            signed_order(session, b"\1" * 32)
