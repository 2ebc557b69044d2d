"""What other rooms ask of the ledger: statements, and the steps that verification and the chain take with them.

Closing and submitting are in `closing.py`, joining in `person.py`, deficits in `deficit.py`.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.kernel.errors import NotFound
from backend.ledger.debt import deficit_reference
from backend.ledger.deficit import refresh_state
from backend.ledger.key_names import know_person
from backend.ledger.standings import THEIR_STATES
from backend.ledger.state import State, step, step_back
from backend.ledger.tables import (
    AddressRow,
    DeficitRow,
    NettingRow,
    OccupancyRow,
    PersonRow,
    StatementRow,
    StatementStateRow,
    VehicleUserRow,
)

SALT_BYTES = 32
Salts = Callable[[], bytes]
"""Makes a fresh 32-byte salt; injected so that a test can repeat a digest."""


def random_salt() -> bytes:
    """32 bytes nobody can guess."""
    return secrets.token_bytes(SALT_BYTES)


class StatementUnknown(NotFound):
    """No such statement, or the caller may not know that it exists."""

    code = "statement.unknown"


@dataclass(frozen=True)
class Statement:
    """A statement as other rooms see it. All amounts in grams of CO2e."""

    statement_id: int
    person_id: int
    account: str
    """EIP-55 address that a claim mints to: the person's when the year was closed."""
    region: str
    vintage: int
    methodology: str
    class_id: int
    version: int
    state: State
    digest: bytes
    nullifier: bytes
    policy_id: str
    policy_digest: bytes
    factors_digest: bytes
    budget_gco2e: int
    footprint_gco2e: int
    bound_gco2e: int
    surplus_gco2e: int
    netted_gco2e: int
    credit_gco2e: int
    """What mints to the holder, in whole mint steps. `share_ceil(credit, policy.buffer_bps)` on top is within it too:
    both together never exceed the person's surplus (with what was carried in)."""
    deficit_gco2e: int
    document: str
    """Canonical JSON with every field and its salt; see `document.py`. Empty once the person was erased; footprint,
    bound and surplus are 0 then."""
    reason: str | None
    submitted_at: datetime | None
    is_erased: bool = False
    """Whether its person was erased: nobody can read it any more, so nobody works on it."""


def _view(session: Session, row: StatementRow) -> Statement:
    person = session.get(PersonRow, row.person_id)
    assert person is not None
    assert row.id is not None
    return Statement(
        statement_id=row.id,
        person_id=row.person_id,
        account=row.account or person.address,
        region=row.region,
        vintage=row.vintage,
        methodology=row.methodology,
        class_id=row.class_id,
        version=row.version,
        state=State(row.state),
        digest=row.digest,
        nullifier=row.nullifier,
        policy_id=row.policy_id,
        policy_digest=row.policy_digest,
        factors_digest=row.factors_digest,
        budget_gco2e=row.budget_gco2e,
        footprint_gco2e=row.footprint_gco2e,
        bound_gco2e=row.bound_gco2e,
        surplus_gco2e=row.surplus_gco2e,
        netted_gco2e=row.netted_gco2e,
        credit_gco2e=row.credit_gco2e,
        deficit_gco2e=row.deficit_gco2e,
        document=row.document,
        reason=row.reason,
        submitted_at=row.submitted_at,
        is_erased=person.erased_at is not None,
    )


def _row_at(session: Session, digest: bytes) -> StatementRow:
    row = session.exec(select(StatementRow).where(col(StatementRow.digest) == digest)).one_or_none()
    if row is None:
        raise StatementUnknown(f"no statement has the digest 0x{digest.hex()}", digest="0x" + digest.hex())
    return row


def statement_at(session: Session, digest: bytes) -> Statement:
    """The statement with a digest; raises StatementUnknown."""
    return _view(session, _row_at(session, digest))


def statements_at(session: Session, digests: Sequence[bytes]) -> list[Statement]:
    """The statements of some digests, in their order. Raises StatementUnknown."""
    found = {row.digest: row for row in session.exec(select(StatementRow).where(col(StatementRow.digest).in_(digests)))}
    owners = {row.person_id for row in found.values()}
    people = session.exec(select(PersonRow).where(col(PersonRow.id).in_(owners))).all()
    assert len(people) == len(owners), "held here, so that none is looked up one by one"
    for person in people:
        know_person(session, person.id or 0, person.commitment)
    return [_view(session, found.get(digest) or _row_at(session, digest)) for digest in digests]


