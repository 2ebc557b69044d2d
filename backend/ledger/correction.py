"""Errors found after a statement was attested (DESIGN section 3). Too much credit becomes a debt, netted from what
later vintages would mint; too little is told in the next vintage's statement and is never minted a second time.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, func, select

from backend.kernel.digest import sha256
from backend.kernel.errors import InvalidInput, NotFound
from backend.ledger.debt import deficit_reference
from backend.ledger.deficit import refresh_state
from backend.ledger.service import Salts, Statement, random_salt, statement_at
from backend.ledger.tables import CorrectionRow, DeficitRow, NettingRow, SettlementRow, StatementRow

AMOUNT_MAX_GCO2E = 10**12
"""A million tonnes: more is no person's error but a wrong unit."""

_REFERENCE_TAG = b"\x03"
_PAID = ":paid"
"""Ends the source of a memo that tells what was paid of a debt that was lifted."""


class CorrectionKind(StrEnum):
    """Which way the error went."""

    DEBT = "debt"
    MEMO = "memo"


class CorrectionAmountInvalid(InvalidInput):
    """A correction by nothing, by less, or by more than a person can err."""

    code = "correction.amount_invalid"

    def __init__(self, amount_gco2e: int) -> None:
        super().__init__(
            f"{amount_gco2e} g is no error of a person's year; expected 1 to {AMOUNT_MAX_GCO2E}",
            amount_gco2e=amount_gco2e,
            most_gco2e=AMOUNT_MAX_GCO2E,
        )


class CorrectionUnknown(NotFound):
    """Nothing was corrected under that name."""

    code = "correction.unknown"

    def __init__(self, source: str) -> None:
        super().__init__(f"nothing was corrected by {source}", source=source)


@dataclass(frozen=True)
class Correction:
    """A correction as the person sees it. Grams of CO2e."""

    vintage: int
    kind: CorrectionKind
    amount_gco2e: int
    reason: str
    reference: bytes
    made_at: datetime
    lifted_at: datetime | None


@dataclass(frozen=True)
class Effect:
    """What a correction does to a person's position, as its lines show it: its reason is not opened for it."""

    vintage: int
    kind: CorrectionKind
    effect_gco2e: int
    """Grams of CO2e: less than 0 for a debt that stands, more for a memo. 0 for a debt that was lifted, and for a memo
    that tells what was paid of one: the payment is in the position already, retired or not minted."""
    made_at: datetime


@dataclass(frozen=True)
class Found:
    """A debt that was found, as everybody may know it: neither its reason nor the statement's content is opened for it.
    Grams of CO2e.
    """

    reference: bytes
    statement_digest: bytes
    nullifier: bytes
    class_id: int
    credit_gco2e: int
    """What the statement mints."""
    amount_gco2e: int
    """What is owed: too much by so many grams."""
    lifted: bool


def _view(row: CorrectionRow) -> Correction:
    return Correction(
        vintage=row.vintage,
        kind=CorrectionKind(row.kind),
        amount_gco2e=row.amount_gco2e,
        reason=row.reason,
        reference=row.reference,
        made_at=row.made_at,
        lifted_at=row.lifted_at,
    )


def correct(
    session: Session,
    digest: bytes,
    *,
    kind: CorrectionKind,
    amount_gco2e: int,
    reason: str,
    source: str,
    at: datetime,
    salts: Salts = random_salt,
) -> Correction:
    """Records an error in an attested statement, once per source: a debt is owed from now on.

    Raises StatementUnknown, CorrectionAmountInvalid.
    """
    if not 0 < amount_gco2e <= AMOUNT_MAX_GCO2E:
        raise CorrectionAmountInvalid(amount_gco2e)
    known = session.exec(select(CorrectionRow).where(col(CorrectionRow.source) == source)).one_or_none()
    if known is not None:
        return _view(known)
    statement = statement_at(session, digest)
    row = CorrectionRow(
        statement_id=statement.statement_id,
        person_id=statement.person_id,
        vintage=statement.vintage,
        kind=kind,
        amount_gco2e=amount_gco2e,
        reason=reason,
        source=source,
        reference=sha256(_REFERENCE_TAG + salts() + digest),
        made_at=at,
    )
    session.add(row)
    if kind is CorrectionKind.DEBT:
        _owe(session, statement, amount_gco2e, salts)
    session.flush()
    return _view(row)


def _owe(session: Session, statement: Statement, amount_gco2e: int, salts: Salts) -> None:
    """Adds to what a statement owes already, or begins a deficit for one that owed nothing."""
    own = col(DeficitRow.statement_id) == statement.statement_id
    deficit = session.exec(select(DeficitRow).where(own)).one_or_none()
    if deficit is None:
        salt = salts()
        deficit = DeficitRow(
            statement_id=statement.statement_id,
            person_id=statement.person_id,
            region=statement.region,
            vintage=statement.vintage,
            amount_gco2e=0,
            salt=salt,
            reference=deficit_reference(statement.digest, salt),
        )
    deficit.amount_gco2e += amount_gco2e
    session.add(deficit)
    session.flush()
    refresh_state(session, statement.statement_id)


