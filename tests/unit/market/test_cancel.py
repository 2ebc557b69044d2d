"""Cancelling: by the signed-in maker or by a signed message; at once, once, and nobody else's."""

import pytest

from backend.chain.signature import SignatureMalformed
from backend.chain.typed_data import sign
from backend.kernel.clock import unix_s
from backend.market.cancel import NotYourOrder, OrderClosed, OrderUnknown
from backend.market.door import SignatureNotMakers
from backend.market.order import Side
from backend.market.service import CancelDeadlinePassed
from backend.market.tape import order_with_hash
from tests.unit.market.world import ANA, BO, DOMAIN, World, hash_of


def test_cancel__an_open_order__takes_it_off_at_once_and_stands_after_a_restart(world: World) -> None:
    ack = world.sell(ANA, 5, 100)
    world.buy(BO, 2, 100)

    cancelled = world.market.cancel(ANA.address, ack.accepted.order_hash)

    assert (cancelled.sequence, cancelled.lots_matched) == (3, 2)
    assert world.buy(BO, 3, 100).accepted.fills == ()
    with world.database.read() as session:
        row = order_with_hash(session, ack.accepted.order_hash)
    assert (row.state, row.reason, row.lots_open, row.changed_sequence) == ("cancelled", "by_maker", 0, 3)
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_cancel__twice__gives_the_first_answer(world: World) -> None:
    ack = world.sell(ANA, 5, 100)

    first = world.market.cancel(ANA.address, ack.accepted.order_hash)

    assert world.market.cancel(ANA.address, ack.accepted.order_hash) == first


def test_cancel__somebody_elses_order__is_refused(world: World) -> None:
    ack = world.sell(ANA, 5, 100)

    with pytest.raises(NotYourOrder) as refusal:
        world.market.cancel(BO.address, ack.accepted.order_hash)
    assert refusal.value.code == "market.not_your_order"
    assert world.buy(BO, 5, 100).accepted.fills == ((1, 5, 100),)


def test_cancel__an_order_never_accepted__is_refused(world: World) -> None:
    with pytest.raises(OrderUnknown) as refusal:
        world.market.cancel(ANA.address, b"\1" * 32)
    assert refusal.value.code == "market.order_unknown"


def test_cancel__a_filled_order__says_that_it_is_filled(world: World) -> None:
    ack = world.sell(ANA, 5, 100)
    world.buy(BO, 5, 100)

    with pytest.raises(OrderClosed) as refusal:
        world.market.cancel(ANA.address, ack.accepted.order_hash)
    assert (refusal.value.code, refusal.value.fields["state"]) == ("market.order_closed", "filled")


def test_cancel_signed__takes_the_order_under_the_number_off(world: World) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    deadline = unix_s(world.clock.now()) + 60
    message = {"maker": ANA.address, "number": order.number, "deadline": deadline}
    signature = sign(ANA, "Cancel", DOMAIN, message)

    cancelled = world.market.cancel_signed(ANA.address, order.number, deadline, signature)

    assert cancelled.order_hash == hash_of(order)
    assert world.market.cancel_signed(ANA.address, order.number, deadline, signature) == cancelled


def test_cancel_signed__not_by_the_maker_or_too_late_or_for_no_order__is_refused(world: World) -> None:
    order = world.order(ANA, Side.SELL, 5, 100)
    world.place(ANA, order)
    now_s = unix_s(world.clock.now())

    def message(deadline: int, number: int = order.number) -> dict[str, object]:
        return {"maker": ANA.address, "number": number, "deadline": deadline}

    with pytest.raises(SignatureNotMakers):
        world.market.cancel_signed(
            ANA.address, order.number, now_s + 60, sign(BO, "Cancel", DOMAIN, message(now_s + 60))
        )
    with pytest.raises(SignatureMalformed):
        world.market.cancel_signed(ANA.address, order.number, now_s + 60, b"\0" * 65)
    with pytest.raises(CancelDeadlinePassed) as refusal:
        world.market.cancel_signed(ANA.address, order.number, now_s, sign(ANA, "Cancel", DOMAIN, message(now_s)))
    assert refusal.value.code == "market.cancel_deadline_passed"
    with pytest.raises(OrderUnknown):
        world.market.cancel_signed(
            ANA.address, 2**200, now_s + 60, sign(ANA, "Cancel", DOMAIN, message(now_s + 60, 2**200))
        )
    assert world.buy(BO, 5, 100).accepted.fills == ((1, 5, 100),)
