"""Whose order made the Exchange skip a trade, or a group of trades that settle all or none.

`Skipped` names the error but not always the side, so the fault is found by asking what the Exchange asked. When that
cannot be told, everybody's order is: an order that made the chain skip must not make it skip again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from backend.market.funds import Funds
from backend.market.order import FEE_CAP_BPS
from backend.market.tables import OrderRow, TradeRow
from backend.market.tied import Tied, cost_bound
from backend.market.turn import Turn

_DELIVERY = {"CreditTransferFailed", "ActionFailed", "GasExhausted"}


def at_fault(turn: Turn, reason: str, trades: Sequence[TradeRow], orders: Mapping[int, OrderRow]) -> list[OrderRow]:
    """The orders, of those of these trades, by the name of the Exchange's error. The trades no longer count as in
    flight, and everything is flushed.
    """
    buys = [orders[order_id] for order_id in dict.fromkeys(trade.buy_id for trade in trades)]
    sells = [orders[order_id] for order_id in dict.fromkeys(trade.sell_id for trade in trades)]
    if reason == "PaymentFailed":
        return buys if len(buys) == 1 else _without_money(turn, trades, buys) or buys
    if reason in _DELIVERY:
        # Delivery failed: the seller's fault without the credits, else that of whom the credits went to.
        return _without_credits(turn, trades, sells) or buys
    balances = turn.chain.balances
    found: list[OrderRow] = []
    everybody = [*buys, *sells]
    if reason == "OrderExpired":
        found = [row for row in everybody if row.expiry <= turn.now_s]
    elif reason == "OrderEpochStale":
        found = [row for row in everybody if row.epoch != balances.maker_epoch(turn.session, row.maker)]
    elif reason == "OrderCancelled":
        found = [row for row in everybody if balances.number_cancelled(turn.session, row.maker, row.number)]
    elif reason == "OrderFeeExceeded":
        found = [row for row in everybody if row.max_fee_bps < turn.chain.fee_bps()]
    return found or everybody


def _without_money(turn: Turn, trades: Sequence[TradeRow], buys: Sequence[OrderRow]) -> list[OrderRow]:
    funds = Funds(turn.session, turn.chain)
    costs: dict[int, int] = defaultdict(int)
    for trade in trades:
        bound = next(row.max_fee_bps for row in buys if row.id == trade.buy_id)
        costs[trade.buy_id] += cost_bound(trade.lots, trade.price_per_kg, min(bound, FEE_CAP_BPS))
    return [row for row in buys if min(funds.spendable(row.maker, Tied())) < costs[row.id]]


def _without_credits(turn: Turn, trades: Sequence[TradeRow], sells: Sequence[OrderRow]) -> list[OrderRow]:
    funds = Funds(turn.session, turn.chain)
    lots: dict[int, int] = defaultdict(int)
    for trade in trades:
        lots[trade.sell_id] += trade.lots
    return [row for row in sells if funds.sellable_lots(row.maker, row.class_id, Tied()) < lots[row.id]]
