"""What an account can still commit: what the chain says it has, less what its open orders and unsettled trades tie up.

A buy ties up its cost at the limit price and the highest fee it allows; a sell ties up its grams. A trade ties up the
same at its own price until the chain has filled or skipped it: then the chain's balance says so itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from backend.kernel.errors import RuleViolated
from backend.kernel.mass import BPS, LOT_GCO2E, fee_floor
from backend.market.book import Resting
from backend.market.memory import Memory
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

    def any_number_cancelled(self, session: Session, account: str) -> bool:
        """Whether the account cancelled any number on the Exchange."""
        ...


@dataclass(frozen=True)
class RememberedBalances:
    """The same answers, asked once a block. Of accounts that trade often the market asks the same again and again."""

    balances: Balances
    memory: Memory

    def credit_balance(self, session: Session, account: str, class_id: int) -> int:
        """Grams held of a class."""
        ask = self.balances.credit_balance
        return self.memory.recall(session, ("held", account, class_id), lambda: ask(session, account, class_id))

    def credit_approved(self, session: Session, account: str, operator: str) -> bool:
        """Whether the operator may move the account's credits."""
        ask = self.balances.credit_approved
        return self.memory.recall(session, ("approved", account, operator), lambda: ask(session, account, operator))

    def payment_balance(self, session: Session, account: str) -> int:
        """Payment-token base units held."""
        ask = self.balances.payment_balance
        return self.memory.recall(session, ("paid", account), lambda: ask(session, account))

    def payment_allowance(self, session: Session, account: str, spender: str) -> int:
        """Payment-token base units the spender may take."""
        ask = self.balances.payment_allowance
        return self.memory.recall(session, ("allowed", account, spender), lambda: ask(session, account, spender))

    def maker_epoch(self, session: Session, account: str) -> int:
        """The epoch under which the account's orders must be signed."""
        ask = self.balances.maker_epoch
        return self.memory.recall(session, ("epoch", account), lambda: ask(session, account))

    def number_cancelled(self, session: Session, account: str, number: int) -> bool:
        """Whether the account cancelled the number on the Exchange. Most accounts never cancelled any there."""
        ask = self.balances.any_number_cancelled
        return self.memory.recall(
            session, ("cancelled", account), lambda: ask(session, account)
        ) and self.balances.number_cancelled(session, account, number)

    def any_number_cancelled(self, session: Session, account: str) -> bool:
        """Whether the account cancelled any number on the Exchange."""
        return self.balances.any_number_cancelled(session, account)


@dataclass(frozen=True)
class ChainView:
    """What the market knows of the chain. `fee_bps` answers from memory: it is asked inside transactions."""

    balances: Balances
    exchange: str
    """EIP-55 address of the Exchange."""
    fee_bps: Callable[[], int]
    """The Exchange's fee rate now, in basis points."""
    memory: Memory = field(default_factory=Memory)
    block: Callable[[Session], object] = lambda _session: None
    """What names the block that the index has applied; None if nothing of the chain may be remembered."""

    @classmethod
    def remembering(
        cls, balances: Balances, exchange: str, fee_bps: Callable[[], int], block: Callable[[Session], object]
    ) -> "ChainView":
        """A view that asks each thing once a block."""
        memory = Memory()
        return cls(RememberedBalances(balances, memory), exchange, fee_bps, memory, block)


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


def _is_in_flight() -> ColumnElement[bool]:
    """Written out: a list in a query is spelt anew each time it is asked."""
    return or_(*(col(TradeRow.state) == state for state in IN_FLIGHT))


def lots_in_flight(session: Session, seller: str, class_id: int) -> int:
    """Lots sold but not yet delivered."""
    query = select(TradeRow.lots).where(TradeRow.seller == seller, TradeRow.class_id == class_id, _is_in_flight())
    return sum(session.exec(query).all())


def lots_to_come(session: Session, buyer: str, class_id: int) -> int:
    """Lots bought to hold but not yet delivered."""
    query = (
        select(TradeRow.lots)
        .join(OrderRow, col(OrderRow.id) == TradeRow.buy_id)
        .where(TradeRow.buyer == buyer, TradeRow.class_id == class_id, _is_in_flight())
        .where(OrderRow.action == Action.HOLD)
    )
    return sum(session.exec(query).all())


def money_in_flight(session: Session, buyer: str) -> int:
    """Base units bought for but not yet paid, fees at the buy's bound included."""
    query = (
        select(TradeRow.lots, TradeRow.price_per_kg, OrderRow.max_fee_bps)
        .join(OrderRow, col(OrderRow.id) == TradeRow.buy_id)
        .where(TradeRow.buyer == buyer, _is_in_flight())
    )
    return sum(cost_bound(lots, price, min(bound, FEE_CAP_BPS)) for lots, price, bound in session.exec(query).all())


def _lots_key(seller: str, class_id: int) -> tuple[object, ...]:
    return ("lots_in_flight", seller, class_id)


def _money_key(buyer: str) -> tuple[object, ...]:
    return ("money_in_flight", buyer)


def remember_trade(memory: Memory, trade: Mapping[str, Any], max_fee_bps: int) -> None:
    """A trade more is in flight: the columns of its row, and the highest fee rate that the buy allows."""
    lots, bound = trade["lots"], min(max_fee_bps, FEE_CAP_BPS)
    memory.add(_lots_key(trade["seller"], trade["class_id"]), lots)
    memory.add(_money_key(trade["buyer"]), cost_bound(lots, trade["price_per_kg"], bound))


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
        key = _lots_key(account, class_id)
        sold = self.chain.memory.recall(self.session, key, lambda: lots_in_flight(self.session, account, class_id))
        return held - sold - tied_lots(open_orders, class_id)

    def lots_held(self, account: str, class_id: int, open_orders: Iterable[Resting]) -> int:
        """Whole lots that an account has of a class or may still get: held, bought, and on order in these orders."""
        held = self.chain.balances.credit_balance(self.session, account, class_id) // LOT_GCO2E
        ordered = sum(
            order.lots for order in open_orders if order.entry.side is Side.BUY and order.entry.class_id == class_id
        )
        return held + lots_to_come(self.session, account, class_id) + ordered

    def spendable(self, account: str, open_orders: Iterable[Resting]) -> tuple[int, int]:
        """Base units free beside these orders: of the balance, and of the allowance. Negative if not covered."""
        key = _money_key(account)
        bought = self.chain.memory.recall(self.session, key, lambda: money_in_flight(self.session, account))
        tied = bought + tied_money(open_orders)
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
