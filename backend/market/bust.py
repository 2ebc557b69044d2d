"""Unwinding a trade that the chain skipped: the side at fault leaves the book, the other gets its lots back, unless it
was an order that may not wait. The trades of one fill-or-kill order are unwound together, as they were skipped.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from backend.kernel.digest import Json
from backend.kernel.errors import Conflict, NotFound
from backend.market.book import Entry
from backend.market.fault import at_fault
from backend.market.funds import Funds, affordable_lots
from backend.market.journal import Kind
from backend.market.order import Side
from backend.market.order_row import instructions_of, order_of
from backend.market.replay import entry_of, entry_payload
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
    """Unwind a trade that was skipped for `reason`, the name of the Exchange's error, and with it every trade of its
    group.
    """

    trade_id: int
    reason: str

    def __call__(self, turn: Turn) -> None:
        """Journals the bust; a second time does nothing. Raises TradeUnknown, TradeSettled."""
        turn.flush()
        query = select(TradeRow).where(TradeRow.id == self.trade_id).execution_options(populate_existing=True)
        trade = turn.session.exec(query).first()
        if trade is None:
            raise TradeUnknown(self.trade_id)
        if trade.state == TradeState.BUSTED:
            return
        trades = [trade] if trade.group_id is None else _group_of(turn, trade.group_id)
        for one in trades:
            if one.state == TradeState.SETTLED:
                raise TradeSettled(one.id)
        for one in trades:
            one.state, one.bust_reason, one.busted_at = TradeState.BUSTED, self.reason, turn.now
            turn.session.add(one)
        turn.session.flush()
        turn.chain.memory.forget_all()  # these are in flight no more
        self._unwind(turn, trades)

    def _unwind(self, turn: Turn, trades: Sequence[TradeRow]) -> None:
        lots: dict[int, int] = defaultdict(int)
        orders: dict[int, OrderRow] = {}
        for trade in trades:
            for order_id, order_hash in ((trade.buy_id, trade.buy_hash), (trade.sell_id, trade.sell_hash)):
                row = turn.order(order_hash)
                assert row is not None
                orders[order_id] = row
                lots[order_id] += trade.lots
        guilty = at_fault(turn, self.reason, trades, orders)
        restored = [_restorable(turn, row, lots[row.id]) for row in orders.values() if row not in guilty]
        payload: dict[str, Json] = {
            "tradeId": self.trade_id,
            "reason": self.reason,
            "evicted": [{"orderId": row.id, "reason": self.reason} for row in guilty if row.state in _RESTORABLE],
            "restored": [entry_payload(entry) for entry in restored if entry is not None],
        }
        if len(trades) > 1:
            payload["tradeIds"] = [trade.id for trade in trades]
        line, _ = turn.write(Kind.BUST, payload)
        for row in orders.values():
            may_wait = instructions_of(row).time_in_force.rests
            turn.unmatch(line, row.id, lots[row.id], is_over=not may_wait and row.state == OrderState.FILLED)


def _group_of(turn: Turn, group_id: int) -> list[TradeRow]:
    query = select(TradeRow).where(TradeRow.group_id == group_id).order_by(col(TradeRow.id))
    return list(turn.session.exec(query.execution_options(populate_existing=True)).all())


def _restorable(turn: Turn, row: OrderRow, lots: int) -> Entry | None:
    """The entry that gives an order its lots back, as far as its funds go; None if it may not come back."""
    instructions = instructions_of(row)
    if row.state not in _RESTORABLE or not instructions.time_in_force.rests:
        return None
    entry = entry_of(order_of(row), row.id, row.owner, instructions)
    if entry.expiry <= turn.now_s + LIFETIME_S_MIN:
        return None
    tied = turn.tied(row.maker)
    funds = Funds(turn.session, turn.chain)
    if entry.side is Side.SELL:
        free = funds.sellable_lots(row.maker, row.class_id, tied)
    else:
        money = min(funds.spendable(row.maker, tied))
        free = affordable_lots(money, row.price_per_kg, entry.fee_bound_bps)
    back = min(lots, free)
    return entry._replace(lots=back) if back > 0 else None
