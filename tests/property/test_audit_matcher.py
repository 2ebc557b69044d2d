"""INV-08: two matchers that share no code, the market's engine and the audit's flat list, agree on every line there is.

Random orders with every instruction, replacements, cancellations, heartbeats, lost funds, expiries, busts, phases,
bands and auctions. Signatures are taken as given here; `test_audit_journal` has them.
"""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.audit.fairness import CHECKS, Replay
from backend.audit.journal import Header, Line
from backend.audit.journal import Trade as Told
from backend.audit.report import Verdicts
from backend.chain.typed_data import Domain, digest, domain_name
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.digest import Json, canonical_json, sha256, to_hex
from backend.kernel.errors import RuleViolated
from backend.market.admission import require_entry
from backend.market.auction import indicative
from backend.market.book import Book, Entry
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.market.phase import Phase
from backend.market.replay import Effects, apply, entry_of, entry_payload, open_ids
from backend.market.rules import ClassRules

CLASSES = (11, 12)
ACCOUNTS = {
    f"0x{number:040x}": owner for number, owner in ((1, "ana"), (2, "ana"), (3, "bo"), (4, "chen"), (5, "dana"))
}
"""Whose each account is: one person has two."""
START_S = 1_768_478_400
DOMAIN = Domain(*domain_name("Exchange"), 31337, f"0x{0xE:040x}")
COLLECTING = (Phase.PRE_OPEN, Phase.CALL, Phase.VOLATILITY_CALL)

classes, accounts, sides = st.sampled_from(CLASSES), st.sampled_from(sorted(ACCOUNTS)), st.sampled_from(Side)
lots_of_an_order, prices = st.integers(1, 8), st.integers(95, 105)


