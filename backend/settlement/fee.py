"""The Exchange's fee rate as the chain says it, kept in memory for the market, which asks inside its transactions.

Only the process that owns the market indexes; one that takes it over reads the rate again.
"""

from sqlmodel import Session, col, delete, select

from backend.chain.events import ChainEvent
from backend.settlement.tables import FeeRate
from backend.storage.database import Database


class FeeProjection:
    """Follows the Exchange's FeeSet; `fee_bps` answers without asking anything."""

    name = "settlement.fee"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reload()

    def reload(self) -> None:
        """Reads what another process may have written meanwhile."""
        with self._database.read() as session:
            self._fee_bps = self._latest(session)

    def fee_bps(self) -> int:
        """Basis points of cost, on each side; 0 until governance sets one."""
        return self._fee_bps

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Takes the new rate."""
        if (event.contract, event.name) == ("Exchange", "FeeSet"):
            rate = FeeRate(block_number=event.block_number, log_index=event.log_index, fee_bps=event.args["feeBps"])
            session.add(rate)
            session.flush()
            self._fee_bps = rate.fee_bps

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Back to the rate before."""
        if (event.contract, event.name) == ("Exchange", "FeeSet"):
            session.delete(session.get_one(FeeRate, (event.block_number, event.log_index)))
            session.flush()
            self._fee_bps = self._latest(session)

    def reset(self, session: Session) -> None:
        """Forgets every rate; the one in memory stays until the events come again."""
        session.exec(delete(FeeRate))

    @staticmethod
    def _latest(session: Session) -> int:
        newest = select(FeeRate).order_by(col(FeeRate.block_number).desc(), col(FeeRate.log_index).desc())
        rate = session.exec(newest).first()
        return 0 if rate is None else rate.fee_bps
