"""What is still to be granted of a round's awards."""

from sqlmodel import Session

from backend.giving.aid_round import awards_in, granted_refs, round_at
from backend.giving.grant import Grant
from backend.kernel.mass import step_floor
from backend.ledger.deficit import deficit_at


def grants_due(session: Session, round_id: int) -> list[Grant]:
    """The grants that the chain does not have yet, in the order of their references. What its person settled by other
    means since needs no grant; only whole steps are granted. Raises AidRoundUnknown.
    """
    row, awards = round_at(session, round_id), awards_in(session, round_id)
    granted = granted_refs(session, [one.reference for one in awards])
    found = []
    for award in awards:
        if award.reference not in granted:
            owed = deficit_at(session, award.reference).outstanding_gco2e
            amount = step_floor(min(award.amount_gco2e, owed), row.step_gco2e)
            found += [Grant(award.reference, amount)] if amount else []
    return found
