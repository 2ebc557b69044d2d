"""The life of one order, step by step: accepted, matched, sent, mined, final, and how it left the book. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.kernel.digest import to_hex
from backend.kernel.mass import lots_of
from backend.market.tables import OrderState
from backend.market.tape_views import OwnTradeOut
from backend.market.views import OrderOut


@dataclass(frozen=True)
class LifeStep:
    """What happened to an order at a time."""

    at: datetime
    step: str
    """accepted; of a trade matched, sent, mined, final or busted; of the order filled, killed, cancelled, expired or
    evicted.
    """
    trade_id: int | None
    lots: int
    what: str
    """More in a word: a price, a transaction, a reason."""


def life_of(order: OrderOut, trades: Sequence[OwnTradeOut]) -> list[LifeStep]:
    """Every step by time. `trades`: the order's own, as its maker sees them."""
    lots = lots_of(order.amount_gco2e)
    steps = [LifeStep(order.accepted_at, "accepted", None, lots, f"journal line {order.sequence}")]
    for trade in trades:
        steps += _steps(trade)
    if order.state != OrderState.OPEN:
        left = lots if order.state == OrderState.FILLED else lots - order.lots_matched
        steps.append(LifeStep(order.changed_at, order.state, None, left, order.reason or ""))
    elif order.reason is not None:
        steps.append(LifeStep(order.changed_at, "shrank", None, order.lots_open, order.reason))
    return sorted(steps, key=lambda step: step.at)


def _steps(trade: OwnTradeOut) -> Iterator[LifeStep]:
    yield LifeStep(trade.matched_at, "matched", trade.trade_id, trade.lots, f"at {trade.price_per_kg} per kg")
    if trade.sent_at is not None:
        yield LifeStep(trade.sent_at, "sent", trade.trade_id, trade.lots, "")
    if trade.state in {"mined", "final"} and trade.settled_at is not None:
        tx = "" if trade.tx_hash is None else to_hex(trade.tx_hash)
        yield LifeStep(trade.settled_at, trade.state, trade.trade_id, trade.lots, tx)
    if trade.busted_at is not None:
        yield LifeStep(trade.busted_at, "busted", trade.trade_id, trade.lots, trade.bust_reason or "")
