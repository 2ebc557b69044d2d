"""Replacing an order: what keeps its place, what comes in anew, and what cannot be replaced."""

from dataclasses import replace

import pytest

from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, TanyuError
from backend.market.cancel import CancellingNumber
from backend.market.instructions import PLAIN, Instructions, TimeInForce
from backend.market.listing import rules_of
from backend.market.order import Side, SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.replace import Replacing
from backend.market.tables import OrderRow, OrderState
from backend.market.tape import order_with_hash
from tests.unit.market.world import ANA, BO, CHEN, OTHER_CLASS_ID, World, hash_of, signed


def put(world: World, old: SignedOrder, new: SignedOrder, instructions: Instructions = PLAIN) -> Accepted:
    """ANA puts one order in the place of another."""
    with world.database.read() as session:
        rules = rules_of(session, new.class_id)
    placing = Placing(new, signed(ANA, new), hash_of(new), rules, instructions)
    return world.market.sequencer.call(Replacing(hash_of(old), placing))


def resting(world: World, lots: int = 5, price: int = 100) -> SignedOrder:
    """A sell of ANA's in the book."""
    order = world.order(ANA, Side.SELL, lots, price)
    world.place(ANA, order)
    return order


def changed(order: SignedOrder, lots: int, price: int, **more: object) -> SignedOrder:
    return replace(order, amount_gco2e=lots * 1000, price_per_kg=price, **more)  # type: ignore[arg-type] # order fields


def row_of(world: World, order: SignedOrder) -> OrderRow:
    with world.database.read() as session:
        return order_with_hash(session, hash_of(order))


def refusal(world: World, old: SignedOrder, new: SignedOrder, instructions: Instructions = PLAIN) -> TanyuError:
    before = world.state_digest()
    with pytest.raises(TanyuError) as refused:
        put(world, old, new, instructions)
    assert world.state_digest() == before
    return refused.value


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_replace__with_fewer_lots_at_the_price__keeps_its_place(world: World) -> None:
    old = resting(world)
    world.sell(CHEN, 5, 100)
    new = changed(old, 3, 100, expiry=old.expiry + 60)
    accepted = put(world, old, new)

    assert (accepted.sequence, accepted.lots_open, accepted.fills) == (3, 3, ())
    assert (row_of(world, old).state, row_of(world, old).reason) == (OrderState.CANCELLED, "replaced")
    assert (row_of(world, new).state, row_of(world, new).lots_open) == (OrderState.OPEN, 3)
    assert_replay_is_live(world)
    assert world.buy(BO, 4, 100).accepted.fills == ((3, 3, 100), (2, 1, 100))


@pytest.mark.parametrize(("lots", "price"), [(6, 100), (5, 101)])
def test_replace__with_more_lots_or_another_price__goes_to_the_end(world: World, lots: int, price: int) -> None:
    old = resting(world)
    world.sell(CHEN, 5, price)
    put(world, old, changed(old, lots, price))

    assert_replay_is_live(world)
    assert world.buy(BO, 6, price).accepted.fills == ((2, 5, price), (3, 1, price))


def test_replace__that_crosses__is_matched_like_any_order(world: World) -> None:
    old = resting(world)
    world.buy(BO, 2, 95)
    accepted = put(world, old, changed(old, 5, 95))

    assert (accepted.fills, accepted.lots_open) == (((2, 2, 95),), 3)
    assert_replay_is_live(world)


def test_replace__again__gets_the_first_answer(world: World) -> None:
    old = resting(world)
    new = changed(old, 3, 100)
    first = put(world, old, new)
    world.buy(BO, 3, 100)

    assert put(world, old, new) == first


def test_replace__of_a_replacement__goes_on_under_the_same_number(world: World) -> None:
    old = resting(world)
    second, third = changed(old, 4, 100), changed(old, 3, 100)
    put(world, old, second)
    put(world, second, third)

    assert world.market.sequencer.ask(lambda engine, _: list(engine.orders)) == [3]
    world.market.cancel(ANA.address, hash_of(third))
    assert world.market.sequencer.ask(lambda engine, _: list(engine.orders)) == []


def test_replace__needs_no_funds_for_the_one_that_goes(world: World) -> None:
    world.balances.credits[ANA.address, resting(world).class_id] = 5_000
    old = world.market.sequencer.ask(lambda engine, _: next(iter(engine.orders.values())).entry)
    assert old.lots == 5
    with world.database.read() as session:
        row = session.get_one(OrderRow, 1)
    order = replace(world.order(ANA, Side.SELL, 5, 101), number=row.number, expiry=row.expiry)
    first = replace(order, price_per_kg=100)

    assert put(world, first, order).lots_open == 5
    assert refusal(world, order, changed(order, 6, 101)).code == "market.credits_insufficient"


def test_replace__of_an_order_partly_matched__is_refused(world: World) -> None:
    old = resting(world)
    world.buy(BO, 2, 100)

    refused = refusal(world, old, changed(old, 3, 101))

    assert isinstance(refused, Conflict)
    assert refused.code == "market.order_partly_matched"
    assert refused.fields["lots_matched"] == 2


def test_replace__after_the_match_was_busted__is_possible(world: World) -> None:
    old = resting(world)
    world.buy(BO, 2, 100)
    world.market.bust(1, "PaymentFailed")

    assert put(world, old, changed(old, 3, 101)).lots_open == 3
    assert_replay_is_live(world)


def test_replace__by_an_order_that_cannot_stand_there__names_the_field(world: World) -> None:
    old = resting(world)
    other_number = world.number(ANA)
    wrong = {
        "number": (changed(old, 3, 100, number=other_number), PLAIN),
        "classId": (changed(old, 3, 100, class_id=OTHER_CLASS_ID), PLAIN),
        "side": (changed(old, 3, 100, side=Side.BUY), PLAIN),
        "timeInForce": (changed(old, 3, 100), Instructions(time_in_force=TimeInForce.IOC)),
    }
    for field, (new, instructions) in wrong.items():
        refused = refusal(world, old, new, instructions)
        assert isinstance(refused, InvalidInput)
        assert (refused.code, refused.fields["field"]) == ("market.replacement_differs", field)


def test_replace__of_what_is_not_there__is_refused(world: World) -> None:
    old = resting(world)
    unknown = refusal(world, changed(old, 9, 100), changed(old, 3, 100))
    assert isinstance(unknown, NotFound)
    assert unknown.code == "market.order_unknown"
    others = world.order(BO, Side.SELL, 5, 100)
    world.place(BO, others)
    assert isinstance(refusal(world, others, changed(old, 3, 100)), Forbidden)
    world.market.cancel(ANA.address, hash_of(old))
    assert refusal(world, old, changed(old, 3, 100)).code == "market.order_closed"


def test_replace__by_post_only_that_would_cross__leaves_the_old_one(world: World) -> None:
    old = resting(world)
    world.buy(BO, 2, 95)

    refused = refusal(world, old, changed(old, 5, 95), Instructions(post_only=True))

    assert refused.code == "market.post_only_would_cross"
    assert row_of(world, old).state == OrderState.OPEN


def test_cancel_by_number__of_a_replaced_order__takes_the_one_that_stands(world: World) -> None:
    old = resting(world)
    put(world, old, changed(old, 3, 100))

    cancelled = world.market.sequencer.call(CancellingNumber(ANA.address, old.number))

    assert cancelled.order_hash == hash_of(changed(old, 3, 100))
