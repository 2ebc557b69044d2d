"""Taking an order in: what only the sequencer can decide, since it depends on everything taken in before.

The order's own rules and its signature are checked before it comes here (`service`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import col, select

from backend.kernel.digest import Json, canonical_json, to_hex
from backend.kernel.errors import Conflict, RuleViolated
from backend.market.admission import require_entry
from backend.market.book import Entry
from backend.market.instructions import PLAIN, Instructions
from backend.market.journal import Line
from backend.market.matching import Fill
from backend.market.numbers import NumberUsed, check_leased
from backend.market.order import FEE_CAP_BPS, Action, Side, SignedOrder
from backend.market.order_row import instructions_of
from backend.market.replay import Effects, entry_of
from backend.market.resale import require_resale
from backend.market.rules import ClassRules, check_lifetime
from backend.market.tables import JournalRow, OrderRow, OrderState, TradeRow
from backend.market.tied import Tied
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


class OrderPlacedOtherwise(Conflict):
    """The same signed order as one that was accepted, with other instructions."""

    code = "market.order_placed_otherwise"

    def __init__(self, order_hash: bytes, first: Instructions) -> None:
        super().__init__(
            "this order was accepted with other instructions; sign another one",
            order_hash=to_hex(order_hash),
            accepted_with=[f"{name}={value}" for name, value in first.payload().items()],
        )


class ClientOrderIdTaken(Conflict):
    """The maker used that name for another order."""

    code = "market.client_order_id_taken"

    def __init__(self, client_order_id: str, order_hash: bytes) -> None:
        super().__init__(
            f"clientOrderId {client_order_id} names another order of this maker",
            client_order_id=client_order_id,
            order_hash=to_hex(order_hash),
        )


class GoodUntilPassed(RuleViolated):
    """A good-till date that is over."""

    code = "market.good_until_passed"

    def __init__(self, good_until: int, now_s: int) -> None:
        super().__init__(f"goodUntil {good_until} is not after {now_s}", good_until=good_until, now=now_s)


class Outcome(StrEnum):
    """What became of an order when it came in."""

    OPEN = "open"
    """It rests, what was filled at once aside."""
    FILLED = "filled"
    KILLED = "killed"
    """It could not wait, so what it did not get at once was given up."""
    CANCELLED = "cancelled"
    """It met an order of its own maker and stopped."""


class Accepted(NamedTuple):
    """An order's acceptance and what became of it at once. lots = fills + lots_open + lots_stopped + lots_killed."""

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
    lots_killed: int = 0
    """Lots given up because the order could not wait."""
    reason: str | None = None
    """Why lots were stopped or killed, in a word."""

    @property
    def outcome(self) -> Outcome:
        """What became of it, in a word."""
        if self.lots_open:
            return Outcome.OPEN
        if self.lots_killed:
            return Outcome.KILLED
        return Outcome.CANCELLED if self.lots_stopped else Outcome.FILLED


