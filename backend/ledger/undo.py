"""Taking an activity back before its year is submitted. It counts nowhere from then on; that it was there is kept."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlmodel import Session

from backend.footprint.place import place_of
from backend.footprint.span import local_days, span_between
from backend.kernel.errors import RuleViolated
from backend.ledger.freeze import frozen_vintages, require_unfrozen
from backend.ledger.home import stays
from backend.ledger.meter import forget_meter, forget_point
from backend.ledger.record import ActivityUnknown
from backend.ledger.tables import ActivityRow, PersonRow


class ActivityOfVehicle(RuleViolated):
    """What a vehicle drove comes from two readings; the later of them is what can be taken back."""

    code = "activity.of_vehicle"

    def __init__(self, activity_id: int) -> None:
        super().__init__(
            f"activity {activity_id} is what a vehicle drove; take its latest odometer reading back",
            activity_id=activity_id,
        )


def _may(session: Session, row: ActivityRow, person_id: int) -> bool:
    """Who entered it may; if that person was erased, who lives in that home: nobody else could show the bill anew."""
    if row.person_id == person_id:
        return True
    if row.premises_id is None or session.get_one(PersonRow, row.person_id).erased_at is None:
        return False
    return any(stay.person_id == person_id for stay in stays(session, row.premises_id))


def _people(session: Session, person_id: int, premises_id: int | None) -> set[int]:
    """Whose years what belongs to a home is in; of what belongs to none, its person's."""
    living = [] if premises_id is None else stays(session, premises_id)
    return {person_id} | {stay.person_id for stay in living}


def _days(row: ActivityRow) -> tuple[date, date]:
    return local_days(span_between(row.start_at, row.end_at), place_of(row.place).zone)


def withdrawable(session: Session, rows: Iterable[ActivityRow], person_id: int) -> frozenset[int]:
    """Ids of those that the person could take back now: `withdraw` would not refuse them."""
    mine = [row for row in rows if row.vehicle_id is None and _may(session, row, person_id)]
    frozen = {
        home: frozen_vintages(session, _people(session, person_id, home)) for home in {row.premises_id for row in mine}
    }
    found = set()
    for row in mine:
        first, last = _days(row)
        if row.id is not None and frozen[row.premises_id].isdisjoint(range(first.year, last.year + 1)):
            found.add(row.id)
    return frozenset(found)


def withdraw(session: Session, *, person_id: int, activity_id: int, at: datetime) -> None:
    """Takes back what the person itself entered, or somebody of its home who was erased; the time of its meter and
    usage point is free again. Either is forgotten if nothing evidenced speaks of it any more; one that a verifier has
    seen or a utility has signed stays.

    Raises ActivityUnknown, ActivityOfVehicle, VintageFrozen.
    """
    row = session.get(ActivityRow, activity_id)
    if row is None or row.withdrawn_at is not None or not _may(session, row, person_id):
        raise ActivityUnknown(activity_id)
    if row.vehicle_id is not None:
        raise ActivityOfVehicle(activity_id)
    first, last = _days(row)
    people = _people(session, person_id, row.premises_id)
    require_unfrozen(session, people, from_year=first.year, to_year=last.year)
    row.withdrawn_at = at
    session.add(row)
    session.flush()
    if row.meter_hash is not None:
        forget_meter(session, row.meter_hash)
    if row.point_hash is not None:
        forget_point(session, row.point_hash)
