"""Credit that was minted wrongly leaves the supply at once: the registrar records the reversal, the buffer cancels it.

Whoever holds the grams by now keeps them: the class's buffer pays, and the person owes it to later vintages.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from backend.chain.contracts import Contracts
from backend.issuance.tables import MintRow, ReversalRow
from backend.ledger.correction import found_debts
from backend.link.balances import credit_classes
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import IntentState
from backend.storage.database import Database

CANCEL_KIND = "cancel"


@dataclass(frozen=True)
class Reversal:
    """What a re-audit found to have been minted wrongly. Grams of CO2e, the holder's part."""

    reference: bytes
    class_id: int
    amount_gco2e: int
    recorded: bool
    """Whether the registrar has recorded it on the chain."""


def reversals(session: Session) -> list[Reversal]:
    """Every one that stands, in order of finding: what minted, up to the error; nothing of what never minted.
    Nothing sealed is opened for it: it is public.
    """
    recorded = set(session.exec(select(ReversalRow.reference)).all())
    standing = []
    for debt in found_debts(session):
        mint = session.get(MintRow, debt.nullifier)
        if mint is None or mint.statement_digest != debt.statement_digest:
            continue
        known = debt.reference in recorded
        if known or not debt.lifted:
            amount = min(debt.amount_gco2e, debt.credit_gco2e)
            standing.append(Reversal(debt.reference, debt.class_id, amount, known))
    return standing


@dataclass(frozen=True)
class Cancelled:
    """How many classes had something sent to be cancelled."""

    sent: int

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


def cancel_reversed(database: Database, contracts: Contracts, at: datetime) -> Cancelled:
    """Hands to the outbox what the buffers can cancel of recorded reversals; anybody may do the same. While a class has
    one under way, it waits. What a buffer cannot pay stops its class's minting until somebody refills it.
    """
    with database.read() as session:
        if not _cancellable(session):
            return Cancelled(0)
    with database.write() as session:
        due = _cancellable(session)
        for class_id, (amount, reference) in due.items():
            data = contracts.encode("CarbonCredit", "cancelFromBuffer", [class_id, amount])
            enqueue(session, kind=CANCEL_KIND, reference=reference, contract="CarbonCredit", data=data, now=at)
    return Cancelled(len(due))


def _cancellable(session: Session) -> dict[int, tuple[int, str]]:
    """By class: grams to cancel now, and a name for the try that no other has."""
    found = {}
    for known in credit_classes(session):
        outstanding = known.reversed_gco2e - (known.cancelled_gco2e - known.expired_gco2e)
        amount = min(outstanding, known.buffer_gco2e)
        if amount <= 0:
            continue
        reference, number = f"{known.class_id}-{known.cancelled_gco2e}", 1
        while (intent := intent_of(session, CANCEL_KIND, reference)) is not None:
            if intent.state != IntentState.REVERTED:
                break
            number += 1
            reference = f"{known.class_id}-{known.cancelled_gco2e}:{number}"
        else:
            found[known.class_id] = (amount, reference)
    return found
