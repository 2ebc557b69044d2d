"""Who shares a home or a vehicle with a person, and which meters a home is known to have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from backend.ledger.home import HomeView, Stay
from backend.ledger.split import Shared
from backend.ledger.tables import MeterRow, PersonRow


@dataclass(frozen=True)
class Sharer:
    """An account and a time in which it shares something, whole local days, both included."""

    account: str
    since_on: date
    until_on: date | None


def _meets(one: Stay, other: Stay) -> bool:
    return one.since_on <= (other.until_on or date.max) and other.since_on <= (one.until_on or date.max)


def beside(known: Sequence[Stay], person_id: int) -> list[Stay]:
    """A person's own stays, and those that meet one of them: who moved out sees nobody who came later."""
    own = [stay for stay in known if stay.person_id == person_id]
    return [stay for stay in known if any(_meets(stay, mine) for mine in own)]


def sharers_with(session: Session, shared: Shared, person_id: int) -> list[Sharer]:
    """Who shares it with a person, the person too, in order of moving in."""
    found = beside(shared.sharers(session), person_id)
    return [
        Sharer(session.get_one(PersonRow, stay.person_id).address, stay.since_on, stay.until_on)
        for stay in sorted(found, key=lambda stay: stay.since_on)
    ]


def meters_in_service(session: Session, home: HomeView) -> dict[str, int]:
    """How many meters of a home are in service, by category; their numbers are not kept."""
    rows = session.exec(
        select(MeterRow).where(col(MeterRow.premises_id) == home.premises_id, col(MeterRow.until_at).is_(None))
    ).all()
    found: dict[str, int] = {}
    for row in rows:
        found[row.category] = found.get(row.category, 0) + 1
    return dict(sorted(found.items()))
