"""Hearing the chain: when an account's funds, approval, epoch or numbers change, its open orders shrink or leave at
once.

Older orders keep their funds first. What an order lost it does not get back if funds return: its maker can place
another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlmodel import col, select

from backend.kernel.digest import Json
from backend.market.book import Resting
from backend.market.funds import Funds, affordable_lots
from backend.market.journal import Kind
from backend.market.order import Side
from backend.market.tables import OrderRow
from backend.market.tied import Tied, cost_bound
from backend.market.turn import Turn

FUNDS_INSUFFICIENT = "funds_insufficient"
EPOCH_STALE = "epoch_stale"
NUMBER_CANCELLED = "number_cancelled"
FEE_ABOVE_BOUND = "fee_above_bound"


@dataclass(frozen=True)
class Change:
    """An open order keeps only `lots`; with none it leaves."""

    order_id: int
    lots: int
    reason: str

    def payload(self) -> dict[str, Json]:
        """As the journal holds it."""
        return {"orderId": self.order_id, "lots": str(self.lots), "reason": self.reason}


@dataclass(frozen=True)
class Refunding:
    """Hold the open orders of these accounts against what the chain now says."""

    accounts: frozenset[str]

    def __call__(self, turn: Turn) -> int:
        """Journals what must shrink or leave; returns how many orders did."""
        changes = [change for account in sorted(self.accounts) for change in changes_of(turn, account)]
        if changes:
            turn.write(Kind.FUNDING, {"changes": [change.payload() for change in changes]})
        return len(changes)


def changes_of(turn: Turn, account: str) -> list[Change]:
    """What an account's open orders must lose, in order of entry."""
    open_orders = list(turn.engine.open_of(account))
    if not open_orders:
        return []
    turn.flush()
    dead = dict(_dead(turn, account, open_orders))
    changes = [Change(order_id, 0, reason) for order_id, reason in dead.items()]
    alive = [order for order in open_orders if order.entry.order_id not in dead]
    funds = Funds(turn.session, turn.chain)
    changes += _unfunded_sells(funds, account, alive)
    changes += _unfunded_buys(funds, account, alive)
    return changes


def _dead(turn: Turn, account: str, open_orders: Iterable[Resting]) -> Iterator[tuple[int, str]]:
    """Orders the Exchange would skip whatever their funds: (id, reason)."""
    balances, fee_bps = turn.chain.balances, turn.chain.fee_bps()
    epoch = balances.maker_epoch(turn.session, account)
    ids = [order.entry.order_id for order in open_orders]
    query = (
        select(OrderRow.id, OrderRow.epoch, OrderRow.number, OrderRow.max_fee_bps)
        .where(col(OrderRow.id).in_(ids))
        .order_by(col(OrderRow.id))
    )
    for order_id, signed_epoch, number, max_fee_bps in turn.session.exec(query).all():
        if signed_epoch != epoch:
            yield order_id, EPOCH_STALE
        elif balances.number_cancelled(turn.session, account, number):
            yield order_id, NUMBER_CANCELLED
        elif max_fee_bps < fee_bps:
            yield order_id, FEE_ABOVE_BOUND


def _unfunded_sells(funds: Funds, account: str, orders: Iterable[Resting]) -> Iterator[Change]:
    free: dict[int, int] = {}
    for order in orders:
        if order.entry.side is Side.SELL:
            class_id = order.entry.class_id
            if class_id not in free:
                free[class_id] = max(funds.sellable_lots(account, class_id, Tied()), 0)
            kept = min(order.lots, free[class_id])
            free[class_id] -= kept
            if kept < order.lots:
                yield Change(order.entry.order_id, kept, FUNDS_INSUFFICIENT)


def _unfunded_buys(funds: Funds, account: str, orders: Iterable[Resting]) -> Iterator[Change]:
    buys = [order for order in orders if order.entry.side is Side.BUY]
    money = min(funds.spendable(account, Tied())) if buys else 0
    for order in buys:
        price, bound = order.entry.price_per_kg, order.entry.fee_bound_bps
        kept = min(order.lots, affordable_lots(money, price, bound))
        money -= cost_bound(kept, price, bound)
        if kept < order.lots:
            yield Change(order.entry.order_id, kept, FUNDS_INSUFFICIENT)
