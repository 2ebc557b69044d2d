"""Unwinding a trade that the chain skipped: the side at fault leaves the book, the other gets its lots back.

`Skipped` names the error but not always the side, so the fault is found by asking what the Exchange asked. When that
cannot be told, both orders leave: an order that made the chain skip must not make it skip again.
"""

from dataclasses import dataclass

from sqlmodel import select

from backend.kernel.errors import Conflict, NotFound
from backend.market.book import Entry
from backend.market.funds import Funds, affordable_lots
from backend.market.journal import Kind
from backend.market.order import FEE_CAP_BPS, Side
from backend.market.replay import entry_payload
from backend.market.rules import LIFETIME_S_MIN
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState
from backend.market.turn import Turn

_RESTORABLE = (OrderState.OPEN, OrderState.FILLED)


class TradeUnknown(NotFound):
    """No such trade."""

    code = "market.trade_unknown"

    def __init__(self, trade_id: int) -> None:
        super().__init__(f"no trade {trade_id}", trade_id=trade_id)


class TradeSettled(Conflict):
    """The chain filled the trade: there is nothing to unwind."""

    code = "market.trade_settled"

    def __init__(self, trade_id: int) -> None:
        super().__init__(f"trade {trade_id} is settled", trade_id=trade_id)


@dataclass(frozen=True)
class Busting:
    """Unwind a trade that was skipped for `reason`: the name of the Exchange's error."""

    trade_id: int
    reason: str

    def __call__(self, turn: Turn) -> None:
        """Journals the bust; a second time does nothing. Raises TradeUnknown, TradeSettled."""
        turn.flush()
        query = select(TradeRow).where(TradeRow.id == self.trade_id).execution_options(populate_existing=True)
        trade = turn.session.exec(query).first()
        if trade is None:
            raise TradeUnknown(self.trade_id)
        if trade.state == TradeState.SETTLED:
            raise TradeSettled(self.trade_id)
        if trade.state == TradeState.BUSTED:
            return
        buy, sell = turn.order(trade.buy_hash), turn.order(trade.sell_hash)
        assert buy is not None
        assert sell is not None
        trade.state, trade.bust_reason, trade.busted_at = TradeState.BUSTED, self.reason, turn.now
        turn.session.add(trade)
        turn.session.flush()
        self._unwind(turn, trade, buy, sell)

    def _unwind(self, turn: Turn, trade: TradeRow, buy: OrderRow, sell: OrderRow) -> None:
        guilty = _at_fault(turn, self.reason, trade, buy, sell)
        innocent = [row for row in (buy, sell) if row not in guilty]
        restored = [entry for row in innocent if (entry := _restorable(turn, row, trade.lots)) is not None]
        line, _ = turn.write(
            Kind.BUST,
            {
                "tradeId": trade.id,
                "reason": self.reason,
                "evicted": [{"orderId": row.id, "reason": self.reason} for row in guilty if row.state in _RESTORABLE],
                "restored": [entry_payload(entry) for entry in restored],
            },
        )
        for row in (buy, sell):
            turn.unmatch(line, row.id, trade.lots)


def _at_fault(turn: Turn, reason: str, trade: TradeRow, buy: OrderRow, sell: OrderRow) -> list[OrderRow]:
    """Whose order made the Exchange skip; both if that cannot be told."""
    balances = turn.chain.balances
    both = [buy, sell]
    if reason == "PaymentFailed":
        return [buy]
    if reason in {"CreditTransferFailed", "ActionFailed", "GasExhausted"}:
        # Delivery failed: the seller's fault without the credits, else that of whom the credits went to.
        free = Funds(turn.session, turn.chain).sellable_lots(sell.maker, trade.class_id, ())
        return [sell] if free < trade.lots else [buy]
    found: list[OrderRow] = []
    if reason == "OrderExpired":
        found = [row for row in both if row.expiry <= turn.now_s]
    elif reason == "OrderEpochStale":
        found = [row for row in both if row.epoch != balances.maker_epoch(turn.session, row.maker)]
    elif reason == "OrderCancelled":
        found = [row for row in both if balances.number_cancelled(turn.session, row.maker, row.number)]
    elif reason == "OrderFeeExceeded":
        found = [row for row in both if row.max_fee_bps < turn.chain.fee_bps()]
    return found or both


def _restorable(turn: Turn, row: OrderRow, lots: int) -> Entry | None:
    """The entry that gives an order its lots back, as far as its funds go; None if it may not come back."""
    if row.state not in _RESTORABLE or row.expiry <= turn.now_s + LIFETIME_S_MIN:
        return None
    side, bound = Side(row.side), min(row.max_fee_bps, FEE_CAP_BPS)
    open_orders = list(turn.engine.open_of(row.maker))
    funds = Funds(turn.session, turn.chain)
    if side is Side.SELL:
        free = funds.sellable_lots(row.maker, row.class_id, open_orders)
    else:
        free = affordable_lots(min(funds.spendable(row.maker, open_orders)), row.price_per_kg, bound)
    back = min(lots, free)
    if back <= 0:
        return None
    return Entry(row.id, row.class_id, row.maker, side, back, row.price_per_kg, row.expiry, bound)
