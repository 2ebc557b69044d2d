"""What the chain said of each match: `Filled` and `Skipped` of the Exchange, into fills, legs and trades."""

from sqlmodel import Session, col, delete, select

from backend.chain.events import ChainEvent
from backend.chain.reverts import reason_name
from backend.link.tables import Attempt, Intent
from backend.market.trades import mark_settled, unmark_settled
from backend.settlement.tables import Batch, BatchState, Fill, Leg, LegState

SETTLE_KIND = "settle"
"""Kind of the outbox intents that carry batches; their reference is the batch's id."""


def batch_of_transaction(session: Session, tx_hash: bytes) -> Batch | None:
    """The batch that a transaction carried, or None if it was not one of ours."""
    intent = session.exec(
        select(Intent)
        .join(Attempt, col(Attempt.intent_id) == Intent.id)
        .where(Attempt.tx_hash == tx_hash, Intent.kind == SETTLE_KIND)
    ).one_or_none()
    return None if intent is None else session.get(Batch, int(intent.reference))


class FillsProjection:
    """Fills, and the state of legs and trades that follows from them."""

    name = "settlement.fills"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Takes a Filled or Skipped event; ignores every other."""
        if event.contract != "Exchange":
            return
        if event.name == "Filled":
            self._fill(session, event)
        elif event.name == "Skipped":
            leg = self._skipped_leg(session, event)
            if leg is not None and leg.state == LegState.SENT:
                leg.state, leg.reason = LegState.SKIPPED, reason_name(event.args["reason"])
                session.add(leg)

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes the event back. A leg already busted stays so: the market has told its makers."""
        if event.contract != "Exchange":
            return
        if event.name == "Filled":
            self._unfill(session, event)
        elif event.name == "Skipped":
            leg = self._skipped_leg(session, event)
            if leg is not None and leg.state == LegState.SKIPPED:
                leg.state, leg.reason = LegState.SENT, None
                session.add(leg)
                self._open_again(session, leg.batch_id)

    def reset(self, session: Session) -> None:
        """Forgets every fill before a reindex; legs and trades go back to sent."""
        for fill in session.exec(select(Fill)).all():
            self._release(session, fill)
        session.exec(delete(Fill))
        for leg in session.exec(select(Leg).where(col(Leg.state) == LegState.SKIPPED)).all():
            leg.state, leg.reason = LegState.SENT, None
            session.add(leg)

    @staticmethod
    def _open_again(session: Session, batch_id: int) -> None:
        """The settler must look at this batch once more."""
        batch = session.get(Batch, batch_id)
        assert batch is not None
        batch.state = BatchState.SENT
        session.add(batch)

    def _fill(self, session: Session, event: ChainEvent) -> None:
        args = event.args
        batch = batch_of_transaction(session, event.tx_hash)
        leg = None if batch is None else self._open_leg(session, batch, event)
        if leg is not None:
            leg.state = LegState.FILLED
            session.add(leg)
            mark_settled(session, leg.trade_id, tx_hash=event.tx_hash, at=event.block_time)
        session.add(
            Fill(
                block_number=event.block_number,
                log_index=event.log_index,
                at=event.block_time,
                tx_hash=event.tx_hash,
                batch_id=None if batch is None else batch.id,
                trade_id=None if leg is None else leg.trade_id,
                class_id=args["classId"],
                buy_hash=args["buyHash"],
                sell_hash=args["sellHash"],
                buyer=args["buyer"],
                seller=args["seller"],
                lots=args["lots"],
                price_per_kg=args["pricePerKg"],
                fee=args["fee"],
            )
        )
        session.flush()

    def _unfill(self, session: Session, event: ChainEvent) -> None:
        fill = session.exec(
            select(Fill).where(Fill.block_number == event.block_number, Fill.log_index == event.log_index)
        ).one()
        self._release(session, fill)
        session.delete(fill)
        session.flush()

    @staticmethod
    def _release(session: Session, fill: Fill) -> None:
        if fill.trade_id is None:
            return
        unmark_settled(session, fill.trade_id)
        leg = session.exec(
            select(Leg).where(
                Leg.batch_id == fill.batch_id, Leg.trade_id == fill.trade_id, col(Leg.state) == LegState.FILLED
            )
        ).one()
        leg.state = LegState.SENT
        session.add(leg)
        FillsProjection._open_again(session, leg.batch_id)

    @staticmethod
    def _open_leg(session: Session, batch: Batch, event: ChainEvent) -> Leg | None:
        """The first leg of the batch that this fill can be: matches are executed in order."""
        return session.exec(
            select(Leg)
            .where(
                Leg.batch_id == batch.id,
                Leg.buy_hash == event.args["buyHash"],
                Leg.sell_hash == event.args["sellHash"],
                Leg.lots == event.args["lots"],
                Leg.price_per_kg == event.args["pricePerKg"],
                col(Leg.state) == LegState.SENT,
            )
            .order_by(col(Leg.match_index))
        ).first()

    @staticmethod
    def _skipped_leg(session: Session, event: ChainEvent) -> Leg | None:
        batch = batch_of_transaction(session, event.tx_hash)
        if batch is None:
            return None
        return session.exec(
            select(Leg).where(Leg.batch_id == batch.id, Leg.match_index == event.args["index"])
        ).one_or_none()
