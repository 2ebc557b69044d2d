"""A cancellation on a real chain: off the book at once, then the chain has it, and the order can never be settled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.chain.typed_data import sign
from backend.kernel.clock import unix_s
from backend.link import balances
from backend.link.tables import IntentState
from backend.market.door import SignatureNotMakers
from backend.market.hard_cancel import SignedCancel, SignedCancelAll
from backend.market.order import Side
from backend.market.place import EpochStale
from backend.market.service import CancelDeadlinePassed
from backend.market.tables import OrderState
from backend.market.tape import order_with_hash
from tests.integration.settlement.conftest import Floor
from tests.patience import until


def test_cancel_hard__an_open_order__is_cancelled_on_the_chain_too(floor: Floor) -> None:
    maker = floor.funded(90, credits_gco2e=10_000)
    order = floor.place(90, Side.SELL, 5, 1_000_000)
    deadline = unix_s(floor.tanyu.clock.now() + timedelta(hours=1))
    message = {"maker": maker, "number": order.number, "deadline": deadline}
    exchange = floor.tanyu.deployment.domain("Exchange")
    cancel = SignedCancel(maker, order.number, deadline, sign(floor.people.person(90), "Cancel", exchange, message))

    cancelled, _ = floor.tanyu.market.cancel_hard(floor.tanyu.contracts, cancel)

    with floor.tanyu.database.read() as session:
        assert order_with_hash(session, cancelled.order_hash).state == OrderState.CANCELLED

    def on_the_chain() -> bool:
        again, chain = floor.tanyu.market.cancel_hard(floor.tanyu.contracts, cancel)
        assert again == cancelled
        return chain.state in {IntentState.MINED, IntentState.CONFIRMED}

    until(on_the_chain, "the chain to have the cancellation")

    def indexed() -> bool:
        with floor.tanyu.database.read() as session:
            return balances.number_cancelled(session, maker, order.number)

    until(indexed, "the index to see it")


def test_cancel_epoch__takes_every_order_off_and_nothing_of_that_epoch_settles_any_more(floor: Floor) -> None:
    maker = floor.funded(91, credits_gco2e=10_000)
    orders = [floor.place(91, Side.SELL, 2, price) for price in (1_000_000, 1_000_100)]
    deadline = unix_s(floor.tanyu.clock.now() + timedelta(hours=1))
    exchange, market = floor.tanyu.deployment.domain("Exchange"), floor.tanyu.market
    message: dict[str, object] = {"maker": maker, "epoch": 0, "deadline": deadline}
    signature = sign(floor.people.person(91), "CancelAll", exchange, message)
    cancel = SignedCancelAll(maker, 0, deadline, signature)

    cancelled, chain = market.cancel_epoch(floor.tanyu.contracts, cancel)

    assert cancelled is not None
    assert len(cancelled.order_hashes) == len(orders)
    assert chain.reason is None

    def on_the_chain() -> bool:
        again, stands = market.cancel_epoch(floor.tanyu.contracts, cancel)
        assert again is None
        return stands.state in {IntentState.MINED, IntentState.CONFIRMED}

    until(on_the_chain, "the chain to have the cancellation")

    def indexed() -> bool:
        with floor.tanyu.database.read() as session:
            return balances.maker_epoch(session, maker) > 0

    until(indexed, "the index to see it")
    with pytest.raises(EpochStale):
        market.cancel_epoch(floor.tanyu.contracts, later(cancel, floor))
    with pytest.raises(EpochStale):
        floor.place(91, Side.SELL, 2, 1_000_000)


def test_cancel_epoch__by_another_or_too_late__is_refused(floor: Floor) -> None:
    maker = floor.funded(92)
    now_s = unix_s(floor.tanyu.clock.now())
    exchange, market = floor.tanyu.deployment.domain("Exchange"), floor.tanyu.market
    message: dict[str, object] = {"maker": maker, "epoch": 0, "deadline": now_s + 3600}
    by_other = sign(floor.people.person(93), "CancelAll", exchange, message)

    with pytest.raises(SignatureNotMakers):
        market.cancel_epoch(floor.tanyu.contracts, SignedCancelAll(maker, 0, now_s + 3600, by_other))
    with pytest.raises(CancelDeadlinePassed):
        market.cancel_epoch(floor.tanyu.contracts, SignedCancelAll(maker, 0, now_s, by_other))


def later(cancel: SignedCancelAll, floor: Floor) -> SignedCancelAll:
    """Another signed message of the same epoch."""
    again = replace(cancel, deadline=cancel.deadline + 1)
    exchange = floor.tanyu.deployment.domain("Exchange")
    return replace(again, signature=sign(floor.people.person(91), "CancelAll", exchange, again.message()))
