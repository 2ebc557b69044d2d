"""Projection of what can no longer be used: order numbers and epochs cancelled, numbers of signed acts spent."""

from sqlmodel import Session, delete

from backend.chain.events import ChainEvent
from backend.link.tables import MakerEpoch, SpentNumber

_SPENT_BY = {
    ("Exchange", "NumberCancelled"): "maker",
    ("CarbonCredit", "NumberUsed"): "account",
    ("Charity", "NumberUsed"): "account",
}
"""(contract, event) -> the argument that names whose number it is."""


class NumberProjection:
    """Follows cancellations on the Exchange and the numbers of signed acts on CarbonCredit and Charity."""

    name = "numbers"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Notes what is spent; of two events that spend the same number, the first is kept."""
        whose = _SPENT_BY.get((event.contract, event.name))
        if whose is not None:
            key = (event.contract, event.args[whose], event.args["number"])
            if session.get(SpentNumber, key) is None:
                contract, account, number = key
                position = {"block_number": event.block_number, "log_index": event.log_index}
                session.add(SpentNumber(contract=contract, account=account, number=number, **position))
        elif (event.contract, event.name) == ("Exchange", "AllCancelled"):
            _set_epoch(session, event.args["maker"], event.args["epoch"])
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes back what this very event noted."""
        whose = _SPENT_BY.get((event.contract, event.name))
        if whose is not None:
            row = session.get(SpentNumber, (event.contract, event.args[whose], event.args["number"]))
            if row is not None and (row.block_number, row.log_index) == (event.block_number, event.log_index):
                session.delete(row)
        elif (event.contract, event.name) == ("Exchange", "AllCancelled"):
            _set_epoch(session, event.args["maker"], event.args["previousEpoch"])
        session.flush()

    def reset(self, session: Session) -> None:
        """Empties the tables."""
        session.exec(delete(MakerEpoch))
        session.exec(delete(SpentNumber))


def _set_epoch(session: Session, account: str, epoch: int) -> None:
    row = session.get(MakerEpoch, account) or MakerEpoch(account=account, epoch=0)
    row.epoch = epoch
    if epoch:
        session.add(row)
    elif row in session:
        session.delete(row)
