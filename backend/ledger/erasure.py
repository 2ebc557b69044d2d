"""Erasing a person: first the rows, then the key. After that we can no longer read what was the person's.

The rows are committed before the key is destroyed. `finish_erasures` does what a crash in between left, and erases
again whom a restored backup brought back: the key store remembers whose key was destroyed.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select

from backend.access.signed_text import require_fresh, require_signed
from backend.access.tables import ApiKeyRow, SessionRow
from backend.footprint.place import place_of
from backend.kernel.errors import RuleViolated
from backend.ledger.access_log_tables import AccessRow
from backend.ledger.address import ERASURE, WARD_ERASURE, addresses_of, claim_addresses_of, end_address
from backend.ledger.books import Books
from backend.ledger.ending import ERASED, end_membership
from backend.ledger.erasure_terms import erasure_text
from backend.ledger.key_names import home_key_name, person_key_name, vehicle_key_name
from backend.ledger.of_age import keep_of_age, majority_known
from backend.ledger.person import Person
from backend.ledger.service import release_netting
from backend.ledger.standings import THEIR_STATES
from backend.ledger.state import State
from backend.ledger.tables import (
    ActivityRow,
    CorrectionRow,
    HandOverRow,
    OccupancyRow,
    PersonRow,
    PremisesRow,
    ResidenceRow,
    SplitPartRow,
    StatementRow,
    StatementStateRow,
    VehicleRow,
    VehicleUserRow,
)
from backend.storage.database import Database
from backend.storage.keys import KeyDestroyed

_DROPPED = frozenset({State.CLOSED, State.RETURNED, State.APPEALED})
"""Nothing of it was attested: it is history from now on."""


class ErasureInTheWay(RuleViolated):
    """Something has to be settled first."""

    code = "erasure.in_the_way"

    def __init__(self, why: Sequence[str]) -> None:
        super().__init__(f"not yet: {'; '.join(why)}", why=list(why))


@dataclass(frozen=True)
class Confirmation:
    """The signed words: who signed (the person, or its guardian), on which chain, when, and the signature."""

    signer: str
    chain_id: int
    signed_at: datetime
    signature: bytes


def in_the_way(session: Session, books: Books, person: Person, at: datetime) -> list[str]:
    """What has to be settled before a person can be erased, in words; empty if nothing."""
    found = [
        f"the statement of {row.vintage} is with the verifiers: wait until it is attested or returned"
        for row in _current_in(session, person, State.SUBMITTED)
    ]
    wards = session.exec(select(PersonRow.address).where(col(PersonRow.guardian) == person.address)).all()
    found += [f"you are the guardian of {ward}: erase it first, or wait until it is handed over" for ward in wards]
    addresses = addresses_of(session, person.person_id) + claim_addresses_of(session, person.person_id)
    return found + [why for check in books.erasure_checks for why in check(session, person.person_id, addresses, at)]


def given_up(session: Session, person: Person) -> list[str]:
    """What an erasure gives up for good, in words: the credit of each statement that is attested and not on the chain.
    Such a statement may wait for others of its class for ever, so it is in nobody's way unless a batch holds it.
    """
    return [
        f"the statement of {row.vintage} is attested and not on the chain: its {row.credit_gco2e} g will never mint"
        for row in _current_in(session, person, State.ATTESTED)
        if row.credit_gco2e
    ]


def _current_in(session: Session, person: Person, state: State) -> Sequence[StatementRow]:
    query = (
        select(StatementRow)
        .join(StatementStateRow, THEIR_STATES)
        .where(col(StatementRow.person_id) == person.person_id, col(StatementRow.current))
        .where(col(StatementStateRow.state) == str(state))
    )
    return session.exec(query.order_by(col(StatementRow.vintage))).all()


def erase(session: Session, books: Books, person: Person, given: Confirmation, *, at: datetime) -> None:
    """Empties a person's rows, if it or its guardian signed the words. The caller commits, and then calls
    `destroy_keys`.

    Raises SignedTextExpired, SignedTextSignerWrong, ErasureInTheWay, SignatureMalformed.
    """
    require_fresh(given.signed_at, at)
    text = erasure_text(account=person.address, signer=given.signer, chain_id=given.chain_id, signed_at=given.signed_at)
    require_signed(text, given.signature, given.signer)
    obstacles = in_the_way(session, books, person, at)
    if obstacles:
        raise ErasureInTheWay(obstacles)
    _empty(session, books, session.get_one(PersonRow, person.person_id), at)


def _empty(session: Session, books: Books, row: PersonRow, at: datetime) -> None:
    assert row.id is not None
    majority = majority_known(row)
    row.sealed = None
    if row.left_on is None:
        today = at.astimezone(place_of(row.region).zone).date()
        end_membership(session, row, on=max(today, row.joined_on), because=ERASED, at=at)
    keep_of_age(session, row.id, majority)
    end_address(session, row, because=ERASURE if row.guardian is None else WARD_ERASURE, at=at)
    addresses = addresses_of(session, row.id) + claim_addresses_of(session, row.id)
    session.exec(delete(SessionRow).where(col(SessionRow.address).in_(addresses)))
    session.exec(delete(ApiKeyRow).where(col(ApiKeyRow.account).in_(addresses)))
    for step in books.erasure_steps:
        step(session, row.id, at)
    _empty_statements(session, row.id)
    entered = select(ActivityRow).where(col(ActivityRow.person_id) == row.id)
    for activity in session.exec(entered).all():
        activity.sealed_evidence = None
        session.add(activity)
        if activity.premises_id is None and activity.vehicle_id is None:
            session.delete(activity)
    for part in session.exec(select(SplitPartRow).where(col(SplitPartRow.person_id) == row.id)).all():
        part.signature = None
        session.add(part)
    session.exec(delete(ResidenceRow).where(col(ResidenceRow.person_id) == row.id))
    session.exec(delete(HandOverRow).where(col(HandOverRow.person_id) == row.id))
    session.exec(delete(AccessRow).where(col(AccessRow.person_id) == row.id))
    row.guardian, row.erased_at = None, at
    session.add(row)
    session.flush()


def _empty_statements(session: Session, person_id: int) -> None:
    for statement in session.exec(select(StatementRow).where(col(StatementRow.person_id) == person_id)).all():
        if statement.current and State(statement.state) in _DROPPED:
            release_netting(session, statement)
            statement.current = False
        statement.sealed, statement.sealed_reason = None, None
        session.add(statement)
    for correction in session.exec(select(CorrectionRow).where(col(CorrectionRow.person_id) == person_id)).all():
        correction.sealed = None
        session.add(correction)
    session.flush()


def destroy_keys(database: Database, person_id: int) -> None:
    """Destroys the key of an erased person, and those of homes and vehicles that nobody shares who is not erased. Call
    it when the erasure is committed.
    """
    with database.read() as session:
        names = _keys_of(session, session.get_one(PersonRow, person_id))
    assert database.keys is not None
    for name in names:
        database.keys.destroy(name)


def _keys_of(session: Session, row: PersonRow) -> list[bytes]:
    assert row.erased_at is not None
    alive = select(PersonRow.id).where(col(PersonRow.erased_at).is_(None))
    names = [person_key_name(row.commitment)]
    lived = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id) == row.id)
    kept = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id).in_(alive))
    homes = select(PremisesRow.code).where(col(PremisesRow.id).in_(lived), col(PremisesRow.id).not_in(kept))
    names += [home_key_name(code) for code in session.exec(homes).all()]
    drove = select(VehicleUserRow.vehicle_id).where(col(VehicleUserRow.person_id) == row.id)
    used = select(VehicleUserRow.vehicle_id).where(col(VehicleUserRow.person_id).in_(alive))
    vehicles = select(VehicleRow.code).where(col(VehicleRow.id).in_(drove), col(VehicleRow.id).not_in(used))
    return names + [vehicle_key_name(code) for code in session.exec(vehicles).all()]


def _require_key_store(session: Session) -> None:
    """Opens the first activity that is not of an erased person."""
    alive = select(PersonRow.id).where(col(PersonRow.erased_at).is_(None))
    owned = col(ActivityRow.person_id).in_(alive)
    query = select(ActivityRow).where(col(ActivityRow.sealed).is_not(None), owned).order_by(col(ActivityRow.id))
    row = session.exec(query.limit(1)).first()
    if row is not None:
        with suppress(KeyDestroyed):
            row.contents(row.compartments[0])


def finish_erasures(database: Database, books: Books, at: datetime) -> list[int]:
    """Erases again whom a restored backup brought back, and destroys what keys a crash left; the ids of the former.

    Raises KeyMissing, KeyUnreadable or SealBroken if the key store is another one than the database was written with:
    better now than when half of it is sealed with other keys.
    """
    assert database.keys is not None
    again: list[int] = []
    with database.write() as session:
        _require_key_store(session)
        for row in session.exec(select(PersonRow).where(col(PersonRow.erased_at).is_(None))).all():
            if database.keys.is_destroyed(person_key_name(row.commitment)):
                assert row.id is not None
                _empty(session, books, row, at)
                again.append(row.id)
        erased = session.exec(select(PersonRow.id).where(col(PersonRow.erased_at).is_not(None))).all()
    for person_id in erased:
        destroy_keys(database, person_id or 0)
    return again
