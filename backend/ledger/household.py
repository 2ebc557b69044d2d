"""A person's days with the household terms that its policy asks for, read from what its homes declared."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from backend.ledger.accrual import Membership
from backend.ledger.alone import alone_days
from backend.ledger.home import homes_of, stays
from backend.ledger.least import ends_as_told
from backend.ledger.policy import Policy


def with_household_terms(
    session: Session, person_id: int, member: Membership, policy: Policy, *, as_of: datetime | None
) -> Membership:
    """The same membership with the days alone at home, if the policy has a term for them; as known at a time."""
    if not policy.adjusters:
        return member
    homes = [
        ends_as_told(stays(session, home.premises_id, as_of=as_of), policy.guards.told_within_days)
        for home in homes_of(session, person_id)
    ]
    return replace(member, alone=alone_days(homes, person_id, member.first, member.last))