@dataclass(frozen=True, slots=True)
class Placing:
    """An order with a checked shape and signature, and instructions that fit it (`check_instructions`)."""

    order: SignedOrder
    signature: bytes
    """65 bytes, canonical."""
    order_hash: bytes
    rules: ClassRules
    instructions: Instructions = PLAIN
    owner: str | None = None
    """Whose order it is for self-trade prevention; the maker's own if not given."""

    def __call__(self, turn: Turn) -> Accepted:
        """Takes the order in, or gives the first answer again if it is already in.

        Raises OrderPlacedOtherwise, ClientOrderIdTaken, GoodUntilPassed, NumberNotLeased, NumberLeaseExpired,
        NumberUsed, EpochStale, NumberCancelled, ExpiryTooSoon, ExpiryTooLate, OpenOrdersExceeded, PositionExceeded,
        ResaleTooSoon, what `require_entry` and what `Funds.require_sell` and `require_buy` raise.
        """
        number = self.order.number
        is_used = turn.number_used(number)
        known = self.known(turn, is_used=is_used)
        if known is not None:
            return known
        self.check_time(turn)
        check_leased(turn.chain.memory.leased(turn.session, number), self.order.maker, number, turn.now)
        if is_used:
            raise NumberUsed(number)
        self.check_chain(turn)
        tied = turn.tied(self.order.maker)
        if self.instructions.time_in_force.rests:
            self.rules.require_room(tied.orders.get(self.order.class_id, 0))
        self.check_funds(turn, tied)
        require_resale(turn, self.order, self.rules)
        entry = self.entry(turn)
        require_entry(turn.engine, entry, self.rules, self.instructions)
        self.note(turn)
        line, effects = turn.place(self.canonical(), entry, self.instructions)
        return self.accepted(line, effects)

    def known(self, turn: Turn, *, is_used: bool) -> Accepted | None:
        """The answer that the order got if it is in already. `is_used`: whether its number is, for without that it is
        not. Raises OrderPlacedOtherwise, ClientOrderIdTaken.
        """
        row = turn.order(self.order_hash) if is_used else None
        if row is not None:
            first = instructions_of(row)
            if first != self.instructions:
                raise OrderPlacedOtherwise(self.order_hash, first)
            return accepted_before(turn, row)
        name = self.instructions.client_order_id
        if name is not None:
            other = turn.order_named(self.order.maker, name)
            if other is not None:
                raise ClientOrderIdTaken(name, other)
        return None

    def check_time(self, turn: Turn) -> None:
        """Raises ExpiryTooSoon, ExpiryTooLate or GoodUntilPassed."""
        check_lifetime(self.order, turn.now_s)
        until = self.instructions.good_until
        if until is not None and until <= turn.now_s:
            raise GoodUntilPassed(until, turn.now_s)

    def check_chain(self, turn: Turn) -> None:
        """Whether the Exchange would take the order's epoch and number. Raises EpochStale, NumberCancelled."""
        order = self.order
        epoch = turn.chain.balances.maker_epoch(turn.session, order.maker)
        if order.epoch != epoch:
            raise EpochStale(order.epoch, epoch)
        if turn.chain.balances.number_cancelled(turn.session, order.maker, order.number):
            raise NumberCancelled(order.number)

    def check_funds(self, turn: Turn, tied: Tied) -> None:
        """Whether the maker has what the order may take, beside what others tie up, and may hold what it buys."""
        order = self.order
        funds = turn.funds()
        if order.side is Side.SELL:
            funds.require_sell(order.maker, order.class_id, order.lots, tied)
            return
        if order.action is Action.HOLD:
            self.rules.require_position(order.lots, lambda: funds.lots_held(order.maker, order.class_id, tied))
        bound = min(order.max_fee_bps, FEE_CAP_BPS)
        funds.require_buy(order.maker, order.lots, order.price_per_kg, bound, tied)

    def entry(self, turn: Turn) -> Entry:
        """The engine's view of the order, at the next sequence."""
        return entry_of(self.order, turn.head.sequence + 1, self.owner or self.order.maker, self.instructions)

    def payload(self) -> dict[str, Json]:
        """What the journal says of it."""
        payload: dict[str, Json] = {
            "order": self.order.wire(),
            "orderHash": to_hex(self.order_hash),
            "owner": self.owner or self.order.maker,
            "signature": to_hex(self.signature),
        }
        if self.instructions is not PLAIN and self.instructions != PLAIN:
            payload["instructions"] = self.instructions.payload()
        return payload

    def canonical(self) -> str:
        """The canonical JSON (RFC 8785) of `payload`."""
        said = ""
        if self.instructions is not PLAIN and self.instructions != PLAIN:
            said = f'"instructions":{canonical_json(self.instructions.payload()).decode()},'
        return (
            f'{{{said}"order":{self.order.canonical()},"orderHash":"0x{self.order_hash.hex()}",'
            f'"owner":"{self.owner or self.order.maker}","signature":"0x{self.signature.hex()}"}}'
        )

    def note(self, turn: Turn) -> None:
        """Has the next line bring the order's row; what keeps the order out was asked before."""
        turn.add_order(self._columns(turn.head.sequence + 1, turn.now))

    def accepted(self, line: Line, effects: Effects) -> Accepted:
        """The answer, after the line that took the order in."""
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
            lots_killed=placed.lots_killed,
            reason=SELF_TRADE if placed.lots_stopped else placed.killed,
        )

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
            **(_PLAIN_COLUMNS if self.instructions is PLAIN else _columns_of(self.instructions)),
            "owner": self.owner or order.maker,
            "state": OrderState.OPEN.value,
            "reason": None,
            "lots_open": order.lots,
            "lots_matched": 0,
            "accepted_at": now,
            "changed_at": now,
            "changed_sequence": order_id,
        }


def _columns_of(instructions: Instructions) -> dict[str, object]:
    return {
        "time_in_force": instructions.time_in_force.value,
        "good_until": instructions.good_until,
        "post_only": instructions.post_only,
        "self_trade": instructions.self_trade.value,
        "client_order_id": instructions.client_order_id,
        "is_market": instructions.is_market,
    }


_PLAIN_COLUMNS = _columns_of(PLAIN)


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
    killed = left if row.state == OrderState.KILLED else 0
    return Accepted(
        sequence=row.id,
        order_hash=row.order_hash,
        journal_head=head,
        accepted_at=row.accepted_at,
        lots_open=left - stopped - killed,
        lots_stopped=stopped,
        first_trade_id=trades[0].id if trades else 0,
        fills=fills,
        lots_killed=killed,
        reason=row.reason if stopped or killed else None,
    )
