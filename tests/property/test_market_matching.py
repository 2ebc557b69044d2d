"""The engine against a matcher so plain that it can be believed: a flat list, searched anew for every fill.

INV-04 (off the chain): no order is matched beyond its lots or outside its limit. INV-08 (off the chain): every price is
the one the journal implies, the resting order's, so the operator chooses nothing. And a replay of the journal gives the
live book.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from backend.kernel.digest import Json, canonical_json
from backend.market.book import Entry, PriceLevel
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.order import Action, Side, SignedOrder
from backend.market.replay import Effects, apply, entry_of, entry_payload

CLASSES = (11, 12)
OWNERS = ("ana", "bo", "chen", "dana")


class Naive:
    """A book as one list of entries in order of arrival; whatever is left of an order is its entry's lots."""

    def __init__(self) -> None:
        self.orders: list[Entry] = []

    def place(self, new: Entry) -> tuple[list[tuple[int, int, int]], int]:
        """(fills, lots left to rest)."""
        fills: list[tuple[int, int, int]] = []
        while new.lots:
            best = self._best_for(new)
            if best is None:
                self.orders.append(new)
                break
            if best.owner == new.owner:
                return fills, 0
            lots = min(best.lots, new.lots)
            fills.append((best.order_id, lots, best.price_per_kg))
            new = new._replace(lots=new.lots - lots)
            self.set_lots(best.order_id, best.lots - lots)
        return fills, new.lots

    def _best_for(self, new: Entry) -> Entry | None:
        sign = 1 if new.side is Side.BUY else -1
        meets = [
            (sign * old.price_per_kg, arrival, old)
            for arrival, old in enumerate(self.orders)
            if old.class_id == new.class_id
            and old.side is not new.side
            and sign * old.price_per_kg <= sign * new.price_per_kg
        ]
        return min(meets)[2] if meets else None

    def set_lots(self, order_id: int, lots: int) -> None:
        changed = [old._replace(lots=lots) if old.order_id == order_id else old for old in self.orders]
        self.orders = [old for old in changed if old.lots]


@dataclass(frozen=True)
class Trade:
    """A fill, with both orders as they were signed."""

    buy: Entry
    sell: Entry
    resting: Entry
    lots: int
    price_per_kg: int