def digests_of(people: Sequence[int]) -> SelectOfScalar[bytes]:
    """The query for the digests of every statement of some persons, earlier versions too."""
    return select(StatementRow.digest).where(col(StatementRow.person_id).in_(people))


def statement_of(session: Session, person_id: int, vintage: int) -> Statement | None:
    """A person's current statement of a vintage, or None if the year is open."""
    row = session.exec(
        select(StatementRow).where(
            col(StatementRow.person_id) == person_id, col(StatementRow.vintage) == vintage, col(StatementRow.current)
        )
    ).one_or_none()
    return None if row is None else _view(session, row)


def statements_of(session: Session, person_id: int) -> list[Statement]:
    """A person's current statements, oldest vintage first."""
    rows = session.exec(
        select(StatementRow)
        .where(col(StatementRow.person_id) == person_id, col(StatementRow.current))
        .order_by(col(StatementRow.vintage))
    ).all()
    return [_view(session, row) for row in rows]


def statements_in(
    session: Session, state: State, *, class_id: int | None = None, after: int = 0, limit: int | None = None
) -> list[Statement]:
    """Current statements in one state (and of one class if given), in order of closing. Submitted ones are what a
    verifier works on; attested ones are what a batch is made of. Nobody can read those of erased persons, so they are
    not among them. `after` is the id of the last one already seen.
    """
    query = (
        select(StatementRow, PersonRow)
        .join(PersonRow, col(PersonRow.id) == col(StatementRow.person_id))
        .join(StatementStateRow, THEIR_STATES)
        .where(col(StatementStateRow.state) == str(state))
        .where(col(StatementRow.current), col(PersonRow.erased_at).is_(None), col(StatementRow.id) > after)
        .limit(limit)
    )
    if class_id is not None:
        query = query.where(col(StatementRow.class_id) == class_id)
    found = session.exec(query.order_by(col(StatementRow.id))).all()
    for row, person in found:
        know_person(session, row.person_id, person.commitment)
    return [_view(session, row) for row, _ in found]


def current_digests(session: Session) -> set[bytes]:
    """Digests of every current statement, in whatever state, of whoever is not erased."""
    query = (
        select(StatementRow.digest)
        .join(PersonRow, col(PersonRow.id) == col(StatementRow.person_id))
        .where(col(StatementRow.current), col(PersonRow.erased_at).is_(None))
    )
    return set(session.exec(query).all())


def household_of(session: Session, person_id: int) -> set[str]:
    """Addresses of the person, its guardian and wards, and everybody it ever shared a home or a vehicle with, those of
    earlier keys and those they claim to too: those in whose statements a verifier of this household has an interest.
    """
    homes = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id) == person_id)
    mates = set(session.exec(select(OccupancyRow.person_id).where(col(OccupancyRow.premises_id).in_(homes))).all())
    vehicles = select(VehicleUserRow.vehicle_id).where(col(VehicleUserRow.person_id) == person_id)
    query = select(VehicleUserRow.person_id).where(col(VehicleUserRow.vehicle_id).in_(vehicles))
    mates |= set(session.exec(query).all())
    people = session.exec(select(PersonRow).where(col(PersonRow.id).in_(mates | {person_id}))).all()
    own = next(person for person in people if person.id == person_id)
    guardians = {person.guardian for person in people if person.guardian is not None}
    kin = session.exec(
        select(PersonRow).where((col(PersonRow.guardian) == own.address) | col(PersonRow.address).in_(guardians))
    ).all()
    found = {one.address for person in (*people, *kin) for one in _past_addresses(session, person)}
    everybody = [person.id for person in (*people, *kin)]
    claims = select(StatementRow.account).where(col(StatementRow.person_id).in_(everybody))
    found |= {account for account in session.exec(claims).all() if account}
    return found | {person.address for person in (*people, *kin)} | guardians


