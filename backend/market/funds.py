"""What an account can still commit: what the chain says it has, less what its open orders and unsettled trades tie up.

A buy ties up its cost at the limit price and the highest fee it allows; a sell ties up its grams. A trade ties up the
same at its own price until the chain has filled or skipped it: then the chain's balance says so itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlmodel import Session, col, select

from backend.kernel.errors import RuleViolated
from backend.kernel.mass import BPS, LOT_GCO2E, fee_floor
from backend.market.book import Resting
from backend.market.order import FEE_CAP_BPS, Action, Side
from backend.market.tables import OrderRow, TradeRow, TradeState

IN_FLIGHT = (TradeState.MATCHED, TradeState.SENT)
"""States of a trade that the chain has not answered."""


class Balances(Protocol):
    """The chain as the link room has indexed it (`backend.link.balances`). Accounts are EIP-55."""

    def credit_balance(self, session: Session, account: str, class_id: int) -> int:
        """Grams held of a class."""
        ...

    def credit_approved(self, session: Session, account: str, operator: str) -> bool:
        """Whether the operator may move the account's credits."""
        ...

    def payment_balance(self, session: Session, account: str) -> int:
        """Payment-token base units held."""
        ...

    def payment_allowance(self, session: Session, account: str, spender: str) -> int:
        """Payment-token base units the spender may take."""
        ...

    def maker_epoch(self, session: Session, account: str) -> int:
        """The epoch under which the account's orders must be signed."""
        ...

    def number_cancelled(self, session: Session, account: str, number: int) -> bool:
        """Whether the account cancelled the number on the Exchange."""
        ...


@dataclass(frozen=True)
class ChainView:
    """What the market knows of the chain. `fee_bps` answers from memory: it is asked inside transactions."""

    balances: Balances
    exchange: str
    """EIP-55 address of the Exchange."""
    fee_bps: Callable[[], int]
    """The Exchange's fee rate now, in basis points."""


class CreditsNotApproved(RuleViolated):
    """The seller has not allowed the Exchange to deliver."""

    code = "market.credits_not_approved"

    def __init__(self, exchange: str) -> None:
        super().__init__(
            f"approve the Exchange {exchange} for your credits first (setApprovalForAll, or a signed Approve)",
            operator=exchange,
        )


class CreditsInsufficient(RuleViolated):
    """Fewer free credits than the sell wants to sell."""

    code = "market.credits_insufficient"

    def __init__(self, lots: int, affordable: int) -> None:
        super().__init__(
            f"{lots} kg to sell, but only {affordable} kg are free of open orders and unsettled trades",
            lots=lots,
            affordable_lots=affordable,
        )


class PaymentInsufficient(RuleViolated):
    """Less free money than the buy may cost, fee included."""

    code = "market.payment_insufficient"

    def __init__(self, lots: int, affordable: int) -> None:
        super().__init__(
            f"{lots} kg to buy, but the payment tokens free of open orders and unsettled trades cover {affordable} kg",
            lots=lots,
            affordable_lots=affordable,
        )


class AllowanceInsufficient(RuleViolated):
    """The Exchange may take less of the buyer's money than the buy may cost."""

    code = "market.allowance_insufficient"

    def __init__(self, lots: int, affordable: int) -> None:
        super().__init__(
            f"{lots} kg to buy, but what the Exchange may take, less open orders and trades, covers {affordable} kg",
            lots=lots,
            affordable_lots=affordable,
        )


def cost_bound(lots: int, price_per_kg: int, fee_bound_bps: int) -> int:
    """The most a buy of `lots` may take from the buyer: cost and fee, in base units."""
    cost = lots * price_per_kg
    return cost + fee_floor(cost, fee_bound_bps)


def affordable_lots(money: int, price_per_kg: int, fee_bound_bps: int) -> int:
    """The most lots whose `cost_bound` is within `money`."""
    if money <= 0:
        return 0
    # cost + floor(cost * b / BPS) <= money  <=>  cost * (BPS + b) < (money + 1) * BPS
    cost = ((money + 1) * BPS - 1) // (BPS + fee_bound_bps)
    return cost // price_per_kg


def tied_lots(orders: Iterable[Resting], class_id: int) -> int:
    """Lots that these orders offer for sale in a class."""
    return sum(order.lots for order in orders if order.entry.side is Side.SELL and order.entry.class_id == class_id)


