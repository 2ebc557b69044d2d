"""What an account has to trade with: what the index says it holds, what its open orders tie up, what is on its way to
the chain, and what is free. The same rules as the book's own check (`funds`), read from the tables.
"""

from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session, col, select

from backend.kernel.mass import LOT_GCO2E
from backend.link.balances import credit_holdings
from backend.market.funds import IN_FLIGHT, ChainView, money_in_flight
from backend.market.order import FEE_CAP_BPS, Side
from backend.market.tables import OrderRow, OrderState, TradeRow
from backend.market.tied import cost_bound


@dataclass(frozen=True)
class Money:
    """Payment tokens, in base units. A buy ties up the most it may cost, fee included."""

    held: int
    allowed: int
    """What the Exchange may take."""
    in_orders: int
    in_flight: int

    @property
    def free(self) -> int:
        """What a new buy may cost."""
        return max(0, min(self.held, self.allowed) - self.in_orders - self.in_flight)


@dataclass(frozen=True)
class Credits:
    """Credits of one class, in grams. A sell ties up its grams."""

    class_id: int
    held_gco2e: int
    is_approved: bool
    """Whether the Exchange may deliver them."""
    in_orders_gco2e: int
    in_flight_gco2e: int

    @property
    def free_gco2e(self) -> int:
        """What a new sell may offer."""
        left = self.held_gco2e - self.in_orders_gco2e - self.in_flight_gco2e
        return max(0, left) if self.is_approved else 0


@dataclass(frozen=True)
class Balances:
    """Everything an account has to trade with."""

    money: Money
    credits: tuple[Credits, ...]
    """By class id; classes of which it holds, offers or delivers something."""


def balances_of(session: Session, chain: ChainView, account: str) -> Balances:
    """As of the session's snapshot."""
    balances, exchange = chain.balances, chain.exchange
    offered, bidding = _in_orders(session, account)
    delivering = _delivering(session, account)
    classes = {row.class_id for row in credit_holdings(session, account) if row.held_gco2e}
    is_approved = balances.credit_approved(session, account, exchange)
    return Balances(
        money=Money(
            held=balances.payment_balance(session, account),
            allowed=balances.payment_allowance(session, account, exchange),
            in_orders=bidding,
            in_flight=money_in_flight(session, account),
        ),
        credits=tuple(
            Credits(
                class_id=class_id,
                held_gco2e=balances.credit_balance(session, account, class_id),
                is_approved=is_approved,
                in_orders_gco2e=offered[class_id] * LOT_GCO2E,
                in_flight_gco2e=delivering[class_id] * LOT_GCO2E,
            )
            for class_id in sorted(classes | offered.keys() | delivering.keys())
        ),
    )


def _in_orders(session: Session, account: str) -> tuple[Counter[int], int]:
    """Lots offered for sale by class, and base units that buys may cost."""
    query = select(OrderRow).where(OrderRow.maker == account, OrderRow.state == OrderState.OPEN)
    offered: Counter[int] = Counter()
    bidding = 0
    for row in session.exec(query).all():
        if row.side == Side.SELL:
            offered[row.class_id] += row.lots_open
        else:
            bidding += cost_bound(row.lots_open, row.price_per_kg, min(row.max_fee_bps, FEE_CAP_BPS))
    return offered, bidding


def _delivering(session: Session, account: str) -> Counter[int]:
    """Lots sold but not yet delivered, by class."""
    query = select(TradeRow.class_id, TradeRow.lots).where(
        TradeRow.seller == account, col(TradeRow.state).in_(IN_FLIGHT)
    )
    found: Counter[int] = Counter()
    for class_id, lots in session.exec(query).all():
        found[class_id] += lots
    return found
