"""What an account can still commit: what the chain says it has, less what its open orders and unsettled trades tie up.

A buy ties up its cost at the limit price and the highest fee it allows; a sell ties up its grams. A trade ties up the
same at its own price until the chain has filled or skipped it: then the chain's balance says so itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import bindparam
from sqlmodel import Session, col, or_, select

from backend.kernel.errors import RuleViolated
from backend.kernel.mass import BPS, LOT_GCO2E
from backend.market.memory import Memory
from backend.market.order import FEE_CAP_BPS, Action
from backend.market.tables import OrderRow, TradeRow, TradeState
from backend.market.tied import Tied, cost_bound
from backend.storage.asking import all_of

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


def affordable_lots(money: int, price_per_kg: int, fee_bound_bps: int) -> int:
    """The most lots whose `cost_bound` is within `money`."""
    if money <= 0:
        return 0
    # cost + floor(cost * b / BPS) <= money  <=>  cost * (BPS + b) < (money + 1) * BPS
    cost = ((money + 1) * BPS - 1) // (BPS + fee_bound_bps)
    return cost // price_per_kg


def lots_in_flight(session: Session, seller: str, class_id: int) -> int:
    """Lots sold but not yet delivered."""
    return sum(lots for (lots,) in all_of(session, _SOLD, seller=seller, class_id=class_id))


def lots_to_come(session: Session, buyer: str, class_id: int) -> int:
    """Lots bought to hold but not yet delivered."""
    return sum(lots for (lots,) in all_of(session, _TO_COME, buyer=buyer, class_id=class_id))


def money_in_flight(session: Session, buyer: str) -> int:
    """Base units bought for but not yet paid, fees at the buy's bound included."""
    bought = all_of(session, _BOUGHT, buyer=buyer)
    return sum(cost_bound(lots, price, min(bound, FEE_CAP_BPS)) for lots, price, bound in bought)


_IS_IN_FLIGHT = or_(*(col(TradeRow.state) == state for state in IN_FLIGHT))
_OF_SELLER = (TradeRow.seller == bindparam("seller"), TradeRow.class_id == bindparam("class_id"), _IS_IN_FLIGHT)
_OF_BUYER = (TradeRow.buyer == bindparam("buyer"), _IS_IN_FLIGHT)
_ITS_BUY = col(OrderRow.id) == TradeRow.buy_id
_SOLD = select(TradeRow.lots).where(*_OF_SELLER)
_TO_COME = (
    select(TradeRow.lots)
    .join(OrderRow, _ITS_BUY)
    .where(*_OF_BUYER, TradeRow.class_id == bindparam("class_id"), OrderRow.action == Action.HOLD)
)
_BOUGHT = select(TradeRow.lots, TradeRow.price_per_kg, OrderRow.max_fee_bps).join(OrderRow, _ITS_BUY).where(*_OF_BUYER)


def _lots_key(seller: str, class_id: int) -> tuple[object, ...]:
    return ("lots_in_flight", seller, class_id)


def _money_key(buyer: str) -> tuple[object, ...]:
    return ("money_in_flight", buyer)


@dataclass(frozen=True, slots=True)
class Flight:
    """A trade more that is in flight. `max_fee_bps`: the highest fee rate that the buy allows."""

    class_id: int
    buyer: str
    seller: str
    lots: int
    price_per_kg: int
    max_fee_bps: int

    def remember(self, memory: Memory) -> None:
        """Adds it to the sums that are remembered."""
        memory.add(_lots_key(self.seller, self.class_id), self.lots)
        bound = min(self.max_fee_bps, FEE_CAP_BPS)
        memory.add(_money_key(self.buyer), cost_bound(self.lots, self.price_per_kg, bound))


@dataclass(frozen=True)
class Funds:
    """One transaction's view of funds. `flush` writes the trades that the transaction made and has not written yet; it
    is called before the table of trades is asked.
    """

    session: Session
    chain: ChainView
    flush: Callable[[], None] = lambda: None

    def sellable_lots(self, account: str, class_id: int, tied: Tied) -> int:
        """Lots free to sell beside what is tied up; negative if that is not covered. 0 without approval."""
        if not self.chain.balances.credit_approved(self.session, account, self.chain.exchange):
            return 0
        held = self.chain.balances.credit_balance(self.session, account, class_id) // LOT_GCO2E

        def sold() -> int:
            self.flush()
            return lots_in_flight(self.session, account, class_id)

        in_flight = self.chain.memory.recall(self.session, _lots_key(account, class_id), sold)
        return held - in_flight - tied.lots_offered.get(class_id, 0)

    def lots_held(self, account: str, class_id: int, tied: Tied) -> int:
        """Whole lots that an account has of a class or may still get: held, bought, and on order in what is tied up."""
        self.flush()
        held = self.chain.balances.credit_balance(self.session, account, class_id) // LOT_GCO2E
        return held + lots_to_come(self.session, account, class_id) + tied.lots_wanted.get(class_id, 0)

    def spendable(self, account: str, tied: Tied) -> tuple[int, int]:
        """Base units free beside what is tied up: of the balance, and of the allowance. Negative if not covered."""

        def bought() -> int:
            self.flush()
            return money_in_flight(self.session, account)

        taken = self.chain.memory.recall(self.session, _money_key(account), bought) + tied.money
        balance = self.chain.balances.payment_balance(self.session, account)
        allowance = self.chain.balances.payment_allowance(self.session, account, self.chain.exchange)
        return balance - taken, allowance - taken

    def require_sell(self, account: str, class_id: int, lots: int, tied: Tied) -> None:
        """Raises CreditsNotApproved or CreditsInsufficient."""
        if not self.chain.balances.credit_approved(self.session, account, self.chain.exchange):
            raise CreditsNotApproved(self.chain.exchange)
        free = self.sellable_lots(account, class_id, tied)
        if free < lots:
            raise CreditsInsufficient(lots, max(free, 0))

    def require_buy(self, account: str, lots: int, price_per_kg: int, fee_bound_bps: int, tied: Tied) -> None:
        """Raises PaymentInsufficient or AllowanceInsufficient."""
        balance, allowance = self.spendable(account, tied)
        affordable = affordable_lots(balance, price_per_kg, fee_bound_bps)
        if affordable < lots:
            raise PaymentInsufficient(lots, affordable)
        allowed = affordable_lots(allowance, price_per_kg, fee_bound_bps)
        if allowed < lots:
            raise AllowanceInsufficient(lots, allowed)