def lift(session: Session, source: str, *, at: datetime) -> Correction:
    """Undoes a debt after an appeal. What was paid of it already cannot be given back as credit: it becomes a memo.

    Raises CorrectionUnknown.
    """
    row = session.exec(select(CorrectionRow).where(col(CorrectionRow.source) == source)).one_or_none()
    if row is None or row.kind != CorrectionKind.DEBT:
        raise CorrectionUnknown(source)
    if row.lifted_at is None:
        row.lifted_at = at
        session.add(row)
        deficit = session.exec(select(DeficitRow).where(col(DeficitRow.statement_id) == row.statement_id)).one()
        left, paid = deficit.amount_gco2e - row.amount_gco2e, _paid(session, deficit)
        deficit.amount_gco2e = max(left, paid)
        if deficit.amount_gco2e:
            session.add(deficit)
        else:
            session.delete(deficit)
        if paid > left:
            session.add(_memo_of_payment(row, paid - left, at))
        session.flush()
        refresh_state(session, row.statement_id)
    return _view(row)


def _paid(session: Session, deficit: DeficitRow) -> int:
    settled = select(func.sum(col(SettlementRow.amount_gco2e))).where(col(SettlementRow.deficit_id) == deficit.id)
    netted = select(func.sum(col(NettingRow.amount_gco2e))).where(col(NettingRow.deficit_id) == deficit.id)
    return int(session.exec(settled).one() or 0) + int(session.exec(netted).one() or 0)


def _memo_of_payment(row: CorrectionRow, amount_gco2e: int, at: datetime) -> CorrectionRow:
    source = row.source + _PAID
    return CorrectionRow(
        statement_id=row.statement_id,
        person_id=row.person_id,
        vintage=row.vintage,
        kind=CorrectionKind.MEMO,
        amount_gco2e=amount_gco2e,
        reason="paid on a debt that an appeal lifted",
        source=source,
        reference=sha256(_REFERENCE_TAG + row.reference + source.encode()),
        made_at=at,
    )


def found_debts(session: Session) -> list[Found]:
    """Every debt that was ever found, in order of finding, those that an appeal lifted too."""
    query = (
        select(CorrectionRow, StatementRow)
        .join(StatementRow, col(StatementRow.id) == col(CorrectionRow.statement_id))
        .where(col(CorrectionRow.kind) == str(CorrectionKind.DEBT))
        .order_by(col(CorrectionRow.id))
    )
    return [
        Found(
            reference=row.reference,
            statement_digest=statement.digest,
            nullifier=statement.nullifier,
            class_id=statement.class_id,
            credit_gco2e=statement.credit_gco2e,
            amount_gco2e=row.amount_gco2e,
            lifted=row.lifted_at is not None,
        )
        for row, statement in session.exec(query).all()
    ]


def corrections_of(session: Session, person_id: int) -> list[Correction]:
    """Everything that was corrected in a person's statements, in order."""
    query = select(CorrectionRow).where(col(CorrectionRow.person_id) == person_id).order_by(col(CorrectionRow.id))
    return [_view(row) for row in session.exec(query).all()]


def effects_of(session: Session, person_id: int) -> list[Effect]:
    """What corrections do to a person's position, in order."""
    query = select(CorrectionRow).where(col(CorrectionRow.person_id) == person_id).order_by(col(CorrectionRow.id))
    return [
        Effect(row.vintage, CorrectionKind(row.kind), _effect_gco2e(row), row.made_at)
        for row in session.exec(query).all()
    ]


def _effect_gco2e(row: CorrectionRow) -> int:
    if row.kind == CorrectionKind.DEBT:
        return 0 if row.lifted_at is not None else -row.amount_gco2e
    return 0 if row.source.endswith(_PAID) else row.amount_gco2e


def memos_before(session: Session, person_id: int, vintage: int) -> list[Correction]:
    """The memo lines that a vintage's statement tells: those of earlier vintages that no statement between the two told
    when it was handed in.
    """
    query = select(StatementRow.vintage, StatementRow.submitted_at).where(
        col(StatementRow.person_id) == person_id, col(StatementRow.current), col(StatementRow.vintage) < vintage
    )
    handed_in = [(year, submitted_at) for year, submitted_at in session.exec(query).all() if submitted_at is not None]
    return [
        memo
        for memo in corrections_of(session, person_id)
        if memo.kind is CorrectionKind.MEMO
        and memo.vintage < vintage
        and not any(year > memo.vintage and submitted_at > memo.made_at for year, submitted_at in handed_in)
    ]
