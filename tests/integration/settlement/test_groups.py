"""A fill-or-kill order of several makers on a real chain: all of it settles, or none."""

from datetime import timedelta

from backend.chain.typed_data import digest
from backend.kernel.clock import unix_s
from backend.market.instructions import Instructions, TimeInForce
from backend.market.listing import rules_of
from backend.market.order import Side, SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.tables import OrderState, TradeRow, TradeState
from backend.market.tape import order_with_hash
from backend.settlement.settler import Settler
from tests.contract.people import CLASS_ID
from tests.integration.settlement.conftest import Floor
from tests.patience import until

FOK = Instructions(time_in_force=TimeInForce.FOK)


def fill_or_kill(floor: Floor, index: int, lots: int, price_per_kg: int) -> tuple[SignedOrder, Accepted]:
    """A buy that takes all or nothing."""
    maker = floor.people.person(index).address
    number = floor.tanyu.market.lease_numbers(maker, 1).first
    expiry = unix_s(floor.tanyu.clock.now() + timedelta(hours=1))
    order = floor.people.order(index, Side.BUY, lots, price_per_kg, number=number, expiry=expiry)
    with floor.tanyu.database.read() as session:
        rules = rules_of(session, CLASS_ID)
    order_hash = digest("Order", floor.tanyu.deployment.domain("Exchange"), order.message())
    placing = Placing(order, floor.people.signature(index, order), order_hash, rules, FOK)
    return order, floor.tanyu.sequencer.call(placing)


def state_of(floor: Floor, order: SignedOrder) -> tuple[str, int, int]:
    order_hash = digest("Order", floor.tanyu.deployment.domain("Exchange"), order.message())
    with floor.tanyu.database.read() as session:
        row = order_with_hash(session, order_hash)
        return row.state, row.lots_open, row.lots_matched


def of_group(floor: Floor, group_id: int) -> list[TradeRow]:
    return [trade for trade in floor.trades() if trade.group_id == group_id]


def test_group__of_two_makers__settles_in_one_transaction(floor: Floor) -> None:
    floor.funded(0, credits_gco2e=10_000)
    floor.funded(1, credits_gco2e=10_000)
    buyer = floor.funded(2, money=10**9)
    floor.place(0, Side.SELL, 10, 500)
    floor.place(1, Side.SELL, 10, 600)

    _, accepted = fill_or_kill(floor, 2, 20, 600)
    floor.last_settled()

    trades = of_group(floor, accepted.sequence)
    assert [(trade.state, trade.lots, trade.price_per_kg) for trade in trades] == [
        (TradeState.SETTLED, 10, 500),
        (TradeState.SETTLED, 10, 600),
    ]
    assert len({trade.tx_hash for trade in trades}) == 1
    assert floor.people.credits_of(buyer) == 20_000


def test_group__of_which_one_cannot_deliver__is_busted_whole_inv_07(floor: Floor) -> None:
    floor.tanyu.settling.stop(timedelta(seconds=30))  # the last test of this module: it settles by hand
    floor.funded(3, credits_gco2e=10_000)
    floor.funded(4, credits_gco2e=10_000)
    buyer = floor.funded(5, money=10**9)
    honest = floor.place(3, Side.SELL, 10, 700)
    faithless = floor.place(4, Side.SELL, 10, 800)
    taker, accepted = fill_or_kill(floor, 5, 20, 800)
    floor.move_away(4, 10_000)
    settler = Settler(floor.tanyu.database, floor.tanyu.contracts, floor.tanyu.market, floor.tanyu.clock)

    def is_final() -> bool:
        settler.step()
        return all(trade.state == TradeState.BUSTED for trade in of_group(floor, accepted.sequence))

    until(is_final, "the bust")
    assert {trade.bust_reason for trade in of_group(floor, accepted.sequence)} == {"CreditTransferFailed"}
    assert floor.people.credits_of(buyer) == 0
    assert state_of(floor, honest) == (OrderState.OPEN, 10, 0)
    assert state_of(floor, faithless) == (OrderState.EVICTED, 0, 0)
    assert state_of(floor, taker) == (OrderState.KILLED, 0, 0), "it may not wait for others"