def tied_money(orders: Iterable[Resting]) -> int:
    """Base units that these orders may cost."""
    return sum(
        cost_bound(order.lots, order.entry.price_per_kg, order.entry.fee_bound_bps)
        for order in orders
        if order.entry.side is Side.BUY
    )


def lots_in_flight(session: Session, seller: str, class_id: int) -> int:
    """Lots sold but not yet delivered."""
    query = select(TradeRow.lots).where(
        TradeRow.seller == seller, TradeRow.class_id == class_id, col(TradeRow.state).in_(IN_FLIGHT)
    )
    return sum(session.exec(query).all())


def lots_to_come(session: Session, buyer: str, class_id: int) -> int:
    """Lots bought to hold but not yet delivered."""
    query = (
        select(TradeRow.lots)
        .join(OrderRow, col(OrderRow.id) == TradeRow.buy_id)
        .where(TradeRow.buyer == buyer, TradeRow.class_id == class_id, col(TradeRow.state).in_(IN_FLIGHT))
        .where(OrderRow.action == Action.HOLD)
    )
    return sum(session.exec(query).all())


def money_in_flight(session: Session, buyer: str) -> int:
    """Base units bought for but not yet paid, fees at the buy's bound included."""
    query = (
        select(TradeRow.lots, TradeRow.price_per_kg, OrderRow.max_fee_bps)
        .join(OrderRow, col(OrderRow.id) == TradeRow.buy_id)
        .where(TradeRow.buyer == buyer, col(TradeRow.state).in_(IN_FLIGHT))
    )
    return sum(cost_bound(lots, price, min(bound, FEE_CAP_BPS)) for lots, price, bound in session.exec(query).all())


@dataclass(frozen=True)
class Funds:
    """One transaction's view of funds. Everything the transaction did before must be flushed."""

    session: Session
    chain: ChainView

    def sellable_lots(self, account: str, class_id: int, open_orders: Iterable[Resting]) -> int:
        """Lots free to sell beside these orders; negative if these are not covered. 0 without approval."""
        if not self.chain.balances.credit_approved(self.session, account, self.chain.exchange):
            return 0
        held = self.chain.balances.credit_balance(self.session, account, class_id) // LOT_GCO2E
        return held - lots_in_flight(self.session, account, class_id) - tied_lots(open_orders, class_id)

    def lots_held(self, account: str, class_id: int, open_orders: Iterable[Resting]) -> int:
        """Whole lots that an account has of a class or may still get: held, bought, and on order in these orders."""
        held = self.chain.balances.credit_balance(self.session, account, class_id) // LOT_GCO2E
        ordered = sum(
            order.lots for order in open_orders if order.entry.side is Side.BUY and order.entry.class_id == class_id
        )
        return held + lots_to_come(self.session, account, class_id) + ordered

    def spendable(self, account: str, open_orders: Iterable[Resting]) -> tuple[int, int]:
        """Base units free beside these orders: of the balance, and of the allowance. Negative if not covered."""
        tied = money_in_flight(self.session, account) + tied_money(open_orders)
        balance = self.chain.balances.payment_balance(self.session, account)
        allowance = self.chain.balances.payment_allowance(self.session, account, self.chain.exchange)
        return balance - tied, allowance - tied

    def require_sell(self, account: str, class_id: int, lots: int, open_orders: Iterable[Resting]) -> None:
        """Raises CreditsNotApproved or CreditsInsufficient."""
        if not self.chain.balances.credit_approved(self.session, account, self.chain.exchange):
            raise CreditsNotApproved(self.chain.exchange)
        free = self.sellable_lots(account, class_id, open_orders)
        if free < lots:
            raise CreditsInsufficient(lots, max(free, 0))

    def require_buy(
        self, account: str, lots: int, price_per_kg: int, fee_bound_bps: int, open_orders: Iterable[Resting]
    ) -> None:
        """Raises PaymentInsufficient or AllowanceInsufficient."""
        balance, allowance = self.spendable(account, open_orders)
        affordable = affordable_lots(balance, price_per_kg, fee_bound_bps)
        if affordable < lots:
            raise PaymentInsufficient(lots, affordable)
        allowed = affordable_lots(allowance, price_per_kg, fee_bound_bps)
        if allowed < lots:
            raise AllowanceInsufficient(lots, allowed)
