"""From when on each user of a vehicle is of age: who is not takes none of its way from anybody's bound (ADR 0016).

A birth date goes with its person's erasure. The others' open years still ask whether who drove with them was of age:
as little of the answer as they need stays with the use, under the vehicle's key, and goes with the last of its users.
"""

from collections import defaultdict
from datetime import date, timedelta

from sqlmodel import Session, col, select

from backend.ledger.hand_over import majority_of
from backend.ledger.key_names import vehicle_key_name
from backend.ledger.tables import PersonRow, VehicleRow, VehicleUserRow
from backend.storage.keys import KeyDestroyed
from backend.storage.sealing import keyring_of


def drivers_from(session: Session, vehicle_id: int) -> dict[int, date]:
    """By person: from when on it is of age; nobody of whom no birth date is known, for who joins alone is of age."""
    uses = select(VehicleUserRow).where(col(VehicleUserRow.vehicle_id) == vehicle_id)
    rows = session.exec(uses).all()
    people = session.exec(select(PersonRow).where(col(PersonRow.id).in_({row.person_id for row in rows}))).all()
    known = {row.id or 0: majority_of(row.born_on) for row in people if row.born_on is not None}
    return known | {row.person_id: row.of_age_from for row in rows if row.of_age_from is not None}


def majority_known(person: PersonRow) -> date | None:
    """The first day of being of age; None without a birth date. If that cannot be opened any more, because a backup was
    brought back that is older than the person's erasure, it is never of age: so it lightens nobody.
    """
    if person.sealed is None:
        return None
    try:
        born_on = person.born_on
    except KeyDestroyed:
        return date.max
    return None if born_on is None else majority_of(born_on)


def keep_of_age(session: Session, person_id: int, majority: date | None) -> None:
    """When a birth date is gone and its person's uses have ended: keeps with each vehicle no more than its other users
    need. Nothing of who was of age from the first; of who never was, the day after its last; else the day itself.
    """
    query = select(VehicleUserRow, VehicleRow.code).join(
        VehicleRow, col(VehicleRow.id) == col(VehicleUserRow.vehicle_id)
    )
    by_vehicle: dict[str, list[VehicleUserRow]] = defaultdict(list)
    for use, code in session.exec(query.where(col(VehicleUserRow.person_id) == person_id)).all():
        by_vehicle[code].append(use)
    for code, uses in by_vehicle.items():
        first, last = min(use.since_on for use in uses), max(use.until_on or use.since_on for use in uses)
        is_lost = keyring_of(session).store.is_destroyed(vehicle_key_name(code))
        if majority is not None and majority > first and not is_lost:
            uses[-1].of_age_from = min(majority, last + timedelta(days=1))
            session.add(uses[-1])
    session.flush()