class MarketMachine(RuleBasedStateMachine):
    """Random commands, written to a journal, done by the engine and by the naive book."""

    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.naive = Naive()
        self.journal: list[tuple[Kind, bytes]] = []
        self.signed: dict[int, Entry] = {}
        self.matched: dict[int, int] = {}
        self.trades: dict[int, Trade] = {}
        self.made = 0

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> Effects:
        self.journal.append((kind, canonical_json(payload)))
        return apply(self.engine, len(self.journal), kind, payload)

    def note(self, effects: Effects, expected: list[tuple[list[tuple[int, int, int]], int]]) -> None:
        """Compares what was placed with what the naive book says, and keeps the trades."""
        assert [(placed.fills, placed.lots_open) for placed in effects.placed] == expected
        for placed in effects.placed:
            taker = self.signed[placed.entry.order_id]
            assert placed.lots_stopped >= 0
            assert not (placed.lots_stopped and placed.lots_open)
            for resting_id, lots, price in placed.fills:
                resting = self.signed[resting_id]
                buy, sell = (taker, resting) if taker.side is Side.BUY else (resting, taker)
                self.made += 1
                assert placed.first_trade_id <= self.made <= self.engine.trades
                self.trades[self.made] = Trade(buy, sell, resting, lots, price)
                for order in (buy, sell):
                    self.matched[order.order_id] = self.matched.get(order.order_id, 0) + lots
        assert self.made == self.engine.trades

    @rule(
        target=placed,
        owner=st.sampled_from(OWNERS),
        side=st.sampled_from(Side),
        lots=st.integers(1, 8),
        price=st.integers(96, 104),
        class_id=st.sampled_from(CLASSES),
        expiry=st.integers(1_000, 1_300),
    )
    def place(self, *, owner: str, side: Side, lots: int, price: int, class_id: int, expiry: int) -> int:
        order_id = len(self.journal) + 1
        order = SignedOrder(
            owner, owner, class_id, side, lots * 1000, price, 100, expiry, order_id, 0, Action.HOLD, bytes(32)
        )
        entry = self.signed[order_id] = entry_of(order, order_id, owner)
        payload: dict[str, Json] = {"order": order.wire(), "orderHash": "0x", "owner": owner, "signature": "0x"}
        self.note(self.write(Kind.PLACE, payload), [self.naive.place(entry)])
        return order_id

    @rule(order_id=consumes(placed))
    def cancel(self, order_id: int) -> None:
        if self.engine.open_lots(order_id):
            effects = self.write(Kind.CANCEL, {"orderId": order_id, "reason": "by_maker"})
            assert effects.left == {order_id: "by_maker"}
            self.naive.set_lots(order_id, 0)

    @rule(order_id=placed, lots=st.integers(0, 7))
    def lose_funds(self, order_id: int, lots: int) -> None:
        if lots < self.engine.open_lots(order_id):
            change: Json = {"orderId": order_id, "lots": str(lots), "reason": "funds_insufficient"}
            self.write(Kind.FUNDING, {"changes": [change]})
            self.naive.set_lots(order_id, lots)

    @rule(before=st.integers(1_000, 1_300))
    def expire(self, before: int) -> None:
        due = {old.order_id for old in self.naive.orders if old.expiry <= before}
        assert self.engine.due(before) == bool(due)
        if due:
            assert set(self.write(Kind.EXPIRE, {"before": before}).left) == due
            for order_id in due:
                self.naive.set_lots(order_id, 0)

    @precondition(lambda self: self.trades)
    @rule(data=st.data(), evicted=st.sampled_from(["buy", "sell", "both"]))
    def bust(self, data: st.DataObject, evicted: str) -> None:
        trade_id = data.draw(st.sampled_from(sorted(self.trades)))
        trade = self.trades.pop(trade_id)
        sides = {"buy": trade.buy, "sell": trade.sell}
        guilty = [order for name, order in sides.items() if evicted in (name, "both")]
        innocent = [order._replace(lots=trade.lots) for name, order in sides.items() if evicted not in (name, "both")]
        effects = self.write(
            Kind.BUST,
            {
                "tradeId": trade_id,
                "reason": "PaymentFailed",
                "evicted": [{"orderId": order.order_id, "reason": "PaymentFailed"} for order in guilty],
                "restored": [entry_payload(order) for order in innocent],
            },
        )
        for order in sides.values():
            self.matched[order.order_id] -= trade.lots
        for order in guilty:
            self.naive.set_lots(order.order_id, 0)
        expected = []
        for order in innocent:
            waiting = sum(old.lots for old in self.naive.orders if old.order_id == order.order_id)
            self.naive.set_lots(order.order_id, 0)
            expected.append(self.naive.place(order._replace(lots=order.lots + waiting)))
        self.note(effects, expected)

    @rule()
    def crash(self) -> None:
        """Loses everything in memory and replays the journal; the digest must be the live one."""
        replayed = Engine()
        for sequence, (kind, payload) in enumerate(self.journal, 1):
            apply(replayed, sequence, kind, json.loads(payload))
        assert replayed.state_digest() == self.engine.state_digest()
        self.engine = replayed

    @invariant()
    def books_are_equal(self) -> None:
        """Same orders with the same lots, and the same levels in the same order."""
        assert {order.order_id: order.lots for order in self.naive.orders} == {
            order_id: order.lots for order_id, order in self.engine.orders.items()
        }
        for class_id, book in self.engine.books.items():
            for side, ladder in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
                mine = [old for old in self.naive.orders if (old.class_id, old.side) == (class_id, side)]
                prices = sorted({old.price_per_kg for old in mine}, reverse=side is Side.BUY)
                at = {price: [old for old in mine if old.price_per_kg == price] for price in prices}
                assert ladder.depth() == [
                    PriceLevel(price, sum(old.lots for old in olds), len(olds)) for price, olds in at.items()
                ]
                queue = [old.order_id for olds in at.values() for old in olds]
                assert [order.entry.order_id for order in ladder.orders()] == queue

    @invariant()
    def book_is_not_crossed(self) -> None:
        """Two orders that could meet have met, or the newer one was its maker's own and did not come to rest."""
        for book in self.engine.books.values():
            bid, ask = book.bids.best(), book.asks.best()
            assert bid is None or ask is None or bid.price_per_kg < ask.price_per_kg

    @invariant()
    def inv_04_no_order_is_matched_beyond_its_amount_or_outside_its_limit(self) -> None:
        for order_id, order in self.signed.items():
            matched = self.matched.get(order_id, 0)
            assert 0 <= matched <= matched + self.engine.open_lots(order_id) <= order.lots
        for trade in self.trades.values():
            assert trade.lots > 0
            assert trade.sell.price_per_kg <= trade.price_per_kg <= trade.buy.price_per_kg
            assert trade.buy.owner != trade.sell.owner
            assert trade.buy.class_id == trade.sell.class_id

    @invariant()
    def inv_08_every_price_is_the_resting_orders(self) -> None:
        for trade in self.trades.values():
            assert trade.price_per_kg == trade.resting.price_per_kg


TestMarketMachine = MarketMachine.TestCase
TestMarketMachine.settings = settings(stateful_step_count=60)
