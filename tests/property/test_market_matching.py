"""The engine against a matcher so plain that it can be believed (`naive_market`), through everything that a journal can
say.

INV-04 (off the chain): no order is matched beyond its lots or outside its limit. INV-08 (off the chain): every price is
the one the journal implies, the resting order's or the auction's, so the operator chooses nothing. And a replay of the
journal gives the live book.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from backend.kernel.digest import Json, canonical_json
from backend.market.auction import indicative
from backend.market.book import Entry, PriceLevel
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.order import Action, Side, SignedOrder
from backend.market.phase import Phase
from backend.market.replay import Effects, apply, entry_of, entry_payload, open_ids
from backend.market.turn import SELF_TRADE
from backend.market.validate import COLLECTING, fillable
from tests.property.naive_market import Fills, Naive

CLASSES = (11, 12)
OWNERS = {"ana": "ana", "ana's other": "ana", "bo": "bo", "chen": "chen"}
"""Account -> whose it is."""

accounts = st.sampled_from(sorted(OWNERS))
classes = st.sampled_from(CLASSES)
instructed = st.builds(
    Instructions,
    time_in_force=st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
    self_trade=st.sampled_from(SelfTrade),
)


@dataclass(frozen=True)
class Trade:
    """A fill, with both orders as they were signed."""

    buy: Entry
    sell: Entry
    due_price: int
    """The resting order's, or the auction's."""
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
        self.may_wait: dict[int, bool] = {}
        self.matched: dict[int, int] = {}
        self.trades: dict[int, Trade] = {}
        self.made = 0

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> Effects:
        """As a turn does: a breach of the band is followed by the phase that it calls for."""
        self.journal.append((kind, canonical_json(payload)))
        effects = apply(self.engine, len(self.journal), kind, payload)
        if effects.breached is not None:
            self.enter(effects.breached, Phase.VOLATILITY_CALL)
        return effects

    def enter(self, class_id: int, phase: Phase) -> None:
        self.naive.phases[class_id] = phase
        payload: dict[str, Json] = {"classId": str(class_id), "phase": phase.value, "at": 1, "reason": "schedule"}
        assert self.write(Kind.PHASE, payload) == Effects()

    def note(self, effects: Effects, expected: list[tuple[Fills, int]]) -> None:
        """Compares what was placed with what the naive book says, and keeps the trades."""
        assert [(placed.fills, placed.lots_open) for placed in effects.placed] == expected
        for placed in effects.placed:
            taker = self.signed[placed.entry.order_id]
            assert 0 in (placed.lots_stopped, placed.lots_killed)
            assert min(placed.lots_stopped, placed.lots_killed) >= 0
            assert placed.lots_killed == 0 or placed.killed
            for resting_id, lots, price in placed.fills:
                resting = self.signed[resting_id]
                buy, sell = (taker, resting) if taker.side is Side.BUY else (resting, taker)
                self.keep(Trade(buy, sell, resting.price_per_kg, lots, price))
        assert self.made == self.engine.trades

    def keep(self, trade: Trade) -> None:
        self.made += 1
        self.trades[self.made] = trade
        for order in (trade.buy, trade.sell):
            self.matched[order.order_id] = self.matched.get(order.order_id, 0) + trade.lots

    def sign(
        self, *, account: str, side: Side, lots: int, price: int, class_id: int, expiry: int, instructions: Instructions
    ) -> dict[str, Json]:
        """The payload of an order at the next sequence."""
        order_id = len(self.journal) + 1
        order = SignedOrder(
            account, account, class_id, side, lots * 1000, price, 100, expiry, order_id, 0, Action.HOLD, bytes(32)
        )
        self.signed[order_id] = entry_of(order, order_id, OWNERS[account], instructions)
        self.may_wait[order_id] = instructions.time_in_force.rests
        payload: dict[str, Json] = {
            "order": order.wire(),
            "orderHash": "0x",
            "owner": OWNERS[account],
            "signature": "0x",
        }
        return payload | ({"instructions": instructions.payload()} if instructions != PLAIN else {})

    @rule(
        target=placed,
        account=accounts,
        side=st.sampled_from(Side),
        lots=st.integers(1, 8),
        price=st.integers(96, 104),
        class_id=classes,
        expiry=st.integers(1_000, 1_300),
        instructions=st.just(PLAIN) | instructed,
    )
    def place(
        self,
        *,
        account: str,
        side: Side,
        lots: int,
        price: int,
        class_id: int,
        expiry: int,
        instructions: Instructions,
    ) -> int:
        phase = self.naive.phase(class_id)
        if not phase.takes_orders or (phase.collects and not instructions.time_in_force.rests):
            return 0
        payload = self.sign(
            account=account,
            side=side,
            lots=lots,
            price=price,
            class_id=class_id,
            expiry=expiry,
            instructions=instructions,
        )
        order_id = len(self.journal) + 1
        foreseen = fillable(self.engine, self.signed[order_id], instructions)
        fills, stays, gone = self.naive.place(self.signed[order_id], instructions)
        effects = self.write(Kind.PLACE, payload)
        came = effects.placed[0]
        why = SELF_TRADE if came.lots_stopped else came.killed
        assert (foreseen.reach.lots, foreseen.why_not_all) == (
            (0, COLLECTING) if phase.collects else (sum(lots for _, lots, _ in fills), why)
        )
        assert sorted(effects.left) == sorted(gone)
        assert effects.placed[0].is_group == (instructions.time_in_force is TimeInForce.FOK and len(fills) > 1)
        self.note(effects, [(fills, stays)])
        return order_id

    @rule(target=placed, order_id=consumes(placed), lots=st.integers(1, 8), price=st.integers(96, 104))
    def replace(self, order_id: int, lots: int, price: int) -> int:
        old = self.signed.get(order_id)
        if old is None or not self.engine.open_lots(order_id) or self.matched.get(order_id):
            return order_id
        if not self.naive.phase(old.class_id).takes_orders:
            return order_id
        payload = self.sign(
            account=old.account,
            side=old.side,
            lots=lots,
            price=price,
            class_id=old.class_id,
            expiry=old.expiry,
            instructions=PLAIN,
        )
        new_id = len(self.journal) + 1
        expected = self.naive.replace(order_id, self.signed[new_id])
        effects = self.write(Kind.REPLACE, {"orderId": order_id, **payload})
        assert effects.left == {order_id: "replaced"}
        self.note(effects, [expected])
        return new_id

    @rule(class_id=classes, phase=st.sampled_from([Phase.CALL, Phase.HALTED, Phase.CONTINUOUS, Phase.LISTED]))
    def change_phase(self, class_id: int, phase: Phase) -> None:
        if not (phase.matches and self.naive.is_crossed(class_id)):
            self.enter(class_id, phase)

    @precondition(lambda self: any(self.naive.phase(class_id).collects for class_id in CLASSES))
    @rule(class_id=classes, phase=st.sampled_from([Phase.CALL, Phase.CONTINUOUS]))
    def uncross(self, class_id: int, phase: Phase) -> None:
        if not self.naive.phase(class_id).collects:
            return
        first_seen = indicative(self.engine.book_of(class_id))
        price, lots, pairs = self.naive.auction(class_id)
        assert first_seen[:2] == (price, lots)
        self.naive.phases[class_id] = phase
        effects = self.write(
            Kind.AUCTION,
            {
                "classId": str(class_id),
                "at": 2,
                "phase": phase.value,
                "pricePerKg": None if price is None else str(price),
                "lots": str(lots),
            },
        )
        made = [] if effects.crossed is None else [tuple(pair) for pair in effects.crossed.pairs]
        assert made == pairs
        for buy_id, sell_id, met in pairs:
            assert price is not None
            self.keep(Trade(self.signed[buy_id], self.signed[sell_id], price, met, price))
        assert self.made == self.engine.trades

    @rule(class_id=classes, price=st.integers(97, 103), width=st.none() | st.integers(1, 4))
    def refer(self, class_id: int, price: int, width: int | None) -> None:
        self.naive.references[class_id] = price
        self.naive.bands.pop(class_id, None)
        if width is not None:
            self.naive.bands[class_id] = price - width, price + width
        bounds = [None, None] if width is None else [str(price - width), str(price + width)]
        self.write(
            Kind.REFERENCE,
            {
                "classId": str(class_id),
                "pricePerKg": str(price),
                "lowPerKg": bounds[0],
                "highPerKg": bounds[1],
                "day": 1,
                "reason": "governance",
            },
        )

    @rule(account=accounts, class_id=st.none() | classes)
    def cancel_all(self, account: str, class_id: int | None) -> None:
        mine = [
            old.order_id for old in self.naive.orders if old.account == account and class_id in (None, old.class_id)
        ]
        assert open_ids(self.engine, account, class_id) == sorted(mine)
        named = None if class_id is None else str(class_id)
        payload: dict[str, Json] = {
            "account": account,
            "classId": named,
            "orderIds": [*sorted(mine)],
            "reason": "by_maker",
        }
        assert sorted(self.write(Kind.CANCEL_ALL, payload).left) == sorted(mine)
        for order_id in mine:
            self.naive.set_lots(order_id, 0)

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
        innocent = [
            order._replace(lots=trade.lots)
            for name, order in sides.items()
            if evicted not in (name, "both") and self.may_wait[order.order_id]
        ]
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
            fills, stays, _ = self.naive.place(order._replace(lots=order.lots + waiting), PLAIN)
            expected.append((fills, stays))
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
        """Where orders match at once, two that could meet have met, or the newer one did not come to rest."""
        for book in self.engine.books.values():
            assert not (book.matches and book.is_crossed())

    @invariant()
    def no_owner_stands_against_itself(self) -> None:
        """Not even in a call: so an auction pairs nobody with itself."""
        for old in self.naive.orders:
            assert all(rival.owner != old.owner for rival in self.naive.rivals(old))

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
    def inv_08_every_price_is_the_resting_orders_or_the_auctions(self) -> None:
        for trade in self.trades.values():
            assert trade.price_per_kg == trade.due_price


TestMarketMachine = MarketMachine.TestCase
TestMarketMachine.settings = settings(stateful_step_count=60)
