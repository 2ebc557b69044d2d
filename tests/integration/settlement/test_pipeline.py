"""From two signed orders to balances on a real chain, through the market, the outbox and the indexer."""

from datetime import timedelta

from sqlmodel import select

from backend.chain.keys import DevRole
from backend.link.balances import credit_balance, payment_balance
from backend.market.order import Side
from backend.market.tables import TradeState
from backend.settlement.settler import Settler
from backend.settlement.tables import Batch, BatchState, Fill
from tests.contract.people import CLASS_ID
from tests.integration.settlement.conftest import Floor
from tests.patience import until


def test_trade__matched__is_settled_on_the_chain_and_in_the_index(floor: Floor) -> None:
    seller = floor.funded(0, credits_gco2e=50_000)
    buyer = floor.funded(1, money=10**9)
    floor.place(0, Side.SELL, 30, 900)
    floor.place(1, Side.BUY, 20, 1000)
    trade = floor.last_settled()
    assert (trade.state, trade.lots, trade.price_per_kg) == (TradeState.SETTLED, 20, 900)
    fee = 20 * 900 * 30 // 10_000
    assert floor.people.credits_of(buyer) == 20_000
    assert floor.people.money_of(seller) == 20 * 900 - fee
    with floor.tanyu.database.read() as session:
        assert credit_balance(session, buyer, CLASS_ID) == 20_000
        assert payment_balance(session, seller) == 20 * 900 - fee
        (fill,) = session.exec(select(Fill)).all()
        assert (fill.trade_id, fill.lots, fill.fee) == (trade.id, 20, fee)


def test_batch__exchange_paused__comes_back_and_settles_after_unpausing_inv_08(floor: Floor) -> None:
    floor.funded(4, credits_gco2e=10_000)
    floor.funded(5, money=10**9)
    floor.people.send("Exchange", "pause", by=DevRole.PAUSER)
    floor.place(4, Side.SELL, 5, 700)
    floor.place(5, Side.BUY, 5, 700)

    def returned() -> bool:
        with floor.tanyu.database.read() as session:
            return bool(session.exec(select(Batch).where(Batch.state == BatchState.RETURNED)).all())

    until(returned, "the batch to come back")
    floor.people.send("Exchange", "unpause", by=DevRole.PAUSER)
    assert floor.last_settled().state == TradeState.SETTLED


def test_trade__seller_moved_the_credits_away__is_busted_with_the_reason_inv_07(floor: Floor) -> None:
    floor.tanyu.settling.stop(timedelta(seconds=5))  # the last test of this module: it settles by hand
    floor.funded(2, credits_gco2e=10_000)
    floor.funded(3, money=10**9)
    floor.place(2, Side.SELL, 10, 500)
    buy = floor.place(3, Side.BUY, 15, 500)
    seller = floor.move_away(2, 10_000)
    settler = Settler(floor.tanyu.database, floor.tanyu.contracts, floor.tanyu.market, floor.tanyu.clock)

    def is_final() -> bool:
        settler.step()
        return floor.trades()[-1].state in {TradeState.BUSTED, TradeState.SETTLED}

    until(is_final, "the bust")
    trade = floor.trades()[-1]
    assert (trade.state, trade.bust_reason) == (TradeState.BUSTED, "CreditTransferFailed")
    makers = {seller, buy.maker}
    book = floor.tanyu.sequencer.ask(
        lambda engine, _: [(order.owner, order.lots) for order in engine.orders.values() if order.owner in makers]
    )
    assert book == [(buy.maker, 15)], "the seller's order left, the buyer has its lots back"
