"""Issuance's part of the export of a person's data: attestations of its statements, and its claims."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from backend.issuance.reading import row_at
from backend.issuance.tables import AttestationRow, ClaimRow, MintRow
from backend.issuance.tree import proofs_at
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
