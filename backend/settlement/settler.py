"""The settler: puts matched trades into batches and brings finished batches home. Each step is safe to repeat."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.kernel import crash
from backend.kernel.clock import Clock
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import IntentState
from backend.market.instructed import FOK_FILLS_MAX
from backend.market.trades import mark_sent, reopen, signed_order, unsettled_trades
from backend.settlement.plan import Pair, plan_of
from backend.settlement.projection import SETTLE_KIND
from backend.settlement.tables import Batch, BatchState, Leg, LegState
from backend.storage.database import Database

BATCH_LEGS = 20
"""Matches per transaction: gas per fill falls little beyond, and a batch stays far below a block's gas limit. A group
fits (FOK_FILLS_MAX).
"""

RETRY_AFTER = timedelta(seconds=5)
"""How long to wait after a batch came back whole (a paused Exchange) before trying again."""


@dataclass(frozen=True)
class SettleReport:
    """What one step did. `moved`: there may be more to do at once."""

    moved: bool


class Buster(Protocol):
    """The market's door for a trade that the chain skipped."""

    def bust(self, trade_id: int, reason: str) -> None:
        """Unwinds the trade as a journaled command; doing it twice is the same as once."""
        ...


class Settler:
    """Moves trades from matched to settled or busted. Holds no state that matters: everything is in the database."""

    def __init__(self, database: Database, contracts: Contracts, market: Buster, clock: Clock) -> None:
        self._database, self._contracts, self._market, self._clock = database, contracts, market, clock
        self._not_before: datetime | None = None

    def step(self) -> SettleReport:
        """One round: bring home, then send. Raises Unavailable when the market takes no commands now."""
        moved = self._bring_home()
        if self._not_before is None or self._clock.now() >= self._not_before:
            moved = self._send() or moved
        return SettleReport(moved)

    def _send(self) -> bool:
        """Up to BATCH_LEGS matched trades, oldest first, no group torn apart: batch, legs, intent and trades' state in
        one transaction.
        """
        now = self._clock.now()
        with self._database.write() as session:
            trades = unsettled_trades(session, BATCH_LEGS + FOK_FILLS_MAX - 1)  # the last group may reach so far
            if not trades:
                return False
            pairs = [Pair(t.id, t.buy_hash, t.sell_hash, t.lots, t.price_per_kg, t.group_id) for t in trades]
            plan = plan_of(pairs, lambda order_hash: signed_order(session, order_hash), BATCH_LEGS)
            pairs = pairs[: len(plan.matches)]
            batch = Batch(created_at=now)
            session.add(batch)
            session.flush()
            for index, pair in enumerate(pairs):
                session.add(
                    Leg(
                        batch_id=batch.id,
                        match_index=index,
                        trade_id=pair.trade_id,
                        buy_hash=pair.buy_hash,
                        sell_hash=pair.sell_hash,
                        lots=pair.lots,
                        price_per_kg=pair.price_per_kg,
                    )
                )
            data = self._contracts.encode("Exchange", "settle", [plan.batch()])
            enqueue(session, kind=SETTLE_KIND, reference=str(batch.id), contract="Exchange", data=data, now=now)
            mark_sent(session, [pair.trade_id for pair in pairs], batch.id, at=now)
            crash.point("settlement.before_commit")
        crash.point("settlement.after_commit")
        return True

    def _bring_home(self) -> bool:
        with self._database.read() as session:
            open_batches = session.exec(
                select(Batch.id).where(col(Batch.state) == BatchState.SENT).order_by(col(Batch.id))
            ).all()
        return sum(self._bring_home_one(batch_id) for batch_id in open_batches) > 0

    def _bring_home_one(self, batch_id: int) -> bool:
        with self._database.read() as session:
            intent = intent_of(session, SETTLE_KIND, str(batch_id))
            legs = legs_of(session, batch_id)
        assert intent is not None
        if intent.state == IntentState.REVERTED:
            self._return(batch_id)
            return True
        if intent.state != IntentState.CONFIRMED or any(leg.state == LegState.SENT for leg in legs):
            return False  # not final yet, or confirmed by the sender before the indexer read its block
        for leg in legs:
            if leg.state == LegState.SKIPPED:
                self._market.bust(leg.trade_id, leg.reason or "")
        crash.point("settlement.after_bust")
        with self._database.write() as session:
            for leg in legs_of(session, batch_id):
                if leg.state == LegState.SKIPPED:
                    leg.state = LegState.BUSTED
                    session.add(leg)
            self._close(session, batch_id, BatchState.SETTLED)
        return True

    def _return(self, batch_id: int) -> None:
        """The transaction did nothing at all: its trades go into another batch."""
        with self._database.write() as session:
            legs = [leg for leg in legs_of(session, batch_id) if leg.state == LegState.SENT]
            for leg in legs:
                leg.state = LegState.RETURNED
                session.add(leg)
            reopen(session, [leg.trade_id for leg in legs])
            self._close(session, batch_id, BatchState.RETURNED)
        self._not_before = self._clock.now() + RETRY_AFTER

    @staticmethod
    def _close(session: Session, batch_id: int, state: BatchState) -> None:
        batch = session.get(Batch, batch_id)
        assert batch is not None
        batch.state = state
        session.add(batch)


def legs_of(session: Session, batch_id: int) -> list[Leg]:
    """A batch's legs in the order of its calldata."""
    return list(session.exec(select(Leg).where(Leg.batch_id == batch_id).order_by(col(Leg.match_index))).all())