class TwoMatchers(RuleBasedStateMachine):
    """One journal, carried out twice."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.verdicts = Verdicts(CHECKS)
        header = Header(31337, DOMAIN.verifying_contract, "", from_unix_s(START_S), 0, b"", 0)
        self.replay = Replay(header, self.verdicts, lambda _order, _at: True)
        self.now_s = START_S
        self.lines = 0
        self.entries: dict[int, Entry] = {}
        self.numbers: dict[int, int] = {}
        self.trades: dict[int, tuple[int, int, int]] = {}
        """Standing trades: buy, sell, lots."""

    # --- One line ---

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> Effects:
        self.lines += 1
        told: dict[str, Any] = json.loads(canonical_json(payload))
        effects = apply(self.engine, self.lines, kind, told)
        trades = tuple(self._made(effects))
        for trade in trades:
            self.trades[trade.trade_id] = (trade.buy_id, trade.sell_id, trade.lots)
        at = from_unix_s(self.now_s)
        self.replay.take(Line(self.lines, at, iso(at), kind.value, told, sha256(b""), trades))
        assert self.verdicts.findings == []
        if effects.breached is not None:
            self.write(Kind.PHASE, self._phase(effects.breached, Phase.VOLATILITY_CALL))
        return effects

    def _made(self, effects: Effects) -> list[Told]:
        made = []
        for placed in effects.placed:
            for at, (resting, lots, price) in enumerate(placed.fills):
                pair = (placed.entry.order_id, resting)
                buy, sell = pair if placed.entry.side is Side.BUY else pair[::-1]
                made.append(Told(placed.first_trade_id + at, buy, sell, lots, price))
        if effects.crossed is not None:
            crossed = effects.crossed
            for at, (buy, sell, lots) in enumerate(crossed.pairs):
                made.append(Told(crossed.first_trade_id + at, buy, sell, lots, crossed.price_per_kg))
        return made

    def _phase(self, class_id: int, phase: Phase) -> dict[str, Json]:
        return {"classId": str(class_id), "phase": phase.value, "at": self.now_s, "reason": "schedule"}

    def book(self, class_id: int) -> Book:
        return self.engine.book_of(class_id)

    # --- Orders ---

    def _order(self, account: str, class_id: int, side: Side, *, lots: int, price: int, number: int) -> SignedOrder:
        expiry = self.now_s + 3600
        return SignedOrder(
            account, account, class_id, side, lots * 1000, price, 100, expiry, number, 0, Action.HOLD, ZERO_REF
        )

    def _payload(self, order: SignedOrder, instructions: Instructions) -> dict[str, Json]:
        hashed = to_hex(digest("Order", DOMAIN, order.message()))
        payload: dict[str, Json] = {"order": order.wire(), "orderHash": hashed, "signature": "0x"}
        payload["owner"] = ACCOUNTS[order.maker]
        return payload | ({"instructions": told} if (told := instructions.payload()) else {})

    def _is_welcome(self, entry: Entry, instructions: Instructions) -> bool:
        try:
            require_entry(self.engine, entry, ClassRules(entry.class_id), instructions)
        except RuleViolated:
            return False
        return True

    @rule(
        account=accounts,
        class_id=classes,
        side=sides,
        lots=lots_of_an_order,
        price=prices,
        force=st.sampled_from(TimeInForce),
        self_trade=st.sampled_from(SelfTrade),
        post_only=st.booleans(),
        seconds=st.integers(100, 900),
    )
    def place(
        self,
        *,
        account: str,
        class_id: int,
        side: Side,
        lots: int,
        price: int,
        force: TimeInForce,
        self_trade: SelfTrade,
        post_only: bool,
        seconds: int,
    ) -> None:
        until = self.now_s + seconds if force is TimeInForce.GTD else None
        instructions = Instructions(force, until, post_only and force.rests, self_trade)
        number = self.lines
        order = self._order(account, class_id, side, lots=lots, price=price, number=number)
        entry = entry_of(order, self.lines + 1, ACCOUNTS[account], instructions)
        if self._is_welcome(entry, instructions):
            self.entries[entry.order_id], self.numbers[entry.order_id] = entry, number
            self.write(Kind.PLACE, self._payload(order, instructions))

    @precondition(lambda self: self.engine.orders)
    @rule(data=st.data(), lots=lots_of_an_order, change=st.integers(-2, 2))
    def replace(self, data: st.DataObject, lots: int, change: int) -> None:
        old_id = data.draw(st.sampled_from(sorted(self.engine.orders)))
        old = self.entries[old_id]
        if any(old_id in trade[:2] for trade in self.trades.values()):
            return
        order = self._order(
            *(old.account, old.class_id, old.side),
            lots=lots,
            price=old.price_per_kg + change,
            number=self.numbers[old_id],
        )
        entry = entry_of(order, self.lines + 1, ACCOUNTS[old.account])
        if self._is_welcome(entry, Instructions()):
            self.entries[entry.order_id], self.numbers[entry.order_id] = entry, self.numbers[old_id]
            self.write(Kind.REPLACE, {"orderId": old_id, **self._payload(order, Instructions())})

    # --- What takes orders away ---

    @precondition(lambda self: self.engine.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.engine.orders)))
        hashed = to_hex(self.replay.orders[order_id].order.order_hash)
        self.write(Kind.CANCEL, {"orderId": order_id, "orderHash": hashed, "reason": "by_maker"})

    @rule(account=accounts, class_id=st.sampled_from((None, *CLASSES)))
    def cancel_all(self, account: str, class_id: int | None) -> None:
        ids: list[Json] = list(open_ids(self.engine, account, class_id))
        told = None if class_id is None else str(class_id)
        self.write(Kind.CANCEL_ALL, {"account": account, "classId": told, "orderIds": ids, "reason": "by_maker"})

    @rule(account=accounts, seconds=st.integers(0, 100))
    def heartbeat(self, account: str, seconds: int) -> None:
        self.write(Kind.HEARTBEAT, {"account": account, "until": self.now_s + seconds if seconds else 0})

    @precondition(lambda self: any(until <= self.now_s for until in self.engine.heartbeats.values()))
    @rule()
    def heartbeat_is_missed(self) -> None:
        account = next(name for name, until in self.engine.heartbeats.items() if until <= self.now_s)
        ids: list[Json] = list(open_ids(self.engine, account, None))
        reason = "heartbeat_missed"
        self.write(Kind.CANCEL_ALL, {"account": account, "classId": None, "orderIds": ids, "reason": reason})

    @precondition(lambda self: self.engine.orders)
    @rule(data=st.data(), lots=st.integers(0, 7))
    def lose_funds(self, data: st.DataObject, lots: int) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.engine.orders)))
        if lots < self.engine.open_lots(order_id):
            change: Json = {"orderId": order_id, "lots": str(lots), "reason": "funds_insufficient"}
            self.write(Kind.FUNDING, {"changes": [change]})

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        self.now_s += seconds
        if self.engine.due(self.now_s + 60):
            self.write(Kind.EXPIRE, {"before": self.now_s + 60})

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), guilty=st.sampled_from(["buy", "sell", "both"]))
    def bust(self, data: st.DataObject, guilty: str) -> None:
        trade_id = data.draw(st.sampled_from(sorted(self.trades)))
        buy, sell, lots = self.trades.pop(trade_id)
        evicted = [order_id for order_id, side in ((buy, "buy"), (sell, "sell")) if guilty in (side, "both")]
        restored = [
            entry_payload(self.entries[order_id]._replace(lots=lots))
            for order_id in (buy, sell)
            if order_id not in evicted and self.entries[order_id].expiry > self.now_s + 60
        ]
        gone: list[Json] = [{"orderId": order_id, "reason": "PaymentFailed"} for order_id in evicted]
        told: dict[str, Json] = {"tradeId": trade_id, "reason": "PaymentFailed", "evicted": gone}
        self.write(Kind.BUST, {**told, "restored": restored})

    # --- What holds for a class ---

    @rule(class_id=classes, phase=st.sampled_from(Phase))
    def phase(self, class_id: int, phase: Phase) -> None:
        book = self.book(class_id)
        if not (phase.matches and book.is_crossed()):
            self.write(Kind.PHASE, self._phase(class_id, phase))

    @rule(class_id=classes, price=prices, half=st.one_of(st.none(), st.integers(0, 4)))
    def reference(self, class_id: int, price: int, half: int | None) -> None:
        bounds = (None, None) if half is None else (str(price - half), str(price + half))
        told: dict[str, Json] = {"classId": str(class_id), "pricePerKg": str(price), "day": 1, "reason": "day"}
        self.write(Kind.REFERENCE, {**told, "lowPerKg": bounds[0], "highPerKg": bounds[1]})

    @rule(class_id=classes, phase=st.sampled_from([Phase.CONTINUOUS, Phase.LISTED, Phase.CLOSED, Phase.CALL]))
    def uncross(self, class_id: int, phase: Phase) -> None:
        book = self.book(class_id)
        found = indicative(book)
        price = found.price_per_kg
        outside = price is not None and not (book.low or 0) <= price <= (book.high or price)
        if book.phase is Phase.VOLATILITY_CALL or (book.phase is Phase.CALL and not outside):
            told: dict[str, Json] = {"classId": str(class_id), "at": self.now_s, "phase": phase.value}
            price_told = None if price is None else str(price)
            self.write(Kind.AUCTION, {**told, "pricePerKg": price_told, "lots": str(found.lots)})

    @invariant()
    def books_are_equal(self) -> None:
        """The same orders with the same lots, in the same queues."""
        for class_id, book in self.engine.books.items():
            for side, ladder in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
                mine = [one for one in self.replay.matcher.open if (one.class_id, one.side) == (class_id, side.value)]
                mine.sort(key=lambda one: -one.sign * one.price_per_kg)
                theirs = [(resting.entry.order_id, resting.lots, resting.owner) for resting in ladder.orders()]
                assert [(one.order_id, one.lots, one.owner) for one in mine] == theirs

    @invariant()
    def every_trade_is_known_to_both(self) -> None:
        assert len(self.replay.trades) == self.engine.trades


TestTwoMatchers = TwoMatchers.TestCase
TestTwoMatchers.settings = settings(stateful_step_count=60)
