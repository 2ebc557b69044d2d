"""One group of commands and the transaction they share: journal lines, what they do to the engine, and the rows that
follow.

Rows are gathered and written in bulk. A command that is refused raises before it writes its first line.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, SQLModel, select

from backend.kernel.clock import unix_s
from backend.kernel.digest import Json
from backend.kernel.errors import TanyuError
from backend.market.book import Entry
from backend.market.funds import ChainView, Flight, Funds
from backend.market.instructions import Instructions
from backend.market.journal import Head, Kind, Line
from backend.market.matching import Engine
from backend.market.memory import Party
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.replay import Crossed, Effects, Placed, apply, place
from backend.market.tables import OrderRow, OrderState, TradeState
from backend.market.tied import Tied
from backend.storage.bulk import BulkInsert, BulkUpdate
from backend.storage.database import others_mark

T = TypeVar("T")

SELF_TRADE = "self_trade"
"""It met an order of its own maker when it came in."""

SELF_TRADE_AFTER_BUST = "self_trade_after_bust"
TRADE_BUSTED = "trade_busted"

_LEFT_STATE = {Kind.EXPIRE: OrderState.EXPIRED, Kind.FUNDING: OrderState.EVICTED, Kind.BUST: OrderState.EVICTED}
"""How orders are told that left by a line of this kind; by any other they are cancelled."""

BAND_BREACH = "band_breach"
"""Orders could meet, but only outside the price band: they collect until an auction finds a price."""

_ORDERS = SQLModel.metadata.tables["market_order"]
_INSERT_LINES = BulkInsert(SQLModel.metadata.tables["market_journal"])
_INSERT_ORDERS = BulkInsert(_ORDERS)
_INSERT_TRADES = BulkInsert(SQLModel.metadata.tables["market_trade"])

_UNSETTLED: Mapping[str, object] = {
    "auction_id": None,
    "group_id": None,
    "state": TradeState.MATCHED.value,
    "batch_id": None,
    "sent_at": None,
    "tx_hash": None,
    "settled_at": None,
    "bust_reason": None,
    "busted_at": None,
}
"""Of a trade's columns those that begin the same for all."""

_CHANGE_ORDERS = BulkUpdate(
    update(_ORDERS)
    .where(_ORDERS.c.id == bindparam("at_id"))
    .values(
        lots_open=bindparam("new_open"),
        lots_matched=_ORDERS.c.lots_matched + bindparam("more_matched"),
        state=func.coalesce(bindparam("new_state"), _ORDERS.c.state),
        reason=func.coalesce(bindparam("new_reason"), _ORDERS.c.reason),
        changed_at=bindparam("at"),
        changed_sequence=bindparam("at_sequence"),
    )
)


def phase_payload(class_id: int, phase: Phase, at: int, reason: str) -> dict[str, Json]:
    """The payload of a line that begins a phase at a Unix second."""
    return {"classId": str(class_id), "phase": phase.value, "at": at, "reason": reason}


