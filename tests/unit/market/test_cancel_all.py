"""Cancelling everything: at an account's word, and by the dead-man switch."""

from datetime import timedelta

import pytest

from backend.kernel.clock import unix_s
from backend.kernel.errors import InvalidInput
from backend.market.cancel_all import Beating, CancellingAll
from backend.market.order import Side
from backend.market.tables import OrderState
from backend.market.tape import orders_of
from tests.unit.market.world import ANA, BO, CLASS_ID, OTHER_CLASS_ID, START, World, hash_of


def open_of(world: World, account: str) -> list[int]:
    with world.database.read() as session:
        return [row.id for row in orders_of(session, account, only_open=True, limit=100)]


def reasons_of(world: World, account: str) -> set[tuple[str, str | None]]:
    with world.database.read() as session:
        return {(row.state, row.reason) for row in orders_of(session, account, only_open=False, limit=100)}


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_cancel_all__in_one_class__leaves_the_others_and_other_accounts(world: World) -> None:
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(3)]
    for order in orders:
        world.place(ANA, order)
    world.sell(ANA, 1, 100, class_id=OTHER_CLASS_ID)
    world.sell(BO, 1, 100)

    done = world.market.sequencer.call(CancellingAll(ANA.address, CLASS_ID))

    assert (done.sequence, done.order_hashes) == (6, tuple(hash_of(order) for order in orders))
    assert (open_of(world, ANA.address), open_of(world, BO.address)) == ([4], [5])
    assert_replay_is_live(world)


def test_cancel_all__of_the_account__leaves_nothing_and_twice_changes_nothing(world: World) -> None:
    world.sell(ANA, 1, 100)
    world.buy(ANA, 1, 90, class_id=OTHER_CLASS_ID)

    first = world.market.sequencer.call(CancellingAll(ANA.address))
    second = world.market.sequencer.call(CancellingAll(ANA.address))

    assert len(first.order_hashes) == 2
    assert (second.sequence, second.order_hashes) == (first.sequence, ())
    assert reasons_of(world, ANA.address) == {(OrderState.CANCELLED, "by_maker")}


def test_heartbeat__that_is_missed__cancels_everything_once(world: World) -> None:
    world.sell(ANA, 1, 100)
    world.sell(BO, 1, 101)
    assert world.market.sequencer.call(Beating(ANA.address, 60)) == unix_s(START) + 60

    world.clock.at = START + timedelta(seconds=59)
    world.refund()
    assert open_of(world, ANA.address) == [1]
    world.clock.at = START + timedelta(seconds=60)
    world.refund()

    assert (open_of(world, ANA.address), open_of(world, BO.address)) == ([], [2])
    assert reasons_of(world, ANA.address) == {(OrderState.CANCELLED, "heartbeat_missed")}
    assert_replay_is_live(world)
    later = world.sell(ANA, 1, 100).accepted.sequence
    world.clock.at = START + timedelta(seconds=600)
    world.refund()
    assert open_of(world, ANA.address) == [later], "the timer is off until the next heartbeat"


def test_heartbeat__that_comes_again__keeps_the_orders_over_a_restart(world: World) -> None:
    world.sell(ANA, 1, 100)
    world.market.sequencer.call(Beating(ANA.address, 60))
    world.clock.at = START + timedelta(seconds=50)
    world.market.sequencer.call(Beating(ANA.address, 60))
    assert_replay_is_live(world)
    world.clock.at = START + timedelta(seconds=100)
    world.refund()
    assert open_of(world, ANA.address) == [1]
    world.clock.at = START + timedelta(seconds=110)
    world.refund()

    assert open_of(world, ANA.address) == []


def test_heartbeat__switched_off__cancels_nothing(world: World) -> None:
    world.sell(ANA, 1, 100)
    world.market.sequencer.call(Beating(ANA.address, 60))
    assert world.market.sequencer.call(Beating(ANA.address, 0)) == 0
    world.clock.at = START + timedelta(seconds=600)
    world.refund()

    assert open_of(world, ANA.address) == [1]
    assert_replay_is_live(world)


@pytest.mark.parametrize("seconds", [-1, 1, 4, 86_401])
def test_heartbeat__out_of_range__is_refused(world: World, seconds: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.market.sequencer.call(Beating(ANA.address, seconds))
    assert refused.value.code == "market.heartbeat_out_of_range"
