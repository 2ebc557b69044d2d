"""What the chain did with matches: fills, and the batches that carried them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import col, or_, select

from backend.access.session import signed_in
from backend.access.state import database_of
from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.settlement.tables import Fill

router = APIRouter(tags=["settlement"])

PAGE = 100


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


@router.get("/fills")
def fills(request: Request, class_id: Annotated[Amount | None, Query(alias="classId")] = None) -> list[FillWire]:
    """The last 100 fills, newest first; of one class if given. All of this is public on the chain."""
    query = select(Fill).order_by(col(Fill.block_number).desc(), col(Fill.log_index).desc()).limit(PAGE)
    if class_id is not None:
        query = query.where(Fill.class_id == class_id)
    with database_of(request).read() as session:
        return [_wire(fill) for fill in session.exec(query).all()]


@router.get("/fills/mine")
def my_fills(request: Request, account: Annotated[str, Depends(signed_in)]) -> list[FillWire]:
    """The signed-in account's last 100 fills, newest first, on either side."""
    query = (
        select(Fill)
        .where(or_(Fill.buyer == account, Fill.seller == account))
        .order_by(col(Fill.block_number).desc(), col(Fill.log_index).desc())
        .limit(PAGE)
    )
    with database_of(request).read() as session:
        return [_wire(fill) for fill in session.exec(query).all()]
