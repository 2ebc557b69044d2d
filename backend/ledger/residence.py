"""Where a person belongs, day by day, and moving from one region to another."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from backend.kernel.errors import InvalidInput, RuleViolated
from backend.ledger.freeze import require_unfrozen
from backend.ledger.person import Person, view_of
from backend.ledger.region import region_of
from backend.ledger.tables import PersonRow, ResidenceRow

DECLARED_WITHIN_DAYS = 31
"""How soon a move or an end is declared, so that nobody chooses a region when the year's figures are known."""


class MoveDateInvalid(InvalidInput):
    """A move in the future, long ago, in a year that is over, or before the residence it ends."""

    code = "residence.date_invalid"


class AlreadyResident(RuleViolated):
    """The person belongs to that region already."""

    code = "residence.already_there"

    def __init__(self, region: str) -> None:
        super().__init__(f"this person belongs to {region} already", region=region)


@dataclass(frozen=True, order=True)
class Residence:
    """A region from a local day on."""

    since_on: date
    region: str


def residences_of(session: Session, person_id: int) -> list[Residence]:
    """Where a person has belonged, oldest first; the first since joining."""
    person = session.get(PersonRow, person_id)
    assert person is not None
    rows = session.exec(
        select(ResidenceRow).where(col(ResidenceRow.person_id) == person_id).order_by(col(ResidenceRow.since_on))
    ).all()
    return [Residence(row.since_on, row.region) for row in rows] or [Residence(person.joined_on, person.region)]


def region_on(residences: list[Residence], day: date) -> str:
    """Where the person belonged on a day; before the first residence, there."""
    past = [one for one in residences if one.since_on <= day]
    return (past[-1] if past else residences[0]).region


def require_recent(day: date, today: date) -> None:
    """Raises MoveDateInvalid unless a day is today or at most a month ago, in the same year."""
    if not today - timedelta(days=DECLARED_WITHIN_DAYS) <= day <= today or day.year != today.year:
        raise MoveDateInvalid(
            f"{day} is not within the last {DECLARED_WITHIN_DAYS} days of this year: declare it when it happens",
            day=day.isoformat(),
            today=today.isoformat(),
        )


def move(session: Session, person_id: int, *, region: str, since_on: date, at: datetime) -> Person:
    """A person belongs to another region from a day on. Its year has one statement, in the class of the region of
    31 December.

    Raises PlaceUnknown, RegionUnfit, AlreadyResident, MoveDateInvalid, VintageFrozen.
    """
    place = region_of(region)
    person = session.get(PersonRow, person_id)
    assert person is not None
    if region == person.region:
        raise AlreadyResident(region)
    require_recent(since_on, at.astimezone(place.zone).date())
    latest = residences_of(session, person_id)[-1]
    if since_on <= latest.since_on:
        raise MoveDateInvalid(
            f"this person belongs to {latest.region} since {latest.since_on}; a later day, please",
            day=since_on.isoformat(),
            since_on=latest.since_on.isoformat(),
        )
    require_unfrozen(session, {person_id}, from_year=since_on.year)
    session.add(ResidenceRow(person_id=person_id, region=region, since_on=since_on, declared_at=at))
    person.region = region
    session.add(person)
    session.flush()
    return view_of(person)
