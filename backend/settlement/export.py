"""Settlement's part of the export of a person's data: what the chain filled."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from backend.kernel.digest import Json
from backend.ledger.export import exported_rows
from backend.settlement.tables import Fill


def fills_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Every fill, on either side."""
    query = select(Fill).where(col(Fill.buyer).in_(addresses) | col(Fill.seller).in_(addresses))
    yield from exported_rows(session, query.order_by(col(Fill.id)))
