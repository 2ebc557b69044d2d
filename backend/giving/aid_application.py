"""Applying for aid: a body's yes, a deficit that a verifier attested and the chain has, and nothing about its size that
anybody else sees.

An application is sealed with its person's key. What everybody can see is a root over salted leaves; each applicant has
the salt and the path of its own, and so the proof that it was in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.class_id import unpack
from backend.chain.merkle import MerkleTree
from backend.giving.aid import essential_gco2e, leaf_of
from backend.giving.aid_body import require_registered
from backend.giving.aid_round import granted_refs, round_at
from backend.giving.aid_tables import AidApplication, AidAward, AidRound
from backend.giving.eligibility import Eligibility
from backend.giving.grant import GrantRefUsed
from backend.giving.tables import Movement
from backend.kernel.clock import iso
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import Conflict, NotFound, RuleViolated
from backend.kernel.mass import step_floor
from backend.ledger.access_log import Role, note
from backend.ledger.debt import OpenDeficit, require_fit
from backend.ledger.deficit import open_deficits
from backend.ledger.document import verify
from backend.ledger.export import exported
from backend.ledger.person import Person
from backend.ledger.service import statement_at
from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow
from backend.storage.keys import KeyDestroyed


class AidRoundClosed(RuleViolated):
    """The round takes no applications now."""

    code = "aid.round_closed"

    def __init__(self, row: AidRound) -> None:
        super().__init__(
            f"round {row.id} takes applications from {iso(row.opens_at)} until {iso(row.closes_at)}",
            opens_at=iso(row.opens_at),
            closes_at=iso(row.closes_at),
        )


class NothingOwed(RuleViolated):
    """No deficit of that vintage is attested, on the chain and open."""

    code = "aid.nothing_owed"

    def __init__(self, vintage: int) -> None:
        super().__init__(
            f"you have no open deficit of {vintage} that a verifier attested and the chain has", vintage=vintage
        )


class NeedTooSmall(RuleViolated):
    """Less than one step of the deficit is in essential categories, or open."""

    code = "aid.need_too_small"

    def __init__(self, step_gco2e: int) -> None:
        super().__init__(
            f"less than {step_gco2e} g of what you owe comes from electricity, gas and heating", step_gco2e=step_gco2e
        )


class AppliedAlready(Conflict):
    """A person applies once to a round."""

    code = "aid.applied_already"

    def __init__(self) -> None:
        super().__init__("you have applied to this round already")


class ApplicationUnknown(NotFound):
    """The person did not apply to that round."""

    code = "aid.application_unknown"

    def __init__(self, round_id: int) -> None:
        super().__init__(f"you did not apply to round {round_id}", round_id=round_id)


@dataclass(frozen=True)
class ApplicationView:
    """An application as its person sees it, with what proves it: the path from its leaf to the anchored root (empty
    before the round has closed), its award if there is one, and the grant once the chain has it.
    """

    row: AidApplication
    round: AidRound
    proof: tuple[bytes, ...]
    award_gco2e: int
    grant: Movement | None


def require_open_round(session: Session, round_id: int, now: datetime) -> AidRound:
    """Raises AidRoundUnknown, AidRoundClosed."""
    row = round_at(session, round_id)
    if not row.opens_at <= now < row.closes_at:
        raise AidRoundClosed(row)
    return row


@dataclass(frozen=True)
class Applying:
    """Who applies, with whose yes, for which vintage's deficit, and which auditor may read it: by consent alone."""

    person: Person
    eligibility: Eligibility
    vintage: int
    auditor: str | None


def apply(
    session: Session, round_id: int, applying: Applying, salts: Callable[[], bytes], now: datetime
) -> ApplicationView:
    """Takes an application in. The need is what of the open deficit comes from essential categories, at most the
    round's cap, in whole steps.

    Raises AidRoundUnknown, AidRoundClosed, BodyUnregistered, AppliedAlready, NothingOwed, DeficitCreditUnfit,
    GrantRefUsed, NeedTooSmall.
    """
    row = require_open_round(session, round_id, now)
    require_registered(session, applying.eligibility.body)
    person_id = applying.person.person_id
    if _of_person(session, round_id, person_id) is not None:
        raise AppliedAlready
    deficit = _owed(session, person_id, applying.vintage)
    credit = unpack(row.class_id)
    require_fit(deficit, region=credit.region, vintage=credit.vintage)
    if granted_refs(session, [deficit.reference]):
        raise GrantRefUsed(deficit.reference)
    need = _need(session, row, deficit)
    salt = salts()
    application = AidApplication(
        round_id=round_id,
        person_id=person_id,
        leaf=leaf_of(salt=salt, round_id=round_id, reference=deficit.reference, need_gco2e=need),
        applied_at=now,
        salt=to_hex(salt),
        reference=to_hex(deficit.reference),
        need_gco2e=str(need),
        body=applying.eligibility.body,
        auditor=applying.auditor,
    )
    session.add(application)
    session.flush()
    return view_of(session, application)


