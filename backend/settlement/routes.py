"""What the chain did with matches: fills, and the batches that carried them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.access.authority import Reader
from backend.access.page import Page, PageCursor, key_of, page_of
from backend.access.state import database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, PageLimit, Wire
from backend.settlement.tables import Fill

router = APIRouter(tags=["settlement"])


class FillWire(Wire):
    """One fill as the chain executed it. Fees in payment-token base units."""

    at: Iso
    tx_hash: HexBytes32
    block_number: int
    log_index: int
    trade_id: int | None
    class_id: Amount
    buy_hash: HexBytes32
    sell_hash: HexBytes32
    buyer: AddressText
    seller: AddressText
    lots: Amount
    price_per_kg: Amount
    fee: Amount


def _wire(fill: Fill) -> FillWire:
    return FillWire.model_validate({name: getattr(fill, name) for name in FillWire.model_fields})


def _page(session: Session, query: SelectOfScalar[Fill], limit: int, cursor: str | None) -> Page[FillWire]:
    """A page of fills, newest first."""
    number, log_index = col(Fill.block_number), col(Fill.log_index)
    before = key_of("fills", cursor, 2)
    if before is not None:
        query = query.where(or_(number < before[0], and_(number == before[0], log_index < before[1])))
    rows = session.exec(query.order_by(number.desc(), log_index.desc()).limit(limit + 1)).all()
    return page_of("fills", rows, limit, _wire, lambda fill: (fill.block_number, fill.log_index))


@router.get("/fills")
def fills(
    request: Request,
    class_id: Annotated[Amount | None, Query(alias="classId")] = None,
    limit: PageLimit = 100,
    cursor: PageCursor = None,
) -> Page[FillWire]:
    """Fills, newest first; of one class if given. All of this is public on the chain."""
    query = select(Fill)
    if class_id is not None:
        query = query.where(Fill.class_id == class_id)
    with database_of(request).read() as session:
        return _page(session, query, limit, cursor)


@router.get("/fills/mine")
def my_fills(
    request: Request,
    account: Reader,
    limit: PageLimit = 100,
    cursor: PageCursor = None,
) -> Page[FillWire]:
    """The signed-in account's fills, newest first, on either side, whoever sent them to the chain."""
    query = select(Fill).where(or_(Fill.buyer == account, Fill.seller == account))
    with database_of(request).read() as session:
        return _page(session, query, limit, cursor)
