"""Bought today, sold tomorrow: where a class asks it, what an account bought since midnight UTC is not for sale yet, so
that credits cannot go round in a circle within a day to make a price.
"""

from sqlmodel import Session, select

from backend.kernel.clock import from_unix_s
from backend.kernel.errors import RuleViolated
from backend.kernel.mass import LOT_GCO2E
from backend.market.funds import lots_in_flight
from backend.market.order import Side, SignedOrder
from backend.market.rules import ClassRules
from backend.market.tables import TradeRow, TradeState
from backend.market.trading_day import DAY_S
from backend.market.turn import Turn


class ResaleTooSoon(RuleViolated):
    """A sell of what was bought today, in a class that sells it tomorrow."""

    code = "market.resale_too_soon"

    def __init__(self, lots: int, free: int, bought_today: int) -> None:
        super().__init__(
            f"{lots} kg to sell, but {bought_today} kg were bought today and are for sale tomorrow (UTC); "
            f"{free} kg are free",
            lots=lots,
            free_lots=free,
            lots_bought_today=bought_today,
        )


def require_resale(turn: Turn, order: SignedOrder, rules: ClassRules, replaces: int | None = None) -> None:
    """Whether a sell leaves what its maker bought today, beside its other open orders, but for the one it replaces.
    Raises ResaleTooSoon.
    """
    if not rules.resale_next_day or order.side is not Side.SELL:
        return
    turn.flush()
    bought = bought_today(turn.session, order.maker, order.class_id, turn.now_s)
    if not bought:
        return
    held = turn.chain.balances.credit_balance(turn.session, order.maker, order.class_id) // LOT_GCO2E
    offered = sum(
        resting.lots
        for resting in turn.engine.open_of(order.maker)
        if (resting.entry.class_id, resting.entry.side) == (order.class_id, Side.SELL)
        and resting.entry.order_id != replaces
    )
    sold = lots_in_flight(turn.session, order.maker, order.class_id)
    free = max(held - bought - offered - sold, 0)
    if order.lots > free:
        raise ResaleTooSoon(order.lots, free, bought)


def bought_today(session: Session, buyer: str, class_id: int, now_s: int) -> int:
    """Lots of a class that an account bought and has got since the last midnight before a Unix second. What is still on
    its way nobody can sell anyhow.
    """
    midnight = from_unix_s(now_s // DAY_S * DAY_S)
    settled = (TradeRow.buyer == buyer, TradeRow.state == TradeState.SETTLED)
    query = select(TradeRow.lots).where(*settled, TradeRow.class_id == class_id, TradeRow.matched_at >= midnight)
    return sum(session.exec(query).all())
