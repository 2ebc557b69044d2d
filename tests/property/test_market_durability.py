"""The whole market on a real database, through everything that can happen to it: orders, cancellations, funds that
leave, trades that settle or are skipped, time, restarts. Whatever the order of things: the rows add up, nobody is
committed beyond their funds, and the journal gives the live books.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import col, select

from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.kernel.mass import fee_floor
from backend.market.admission import PhaseRefuses
from backend.market.cancel_all import CancellingAll
from backend.market.funds import (
    IN_FLIGHT,
    AllowanceInsufficient,
    CreditsInsufficient,
    PaymentInsufficient,
    cost_bound,
)
from backend.market.governing import SettingReference, SettingRules
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.order import Side, SignedOrder
from backend.market.place import OrderPlacedOtherwise, Placing
from backend.market.replace import Replacing
from backend.market.rules import LIFETIME_S_MIN, ClassRules, ExpiryTooSoon
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState
from backend.market.trades import mark_sent, mark_settled, unsettled_trades
from backend.market.trading_day import TradingDay
from tests.postgres import fresh_database
from tests.unit.market.instructed import enter
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, World, hash_of, signed

MAKERS = (ANA, BO, CHEN)
makers = st.sampled_from(MAKERS)
instructed = st.builds(
    Instructions,
    time_in_force=st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
    self_trade=st.sampled_from(SelfTrade),
)


@dataclass
class Placed:
    """An order that was accepted, to send again."""

    maker: Signer
    order: SignedOrder


class WholeMarket(RuleBasedStateMachine):
    """Random days of a market."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.folder = self.opened.enter_context(tempfile.TemporaryDirectory())
        self.database = self.opened.enter_context(fresh_database(Path(self.folder)))
        self.world = World(self.database, draw=lambda _below: 0)
        self.world.start()
        self.balances = self.world.balances
        for maker in MAKERS:
            self.balances.credits[maker.address, CLASS_ID] = 20_000
            self.balances.payments[maker.address] = 3_000
            self.balances.allowances[maker.address] = 2_500
        self.placed: list[Placed] = []

    def teardown(self) -> None:
        self.world.stop()
        self.opened.close()

    def rows(self) -> tuple[list[OrderRow], list[TradeRow]]:
        with self.database.read() as session:
            return list(session.exec(select(OrderRow)).all()), list(session.exec(select(TradeRow)).all())

    @rule(
        maker=makers,
        side=st.sampled_from(Side),
        lots=st.integers(1, 12),
        price=st.integers(97, 103),
        seconds=st.integers(61, 900),
        instructions=st.just(PLAIN) | instructed,
    )
    def place(
        self, *, maker: Signer, side: Side, lots: int, price: int, seconds: int, instructions: Instructions
    ) -> None:
        expiry = unix_s(self.world.clock.now()) + seconds
        order = self.world.order(maker, side, lots, price, expiry=expiry)
        try:
            accepted = enter(self.world, maker, order, instructions)
        except (CreditsInsufficient, PaymentInsufficient, AllowanceInsufficient, PhaseRefuses):
            return
        assert enter(self.world, maker, order, instructions) == accepted
        self.placed.append(Placed(maker, order))

    @precondition(lambda self: self.placed)
    @rule(data=st.data(), lots=st.integers(1, 12), price=st.integers(97, 103))
    def replace(self, data: st.DataObject, lots: int, price: int) -> None:
        chosen = data.draw(st.sampled_from(self.placed))
        row = next(row for row in self.rows()[0] if row.order_hash == hash_of(chosen.order))
        if row.state != OrderState.OPEN or row.lots_matched:
            return
        new = replace(chosen.order, amount_gco2e=lots * 1000, price_per_kg=price)
        placing = Placing(new, signed(chosen.maker, new), hash_of(new), ClassRules(CLASS_ID))
        try:
            self.world.market.sequencer.call(Replacing(row.order_hash, placing))
        except (CreditsInsufficient, PaymentInsufficient, AllowanceInsufficient, ExpiryTooSoon, OrderPlacedOtherwise):
            return
        self.placed.append(Placed(chosen.maker, new))

    @rule(maker=makers)
    def cancel_all(self, maker: Signer) -> None:
        self.world.market.sequencer.call(CancellingAll(maker.address))
        assert not any(row.lots_open for row in self.rows()[0] if row.maker == maker.address)

    @rule(price=st.integers(98, 102))
    def band(self, price: int) -> None:
        """A narrow band, so that some orders begin a volatility call, which time ends."""
        rules = ClassRules(CLASS_ID, band_bps=100, day=TradingDay(volatility_s=30, random_end_s=0))
        self.world.market.sequencer.call(SettingRules(rules))
        self.world.market.sequencer.call(SettingReference(rules, price))

    @rule(pinned=st.booleans())
    def earn(self, pinned: bool) -> None:
        """Spreads are looked at from the next second on, or no longer; the day's only call is at midnight, which does
        not come.
        """
        rules = ClassRules(CLASS_ID, mode_pinned=pinned, day=TradingDay(calls=(0,), collect_s=0, random_end_s=0))
        self.world.market.sequencer.call(SettingRules(rules))
        self.time_passes(1)

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.placed))
        open_before = {row.order_hash for row in self.rows()[0] if row.state == OrderState.OPEN}
        if hash_of(chosen.order) in open_before:
            self.world.market.cancel(chosen.maker.address, hash_of(chosen.order))

    @rule(maker=makers, credits=st.integers(0, 20_000), money=st.integers(0, 3_000))
    def funds_change(self, maker: Signer, credits: int, money: int) -> None:  # noqa: A002 - carbon credits
        self.balances.credits[maker.address, CLASS_ID] = credits
        self.balances.payments[maker.address] = money
        self.world.refund(maker)

    @precondition(lambda self: self.world.balances is not None)
    @rule(data=st.data())
    def send_and_answer(self, data: st.DataObject) -> None:
        """A batch goes out; the chain fills or skips each trade, and moves funds only for those it fills."""
        with self.database.write() as session:
            sent = unsettled_trades(session, 5)
            mark_sent(session, [trade.id for trade in sent], 1, at=self.world.clock.now())
        for trade in sent:
            cost = trade.lots * trade.price_per_kg
            fee = fee_floor(cost, self.world.fee_bps)
            seller, buyer = (trade.seller, CLASS_ID), trade.buyer
            is_funded = (
                self.balances.credits[seller] >= trade.lots * 1000 and self.balances.payments[buyer] >= cost + fee
            )
            if is_funded and data.draw(st.booleans(), label="filled"):
                with self.database.write() as session:
                    self.balances.credits[seller] -= trade.lots * 1000
                    self.balances.credits[buyer, CLASS_ID] += trade.lots * 1000
                    self.balances.payments[buyer] -= cost + fee
                    self.balances.allowances[buyer] -= cost + fee
                    self.balances.payments[trade.seller] += cost - fee
                    mark_settled(session, trade.id, tx_hash=b"\1" * 32, at=self.world.clock.now())
                self.world.refund(*MAKERS)
            else:
                reason = data.draw(st.sampled_from(["PaymentFailed", "CreditTransferFailed", "OrderNumberTaken"]))
                self.world.market.bust(trade.id, reason)

    @rule(seconds=st.integers(1, 300))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.at += timedelta(seconds=seconds)
        self.world.refund()

    @rule()
    def restart(self) -> None:
        """Nothing in memory survives; the digest does."""
        digest = self.world.state_digest()
        self.world.restart()
        assert self.world.state_digest() == digest

    @invariant()
    def inv_04_rows_add_up(self) -> None:
        orders, trades = self.rows()
        by_id = {row.id: row for row in orders}
        standing = [trade for trade in trades if trade.state != TradeState.BUSTED]
        for row in orders:
            matched = sum(trade.lots for trade in standing if row.id in {trade.buy_id, trade.sell_id})
            assert row.lots_matched == matched
            assert 0 <= matched + row.lots_open <= row.lots
            assert (row.lots_open > 0) == (row.state == OrderState.OPEN)
        for trade in trades:
            buy, sell = by_id[trade.buy_id], by_id[trade.sell_id]
            assert sell.price_per_kg <= trade.price_per_kg <= buy.price_per_kg
            assert (trade.buyer, trade.seller) == (buy.maker, sell.maker)
            assert (trade.buy_hash, trade.sell_hash) == (buy.order_hash, sell.order_hash)
            assert buy.maker != sell.maker
        assert sorted(trade.id for trade in trades) == list(range(1, len(trades) + 1))

    @invariant()
    def nobody_is_committed_beyond_their_funds(self) -> None:
        with self.database.read() as session:
            open_orders = session.exec(select(OrderRow).where(OrderRow.state == OrderState.OPEN)).all()
            flying = session.exec(select(TradeRow).where(col(TradeRow.state).in_(IN_FLIGHT))).all()
        for maker in {row.maker for row in open_orders}:
            sells = sum(row.lots_open for row in open_orders if (row.maker, row.side) == (maker, Side.SELL))
            if sells:
                sold = sum(trade.lots for trade in flying if trade.seller == maker)
                assert (sells + sold) * 1000 <= self.balances.credits[maker, CLASS_ID]
            buys = [row for row in open_orders if (row.maker, row.side) == (maker, Side.BUY)]
            if buys:
                tied = sum(cost_bound(row.lots_open, row.price_per_kg, 100) for row in buys)
                tied += sum(cost_bound(trade.lots, trade.price_per_kg, 100) for trade in flying if trade.buyer == maker)
                assert tied <= min(self.balances.payments[maker], self.balances.allowances[maker])

    @invariant()
    def nothing_stands_in_its_last_minute(self) -> None:
        """Every rule that moved the clock gave the market a turn."""
        now_s = unix_s(self.world.clock.now())
        assert all(row.expiry > now_s + LIFETIME_S_MIN for row in self.rows()[0] if row.state == OrderState.OPEN)


TestWholeMarket = WholeMarket.TestCase
TestWholeMarket.settings = settings(max_examples=max(15, settings().max_examples // 5), stateful_step_count=25)
