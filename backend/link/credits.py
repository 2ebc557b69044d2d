"""Projection of CarbonCredit: balances, retirements, class totals, approvals.

Every event has an exact inverse. Balances and totals are sums, so the inverse is the difference; an approval is a row
of its own, so the inverse is its deletion.
"""

from sqlmodel import Session, delete

from backend.chain.events import ChainEvent
from backend.link.funds import ZERO_ADDRESS
from backend.link.tables import CreditApproval, CreditBalance, CreditClassTotals

CONTRACT = "CarbonCredit"

_TOTALS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "SurplusAnchored": (("budgets_gco2e", "budgets", 1), ("surpluses_gco2e", "surplus", 1)),
    "Issued": (
        ("issued_gco2e", "amount", 1),
        ("issued_gco2e", "bufferAmount", 1),
        ("buffer_gco2e", "bufferAmount", 1),
    ),
    "Retired": (("retired_gco2e", "amount", 1),),
    "ReversalRecorded": (("reversed_gco2e", "amount", 1),),
    "BufferCancelled": (("buffer_gco2e", "amount", -1), ("cancelled_gco2e", "amount", 1)),
    "BufferExpired": (
        ("buffer_gco2e", "amount", -1),
        ("cancelled_gco2e", "amount", 1),
        ("expired_gco2e", "amount", 1),
    ),
    "BufferRefilled": (("buffer_gco2e", "amount", 1),),
}
"""Event -> (total, argument, sign): what it adds to its class."""


class CreditProjection:
    """Follows CarbonCredit."""

    name = "credits"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Adds what the event says."""
        if event.contract != CONTRACT:
            return
        if event.name == "ClassCreated":
            session.add(
                CreditClassTotals(
                    class_id=event.args["classId"],
                    cap_gco2e=event.args["cap"],
                    buffer_rate_bps=event.args["bufferRateBps"],
                )
            )
        elif event.name == "ApprovalForAll":
            session.add(
                CreditApproval(
                    account=event.args["account"],
                    operator=event.args["operator"],
                    block_number=event.block_number,
                    log_index=event.log_index,
                    approved=event.args["approved"],
                )
            )
        else:
            _add(session, event, 1)
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes away what the event said."""
        if event.contract != CONTRACT:
            return
        if event.name == "ClassCreated":
            session.delete(session.get_one(CreditClassTotals, event.args["classId"]))
        elif event.name == "ApprovalForAll":
            key = (event.args["account"], event.args["operator"], event.block_number, event.log_index)
            session.delete(session.get_one(CreditApproval, key))
        else:
            _add(session, event, -1)
        session.flush()

    def reset(self, session: Session) -> None:
        """Empties the tables."""
        for table in (CreditBalance, CreditClassTotals, CreditApproval):
            session.exec(delete(table))


def _add(session: Session, event: ChainEvent, sign: int) -> None:
    if event.name == "TransferSingle":
        _move(session, event, event.args["id"], sign * event.args["value"])
    elif event.name == "TransferBatch":
        for class_id, amount in zip(event.args["ids"], event.args["values"], strict=True):
            _move(session, event, class_id, sign * amount)
    elif event.name in _TOTALS:
        totals = session.get_one(CreditClassTotals, event.args["classId"])
        for total, argument, direction in _TOTALS[event.name]:
            setattr(totals, total, getattr(totals, total) + sign * direction * event.args[argument])
        session.add(totals)
    if event.name == "Retired":
        _change(session, event.args["beneficiary"], event.args["classId"], retired=sign * event.args["amount"])


def _move(session: Session, event: ChainEvent, class_id: int, amount: int) -> None:
    for side, held in (("from", -amount), ("to", amount)):
        if event.args[side] != ZERO_ADDRESS:
            _change(session, event.args[side], class_id, held=held)


def _change(session: Session, account: str, class_id: int, *, held: int = 0, retired: int = 0) -> None:
    row = session.get(CreditBalance, (account, class_id)) or CreditBalance(account=account, class_id=class_id)
    row.held_gco2e += held
    row.retired_gco2e += retired
    if row.held_gco2e or row.retired_gco2e:
        session.add(row)
    elif row in session:
        session.delete(row)
    session.flush()
