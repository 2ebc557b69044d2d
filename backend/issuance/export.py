"""Issuance's part of the export of a person's data: what verifiers signed and said of its statements, what it said to
them, and its claims.
"""

import json
from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from backend.issuance.draw_list import day_of
from backend.issuance.reading import row_at
from backend.issuance.tables import AttestationRow, ClaimRow, MintRow
from backend.issuance.tree import proofs_at
from backend.issuance.verification_tables import AppealRow, InspectionRow, QuestionRow, ReauditRow, ReturnRow
from backend.kernel.digest import Json, to_hex
from backend.ledger.export import exported, exported_rows
from backend.ledger.tables import StatementRow


def attestations_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """What verifiers signed of the person's statements."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    yield from exported_rows(session, select(AttestationRow).where(col(AttestationRow.statement_digest).in_(digests)))


def claims_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """The leaves of the person's statements, with their proofs."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    for row in session.exec(select(ClaimRow).where(col(ClaimRow.statement_digest).in_(digests))).all():
        (proof,) = proofs_at(session, row.root, row_at(session, row.root).people, [row.position])
        yield exported(row, proof=[to_hex(sibling) for sibling in proof])


def mints_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Those claims that minted."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    yield from exported_rows(session, select(MintRow).where(col(MintRow.statement_digest).in_(digests)))


def inspections_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Inspections that the person asked for, and what was seen."""
    query = select(InspectionRow).where(col(InspectionRow.person_id) == person_id)
    for row in session.exec(query.order_by(col(InspectionRow.id))).all():
        yield exported(row, inspected=row.inspected)


def questions_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """What verifiers asked the person, and its answers."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    query = select(QuestionRow).where(col(QuestionRow.statement_digest).in_(digests))
    yield from exported_rows(session, query.order_by(col(QuestionRow.id)))


def returns_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Why statements were sent back, every time."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    query = select(ReturnRow).where(col(ReturnRow.statement_digest).in_(digests))
    for row in session.exec(query.order_by(col(ReturnRow.id))).all():
        yield exported(row, reasons=json.loads(row.reasons))


def appeals_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """The person's appeals, and how they were decided."""
    query = select(AppealRow).where(col(AppealRow.person_id) == person_id)
    yield from exported_rows(session, query.order_by(col(AppealRow.id)))


def reaudits_of(session: Session, person_id: int, _addresses: Sequence[str]) -> Iterator[Json]:
    """Statements of the person that a draw chose, and what was found."""
    digests = select(StatementRow.digest).where(col(StatementRow.person_id) == person_id)
    query = select(ReauditRow).where(col(ReauditRow.statement_digest).in_(digests))
    for row in session.exec(query.order_by(col(ReauditRow.id))).all():
        yield exported(row, day=day_of(row.day).isoformat())
