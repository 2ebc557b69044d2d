"""Taking an order in: what only the sequencer can decide, since it depends on everything taken in before.

The order's own rules and its signature are checked before it comes here (`service`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import RuleViolated
from backend.market.journal import Kind
from backend.market.matching import Fill
from backend.market.numbers import NumberUsed, check_leased
from backend.market.order import FEE_CAP_BPS, Side, SignedOrder
from backend.market.rules import ClassRules, check_lifetime
from backend.market.tables import JournalRow, OrderRow, OrderState, TradeRow
from backend.market.turn import SELF_TRADE, Turn


class EpochStale(RuleViolated):
    """Signed under another epoch than the maker's on the Exchange."""

    code = "market.epoch_stale"

    def __init__(self, epoch: int, maker_epoch: int) -> None:
        super().__init__(
            f"epoch {epoch} is not the maker's epoch {maker_epoch} on the Exchange", epoch=epoch, expected=maker_epoch
        )


class NumberCancelled(RuleViolated):
    """The maker cancelled the number on the Exchange."""

    code = "market.number_cancelled"

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number} is cancelled on the Exchange", number=number)


@dataclass(frozen=True)
class Accepted:
    """An order's acceptance and what became of it at once. lots = fills + lots_open + lots_stopped."""

    sequence: int
    """The journal sequence, and the order's id."""
    order_hash: bytes
    journal_head: bytes
    """Hash of the journal line that accepted it."""
    accepted_at: datetime
    lots_open: int
    """Lots that rested when it was accepted."""
    lots_stopped: int
    """Lots given up because the next order to meet was the maker's own."""
    first_trade_id: int
    """0 without fills."""
    fills: tuple[Fill, ...]
    """In order; the n-th is trade `first_trade_id + n`."""


@dataclass(frozen=True)
class Placing:
    """An order with a checked shape and signature."""

    order: SignedOrder
    signature: bytes
    """65 bytes, canonical."""
    order_hash: bytes
    rules: ClassRules

    def __call__(self, turn: Turn) -> Accepted:
        """Takes the order in, or gives the first answer again if it is already in.

        Raises NumberNotLeased, NumberLeaseExpired, NumberUsed, EpochStale, NumberCancelled, ExpiryTooSoon,
        ExpiryTooLate, OpenOrdersExceeded, and what `Funds.require_sell` and `require_buy` raise.
        """
        # An order comes under its own number: one that nobody used saves the query.
        known = turn.order(self.order_hash) if turn.number_used(self.order.number) else None
        if known is not None:
            return accepted_before(turn, known)
        check_lifetime(self.order, turn.now_s)
        self._check_number(turn)
        self._check_room(turn)
        order_id = turn.head.sequence + 1
        turn.add_order(self._columns(order_id, turn.now))
        payload: dict[str, Json] = {
            "order": self.order.wire(),
            "orderHash": to_hex(self.order_hash),
            "owner": self.order.maker,
            "signature": to_hex(self.signature),
        }
        line, effects = turn.write(Kind.PLACE, payload)
        (placed,) = effects.placed
        return Accepted(
            sequence=line.sequence,
            order_hash=self.order_hash,
            journal_head=line.hash,
            accepted_at=line.time,
            lots_open=placed.lots_open,
            lots_stopped=placed.lots_stopped,
            first_trade_id=placed.first_trade_id if placed.fills else 0,
            fills=tuple(placed.fills),
        )

    def _check_number(self, turn: Turn) -> None:
        order = self.order
        check_leased(turn.chain.memory.leased(turn.session, order.number), order.maker, order.number, turn.now)
        if turn.number_used(order.number):
            raise NumberUsed(order.number)
        epoch = turn.chain.balances.maker_epoch(turn.session, order.maker)
        if order.epoch != epoch:
            raise EpochStale(order.epoch, epoch)
        if turn.chain.balances.number_cancelled(turn.session, order.maker, order.number):
            raise NumberCancelled(order.number)

    def _check_room(self, turn: Turn) -> None:
        order = self.order
        open_orders = list(turn.engine.open_of(order.maker))
        self.rules.require_room(sum(resting.entry.class_id == order.class_id for resting in open_orders))
        funds = turn.funds()
        if order.side is Side.SELL:
            funds.require_sell(order.maker, order.class_id, order.lots, open_orders)
        else:
            bound = min(order.max_fee_bps, FEE_CAP_BPS)
            funds.require_buy(order.maker, order.lots, order.price_per_kg, bound, open_orders)

    def _columns(self, order_id: int, now: datetime) -> dict[str, object]:
        order = self.order
        return {
            "id": order_id,
            "order_hash": self.order_hash,
            "maker": order.maker,
            "beneficiary": order.beneficiary,
            "class_id": order.class_id,
            "side": order.side.value,
            "lots": order.lots,
            "price_per_kg": order.price_per_kg,
            "max_fee_bps": order.max_fee_bps,
            "expiry": order.expiry,
            "number": order.number,
            "epoch": order.epoch,
            "action": order.action.value,
            "ref": order.ref,
            "signature": self.signature,
            "state": OrderState.OPEN.value,
            "reason": None,
            "lots_open": order.lots,
            "lots_matched": 0,
            "accepted_at": now,
            "changed_at": now,
            "changed_sequence": order_id,
        }


def accepted_before(turn: Turn, row: OrderRow) -> Accepted:
    """The answer an order got when it was accepted, from the rows that its line made."""
    turn.flush()
    head = turn.session.exec(select(JournalRow.hash).where(JournalRow.sequence == row.id)).one()
    is_buy = row.side == Side.BUY
    own_side = TradeRow.buy_id if is_buy else TradeRow.sell_id
    trades = turn.session.exec(
        select(TradeRow).where(own_side == row.id, TradeRow.sequence == row.id).order_by(col(TradeRow.id))
    ).all()
    fills = tuple((trade.sell_id if is_buy else trade.buy_id, trade.lots, trade.price_per_kg) for trade in trades)
    left = row.lots - sum(trade.lots for trade in trades)
    stopped = left if row.reason == SELF_TRADE else 0
    return Accepted(
        sequence=row.id,
        order_hash=row.order_hash,
        journal_head=head,
        accepted_at=row.accepted_at,
        lots_open=left - stopped,
        lots_stopped=stopped,
        first_trade_id=trades[0].id if trades else 0,
        fills=fills,
    )
