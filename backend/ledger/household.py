"""A person's days with the household terms that its policy asks for, read from what its homes declared."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from backend.ledger.accrual import Membership
from backend.ledger.alone import alone_days
from backend.ledger.guards import Guards
from backend.ledger.home import Stay, homes_of, stays
from backend.ledger.policy import Policy


def _as_told(stay: Stay, guards: Guards) -> Stay:
    """Somebody is taken to have moved out no earlier than so many days before it was told: an empty home earns its
    term only from then on. A moving in counts from its own day, however late it was told.
    """
    if guards.told_within_days is None or stay.until_on is None or stay.end_told_on is None:
        return stay
    earliest = stay.end_told_on - timedelta(days=guards.told_within_days)
    return replace(stay, until_on=max(stay.until_on, earliest))


def with_household_terms(
    session: Session, person_id: int, member: Membership, policy: Policy, *, as_of: datetime | None
) -> Membership:
    """The same membership with the days alone at home, if the policy has a term for them; as known at a time."""
    if not policy.adjusters:
        return member
    homes = [
        [_as_told(stay, policy.guards) for stay in stays(session, home.premises_id, as_of=as_of)]
        for home in homes_of(session, person_id)
    ]
    return replace(member, alone=alone_days(homes, person_id, member.first, member.last))