def _owed(session: Session, person_id: int, vintage: int) -> OpenDeficit:
    for deficit in open_deficits(session, person_id):
        state = session.get_one(StatementRow, deficit.statement_id).state
        if deficit.vintage == vintage and state in {State.DEFICIT, State.PARTLY_SETTLED}:
            return deficit
    raise NothingOwed(vintage)


def _need(session: Session, row: AidRound, deficit: OpenDeficit) -> int:
    statement = statement_at(session, session.get_one(StatementRow, deficit.statement_id).digest)
    essential = essential_gco2e(verify(statement.document).values)
    need = step_floor(min(deficit.outstanding_gco2e, essential, row.cap_gco2e), row.step_gco2e)
    if not need:
        raise NeedTooSmall(row.step_gco2e)
    return need


def _of_person(session: Session, round_id: int, person_id: int) -> AidApplication | None:
    query = select(AidApplication).where(AidApplication.round_id == round_id, AidApplication.person_id == person_id)
    return session.exec(query).first()


def applications_in(session: Session, round_id: int) -> Sequence[AidApplication]:
    """A round's applications."""
    return session.exec(select(AidApplication).where(AidApplication.round_id == round_id)).all()


def application_of(session: Session, round_id: int, person_id: int) -> ApplicationView:
    """A person's own. Raises AidRoundUnknown, ApplicationUnknown."""
    round_at(session, round_id)
    row = _of_person(session, round_id, person_id)
    if row is None:
        raise ApplicationUnknown(round_id)
    return view_of(session, row)


def applications_by(session: Session, person_id: int) -> list[ApplicationView]:
    """All of a person's own, newest first."""
    query = select(AidApplication).where(AidApplication.person_id == person_id).order_by(col(AidApplication.id).desc())
    return [view_of(session, row) for row in session.exec(query).all()]


def view_of(session: Session, row: AidApplication) -> ApplicationView:
    """An application with what proves it."""
    of = round_at(session, row.round_id)
    proof: tuple[bytes, ...] = ()
    if of.root is not None:
        proof = tuple(MerkleTree([one.leaf for one in applications_in(session, row.round_id)]).proof(row.leaf))
    reference = bytes.fromhex(row.reference[2:])
    award = session.get(AidAward, (row.round_id, reference))
    return ApplicationView(
        row=row,
        round=of,
        proof=proof,
        award_gco2e=0 if award is None else award.amount_gco2e,
        grant=granted_refs(session, [reference]).get(reference),
    )


@dataclass(frozen=True)
class Consented:
    """An application that an auditor may read, and whose it is."""

    view: ApplicationView
    account: str


def consented(session: Session, round_id: int, auditor: str, now: datetime) -> list[Consented]:
    """The applications that their applicants let an auditor read; each reading is noted where its person sees it.
    Raises AidRoundUnknown.
    """
    round_at(session, round_id)
    found = []
    for row in applications_in(session, round_id):
        if readable(row) and row.auditor == auditor:
            note(
                session,
                person_id=row.person_id,
                role=Role.AUDITOR,
                reader=auditor,
                what=f"application to aid round {round_id}",
                why="its applicant consented",
                at=now,
            )
            found.append(Consented(view_of(session, row), session.get_one(PersonRow, row.person_id).address))
    return found


def readable(row: AidApplication) -> bool:
    """Whether its person was not erased since."""
    try:
        return bool(row.salt)
    except KeyDestroyed:
        return False


def applications_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """A person's applications for its file: what was in the leaf, the path to the root, the award and the grant that
    settled.
    """
    query = select(AidApplication).where(AidApplication.person_id == person_id).order_by(col(AidApplication.id))
    for row in session.exec(query).all():
        view = view_of(session, row)
        yield exported(
            row,
            root=None if view.round.root is None else to_hex(view.round.root),
            proof=[to_hex(node) for node in view.proof],
            awardGco2e=str(view.award_gco2e),
            grantTxHash=None if view.grant is None else to_hex(view.grant.tx_hash),
            settledGco2e="0" if view.grant is None else str(view.grant.counted_gco2e),
        )
