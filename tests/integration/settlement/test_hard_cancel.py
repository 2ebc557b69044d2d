"""A cancellation on a real chain: off the book at once, then the chain has it, and the order can never be settled."""

from datetime import timedelta

from backend.chain.typed_data import sign
from backend.kernel.clock import unix_s
from backend.link import balances
from backend.link.tables import IntentState
from backend.market.hard_cancel import SignedCancel
from backend.market.order import Side
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
