"""The life of one order, step by step: accepted, matched, sent, mined, final, and how it left the book. Pure."""

from collections.abc import Iterator, Sequence

from backend.access.wire import Amount, HexBytes32, Iso, Wire
from backend.kernel.mass import lots_of
from backend.market.tables import OrderState
from backend.market.tape_views import OwnTradeOut
from backend.market.views import OrderOut

ACCEPTED, MATCHED, SENT, BUSTED, SHRANK = "accepted", "matched", "sent", "busted", "shrank"


class LifeStep(Wire):
    """What happened at a time. `step`: of the order accepted, shrank, or the state in which it left the book; of one of
    its trades matched, sent, mined, final or busted. `lots`: so many of it. `reason`: why, in a word.
    """

    at: Iso
    step: str
    lots: Amount
    trade_id: int | None = None
    price_per_kg: Amount | None = None
    tx_hash: HexBytes32 | None = None
    reason: str | None = None


def life_of(order: OrderOut, trades: Sequence[OwnTradeOut]) -> list[LifeStep]:
    """Every step by time. `trades`: the order's own, as its maker sees them."""
    lots = lots_of(order.amount_gco2e)
    steps = [LifeStep(at=order.accepted_at, step=ACCEPTED, lots=lots)]
    for trade in trades:
        steps += _steps_of(trade)
    if order.state != OrderState.OPEN:
        left = lots if order.state == OrderState.FILLED else lots - order.lots_matched
        steps.append(LifeStep(at=order.changed_at, step=order.state, lots=left, reason=order.reason))
    elif order.reason is not None:
        steps.append(LifeStep(at=order.changed_at, step=SHRANK, lots=order.lots_open, reason=order.reason))
    return sorted(steps, key=lambda step: step.at)


def _steps_of(trade: OwnTradeOut) -> Iterator[LifeStep]:
    lots, trade_id = trade.lots, trade.trade_id
    yield LifeStep(at=trade.matched_at, step=MATCHED, lots=lots, trade_id=trade_id, price_per_kg=trade.price_per_kg)
    if trade.sent_at is not None:
        yield LifeStep(at=trade.sent_at, step=SENT, lots=lots, trade_id=trade_id)
    if trade.settled_at is not None:
        yield LifeStep(at=trade.settled_at, step=trade.state, lots=lots, trade_id=trade_id, tx_hash=trade.tx_hash)
    if trade.busted_at is not None:
        yield LifeStep(at=trade.busted_at, step=BUSTED, lots=lots, trade_id=trade_id, reason=trade.bust_reason)
