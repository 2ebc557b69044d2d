"""The life of one order, step by step: accepted, matched, sent, mined, final, and how it left the book. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

from backend.access.wire import Amount, HexBytes32, Iso, Wire
from backend.kernel.mass import lots_of
from backend.market.tables import OrderState
from backend.market.tape_views import OwnTradeOut
from backend.market.turn import TRADE_BUSTED
from backend.market.views import OrderOut

ACCEPTED, MATCHED, SENT, BUSTED = "accepted", "matched", "sent", "busted"
SHRANK, RESTORED = "shrank", "restored"


class LifeStep(Wire):
    """What happened at a time. `step`: of the order accepted, shrank, restored (it has the lots of a busted trade
    again), or the state in which it left the book; of one of its trades matched, sent, mined, final or busted. `lots`:
    so many of it. `reason`: why, in a word.
    """

    at: Iso
    step: str
    lots: Amount
    trade_id: int | None = None
    price_per_kg: Amount | None = None
    tx_hash: HexBytes32 | None = None
    reason: str | None = None


def life_of(order: OrderOut, trades: Sequence[OwnTradeOut]) -> list[LifeStep]:
    """Every step in its order. `trades`: the order's own, as its maker sees them."""
    lots = lots_of(order.amount_gco2e)
    steps = [(order.accepted_at, LifeStep(at=order.accepted_at, step=ACCEPTED, lots=lots))]
    for trade in trades:
        steps += _in_order(_steps_of(trade))
    if order.state != OrderState.OPEN:
        left = order.lots_matched if order.state == OrderState.FILLED else lots - order.lots_matched
        end = LifeStep(at=order.changed_at, step=order.state, lots=left, reason=order.reason)
        steps.append((order.changed_at, end))
    elif order.reason is not None:
        step = RESTORED if order.reason == TRADE_BUSTED else SHRANK
        change = LifeStep(at=order.changed_at, step=step, lots=order.lots_open, reason=order.reason)
        steps.append((order.changed_at, change))
    return [step for _, step in sorted(steps, key=itemgetter(0))]


def _in_order(steps: Iterable[LifeStep]) -> Iterator[tuple[datetime, LifeStep]]:
    """Each with a time that is not before the last one's: a block's time is of whole seconds, and of another clock."""
    latest: datetime | None = None
    for step in steps:
        latest = step.at if latest is None else max(latest, step.at)
        yield latest, step


def _steps_of(trade: OwnTradeOut) -> Iterator[LifeStep]:
    """A trade's steps, as they must follow each other."""
    lots, trade_id = trade.lots, trade.trade_id
    yield LifeStep(at=trade.matched_at, step=MATCHED, lots=lots, trade_id=trade_id, price_per_kg=trade.price_per_kg)
    if trade.sent_at is not None:
        yield LifeStep(at=trade.sent_at, step=SENT, lots=lots, trade_id=trade_id)
    if trade.settled_at is not None:
        yield LifeStep(at=trade.settled_at, step=trade.state, lots=lots, trade_id=trade_id, tx_hash=trade.tx_hash)
    if trade.busted_at is not None:
        yield LifeStep(at=trade.busted_at, step=BUSTED, lots=lots, trade_id=trade_id, reason=trade.bust_reason)