def households_with(session: Session, address: str) -> set[int]:
    """Ids of the persons in whose households an address is: `household_of` the other way round, in a few queries."""
    own = select(PersonRow.id).where(col(PersonRow.address) == address)
    past = select(AddressRow.person_id).where(col(AddressRow.address) == address)
    claims = select(StatementRow.person_id).where(col(StatementRow.account) == address)
    owners = {one or 0 for query in (own, past, claims) for one in session.exec(query).all()}
    known = session.exec(select(PersonRow).where(col(PersonRow.id).in_(owners))).all()
    wards = col(PersonRow.guardian).in_({address} | {person.address for person in known})
    kin = owners | {one or 0 for one in session.exec(select(PersonRow.id).where(wards)).all()}
    homes = select(OccupancyRow.premises_id).where(col(OccupancyRow.person_id).in_(kin))
    mates = select(OccupancyRow.person_id).where(col(OccupancyRow.premises_id).in_(homes))
    vehicles = select(VehicleUserRow.vehicle_id).where(col(VehicleUserRow.person_id).in_(kin))
    drivers = select(VehicleUserRow.person_id).where(col(VehicleUserRow.vehicle_id).in_(vehicles))
    guardians = select(PersonRow.id).where(col(PersonRow.address).in_({person.guardian for person in known}))
    return kin | {one or 0 for query in (mates, drivers, guardians) for one in session.exec(query).all()}


def _past_addresses(session: Session, person: PersonRow) -> Sequence[AddressRow]:
    return session.exec(select(AddressRow).where(col(AddressRow.person_id) == person.id)).all()


def mark_attested(session: Session, digest: bytes, *, at: datetime, salts: Salts = random_salt) -> Statement:
    """Submitted -> attested, and records the deficit if there is one. Raises StatementUnknown, StatementStateWrong."""
    row = _row_at(session, digest)
    row.state = step(State(row.state), State.ATTESTED)
    row.decided_at = at
    session.add(row)
    assert row.id is not None
    if row.deficit_gco2e:
        salt = salts()
        session.add(
            DeficitRow(
                statement_id=row.id,
                person_id=row.person_id,
                region=row.region,
                vintage=row.vintage,
                amount_gco2e=row.deficit_gco2e,
                salt=salt,
                reference=deficit_reference(row.digest, salt),
            )
        )
    session.flush()
    return _view(session, row)


def mark_returned(session: Session, digest: bytes, *, reason: str, at: datetime) -> Statement:
    """Submitted -> returned, with the reason; what it would have netted is free again.

    Raises StatementUnknown, StatementStateWrong.
    """
    row = _row_at(session, digest)
    row.state = step(State(row.state), State.RETURNED)
    row.decided_at, row.reason = at, reason
    session.add(row)
    release_netting(session, row)
    return _view(session, row)


def mark_appealed(session: Session, digest: bytes) -> Statement:
    """Returned -> appealed: another verifier decides; until then nothing it was made of changes.

    Raises StatementUnknown, StatementStateWrong.
    """
    row = _row_at(session, digest)
    row.state = step(State(row.state), State.APPEALED)
    session.add(row)
    session.flush()
    return _view(session, row)


def mark_appeal_dismissed(session: Session, digest: bytes, *, at: datetime) -> Statement:
    """Appealed -> returned, with the reason it was returned for; the time to close it anew runs from now.

    Raises StatementUnknown, StatementStateWrong.
    """
    row = _row_at(session, digest)
    row.state = step(State(row.state), State.RETURNED)
    row.decided_at = at
    session.add(row)
    session.flush()
    return _view(session, row)


def release_netting(session: Session, row: StatementRow) -> None:
    """Deletes what a statement planned to net, when it is returned or closed anew."""
    for netting in session.exec(select(NettingRow).where(col(NettingRow.statement_id) == row.id)).all():
        deficit = session.get(DeficitRow, netting.deficit_id)
        assert deficit is not None
        session.delete(netting)
        session.flush()
        refresh_state(session, deficit.statement_id)


def mark_claimed(session: Session, digest: bytes) -> Statement:
    """Issued -> claimed: its credits were minted."""
    row = _row_at(session, digest)
    row.state = step(State(row.state), State.CLAIMED)
    session.add(row)
    session.flush()
    return _view(session, row)


def unmark_claimed(session: Session, digest: bytes) -> Statement:
    """Takes `mark_claimed` back after a reorg."""
    row = _row_at(session, digest)
    row.state = step_back(State(row.state), State.ISSUED)
    session.add(row)
    session.flush()
    return _view(session, row)
