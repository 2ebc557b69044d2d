"""Taking an activity back before its year is submitted. It counts nowhere from then on; that it was there is kept."""

from datetime import datetime

from sqlmodel import Session

from backend.footprint.place import place_of
from backend.footprint.span import local_date
from backend.kernel.clock import unix_s
from backend.kernel.errors import RuleViolated
from backend.ledger.freeze import require_unfrozen
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
    people = {person_id}
    if row.premises_id is not None:
        people |= {stay.person_id for stay in stays(session, row.premises_id)}
    zone = place_of(row.place).zone
    first = local_date(unix_s(row.start_at), zone).year
    require_unfrozen(session, people, from_year=first, to_year=local_date(unix_s(row.end_at) - 1, zone).year)
    row.withdrawn_at = at
    session.add(row)
    session.flush()
    if row.meter_hash is not None:
        forget_meter(session, row.meter_hash)
    if row.point_hash is not None:
        forget_point(session, row.point_hash)