class Turn:
    """What commands work with. `now` is the group's one time; every line of it carries it."""

    def __init__(self, *, session: Session, engine: Engine, head: Head, now: datetime, chain: ChainView) -> None:
        self.session = session
        self.engine = engine
        self.head = head
        self.now = now
        self.now_s = unix_s(now)
        """`now` in whole Unix seconds."""
        self.chain = chain
        self.written: list[Line] = []
        """Every line of the group, in order."""
        chain.memory.begin(session, head.hash, chain.block(session), others_mark(session))
        self._lines: list[Line] = []
        self._orders: dict[int, dict[str, Any]] = {}
        self._order_hashes: set[bytes] = set()
        self._numbers: set[int] = set()
        self._changes: dict[int, dict[str, Any]] = {}
        self._trades: list[dict[str, Any]] = []

    def outcome_of(self, command: Callable[["Turn"], T]) -> T | TanyuError:
        """What a command answers, or why it refuses, which it must do before it writes."""
        before = self.head
        try:
            return command(self)
        except TanyuError as refusal:
            assert self.head is before, "a command must refuse before it writes"
            return refusal

    # --- Reading ---

    def order(self, order_hash: bytes) -> OrderRow | None:
        """The accepted order with this hash, as of the latest line."""
        if order_hash in self._order_hashes:
            self.flush()
        query = select(OrderRow).where(OrderRow.order_hash == order_hash).execution_options(populate_existing=True)
        found = self.session.exec(query).first()
        if found is not None and found.id in self._changes:
            self.flush()
            self.session.refresh(found)
        return found

    def order_named(self, maker: str, client_order_id: str) -> bytes | None:
        """The hash of the maker's order with this client order id."""
        if any(order["client_order_id"] == client_order_id for order in self._orders.values()):
            self.flush()
        named = (OrderRow.maker == maker, OrderRow.client_order_id == client_order_id)
        return self.session.exec(select(OrderRow.order_hash).where(*named)).first()

    def number_used(self, number: int) -> bool:
        """Whether an order was accepted under this number."""
        if number in self._numbers:
            return True
        leased = self.chain.memory.leased(self.session, number)
        return leased is not None and number in leased.used

    def funds(self) -> Funds:
        """For asking what accounts can still commit, as of the latest line."""
        return Funds(self.session, self.chain, self._flush_trades)

    def tied(self, account: str) -> Tied:
        """What an account's open orders tie up, as of the latest line. To be read only."""
        return self.chain.memory.tied(account, lambda: Tied.by(self.engine.open_of(account)))

    # --- Writing ---

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> tuple[Line, Effects]:
        """Writes the next journal line and does what it says; after a breach of the band, the line that follows too."""
        line = self.head.line(kind, payload, self.now)
        effects = apply(self.engine, line.sequence, kind, payload)
        self._record(line, effects)
        return line, effects

    def place(self, text: str, entry: Entry, instructions: Instructions) -> tuple[Line, Effects]:
        """The same for a `place` line whose payload's canonical JSON is `text`, by whom has in hand what it says:
        nothing of it is read again.
        """
        line = self.head.line_of(Kind.PLACE, text, self.now)
        effects = place(self.engine, entry, instructions)
        self._record(line, effects)
        return line, effects

    def _record(self, line: Line, effects: Effects) -> None:
        """Notes a line and what it did."""
        kind = line.kind
        self.head = Head(line.sequence, line.hash)
        self.written.append(line)
        self.chain.memory.reached(line.hash)
        if kind is Kind.BUST:
            self.chain.memory.forget_all()
        elif kind is Kind.RULES:
            self.chain.memory.doubt()
        self._lines.append(line)
        for placed in effects.placed:
            self._record_placed(line, placed)
        for order_id, reason in effects.left.items():
            self._change(line, order_id, state=_LEFT_STATE.get(kind, OrderState.CANCELLED), reason=reason)
        for order_id, reason in effects.shrunk.items():
            self._change(line, order_id, state=OrderState.OPEN, reason=reason)
        if effects.crossed is not None:
            self._record_crossed(line, effects.crossed)
        if effects.breached is not None:
            self.write(Kind.PHASE, phase_payload(effects.breached, Phase.VOLATILITY_CALL, self.now_s, BAND_BREACH))

    def add_order(self, columns: dict[str, Any]) -> None:
        """Notes the row of the order that the next line will place."""
        self._orders[columns["id"]] = columns
        self._order_hashes.add(columns["order_hash"])
        self._numbers.add(columns["number"])
        self.chain.memory.use(columns["number"])
        self.chain.memory.meet(columns["id"], Party(columns["order_hash"], columns["maker"], columns["max_fee_bps"]))

    def unmatch(self, line: Line, order_id: int, lots: int, *, is_over: bool) -> None:
        """Takes back lots of a busted trade. The order's state stays as it is, unless `is_over`: it was filled, and may
        not wait for others.
        """
        over = (OrderState.KILLED, TRADE_BUSTED) if is_over else (None, None)
        self._change(line, order_id, state=over[0], reason=over[1], matched=-lots)

    def _record_placed(self, line: Line, placed: Placed) -> None:
        entry = placed.entry
        if entry.order_id in self._orders and placed.lots_open == entry.lots and line.kind is not Kind.BUST:
            self.chain.memory.tie(entry, entry.lots)
            return  # its row says so already
        self._meet(entry.order_id, *(resting_id for resting_id, _, _ in placed.fills))
        taken = {"taker_side": entry.side.value, "group_id": entry.order_id if placed.is_group else None}
        for at, (resting_id, lots, price_per_kg) in enumerate(placed.fills):
            ids = (entry.order_id, resting_id) if entry.side is Side.BUY else (resting_id, entry.order_id)
            trade_id = placed.first_trade_id + at
            self._record_trade(line, trade_id, entry.class_id, ids, lots=lots, price_per_kg=price_per_kg, **taken)
            self._change(line, resting_id, state=self._state_of(resting_id), matched=lots)
        if placed.lots_killed:
            state, reason = OrderState.KILLED, placed.killed
        elif placed.lots_stopped:
            state, reason = OrderState.CANCELLED, SELF_TRADE
        else:
            state, reason = self._state_of(entry.order_id), None
        if line.kind is Kind.BUST:
            reason = SELF_TRADE_AFTER_BUST if placed.lots_stopped else TRADE_BUSTED
        matched = sum(lots for _, lots, _ in placed.fills)
        self._change(line, entry.order_id, state=state, reason=reason, matched=matched)

    def _record_crossed(self, line: Line, crossed: Crossed) -> None:
        self._meet(*{order_id for buy_id, sell_id, _ in crossed.pairs for order_id in (buy_id, sell_id)})
        for at, (buy_id, sell_id, lots) in enumerate(crossed.pairs):
            self._record_trade(
                line,
                crossed.first_trade_id + at,
                crossed.class_id,
                (buy_id, sell_id),
                lots=lots,
                price_per_kg=crossed.price_per_kg,
                taker_side=(Side.BUY if buy_id > sell_id else Side.SELL).value,
                auction_id=line.sequence,
            )
            for order_id in (buy_id, sell_id):
                self._change(line, order_id, state=self._state_of(order_id), matched=lots)

    def _meet(self, *order_ids: int) -> None:
        """Has these orders' parties in memory. Those of orders that this turn places are there."""
        self.chain.memory.parties(self.session, order_ids)

    def _record_trade(
        self,
        line: Line,
        trade_id: int,
        class_id: int,
        ids: tuple[int, int],
        *,
        lots: int,
        price_per_kg: int,
        **terms: object,
    ) -> None:
        """Notes a trade of the orders `ids`, who were met: the buy, the sell."""
        known = self.chain.memory.parties(self.session, ids)
        buy, sell = (known[order_id] for order_id in ids)
        Flight(class_id, buy.maker, sell.maker, lots, price_per_kg, buy.max_fee_bps).remember(self.chain.memory)
        self._trades.append(
            {
                **_UNSETTLED,
                "id": trade_id,
                "sequence": line.sequence,
                "class_id": class_id,
                "buy_id": ids[0],
                "sell_id": ids[1],
                "buy_hash": buy.order_hash,
                "sell_hash": sell.order_hash,
                "buyer": buy.maker,
                "seller": sell.maker,
                "lots": lots,
                "price_per_kg": price_per_kg,
                "matched_at": line.time,
                **terms,
            }
        )

    def _state_of(self, order_id: int) -> OrderState:
        return OrderState.OPEN if self.engine.open_lots(order_id) else OrderState.FILLED

    def _change(
        self, line: Line, order_id: int, *, state: OrderState | None = None, reason: str | None = None, matched: int = 0
    ) -> None:
        resting = self.engine.orders.get(order_id)
        lots_open = 0
        if resting is None:
            self.chain.memory.untie(order_id)
        else:
            lots_open = resting.lots
            self.chain.memory.tie(resting.entry, lots_open)
        row = self._orders.get(order_id)
        if row is not None:
            row["lots_open"] = lots_open
            row["lots_matched"] += matched
            row["state"] = state.value if state else row["state"]
            row["reason"] = reason or row["reason"]
            row["changed_at"], row["changed_sequence"] = line.time, line.sequence
            return
        change = self._changes.setdefault(order_id, {"new_state": None, "new_reason": None, "more_matched": 0})
        change["at_id"] = order_id
        change["new_open"] = lots_open
        change["more_matched"] += matched
        change["new_state"] = state.value if state else change["new_state"]
        change["new_reason"] = reason or change["new_reason"]
        change["at"] = line.time
        change["at_sequence"] = line.sequence

    def flush(self) -> None:
        """Writes the rows gathered so far into the transaction."""
        connection = self.session.connection()
        _INSERT_LINES(connection, [line.row() for line in self._lines])
        _INSERT_ORDERS(connection, list(self._orders.values()))
        _CHANGE_ORDERS(connection, list(self._changes.values()))
        _INSERT_TRADES(connection, self._trades)
        self.chain.memory.part(
            [
                *(order_id for order_id, row in self._orders.items() if row["state"] != OrderState.OPEN),
                *(order_id for order_id, change in self._changes.items() if not change["new_open"]),
            ]
        )
        self._lines, self._trades = [], []
        self._orders, self._changes = {}, {}
        self._order_hashes = set()

    def _flush_trades(self) -> None:
        if self._trades:
            self.flush()
