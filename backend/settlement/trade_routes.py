"""An account's trades with what settlement adds to them: how far the chain is with each, and what it cost in fees."""

from collections import defaultdict
from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlmodel import Session, or_, select
from starlette.responses import Response, StreamingResponse

from backend.access.authority import Reader
from backend.access.page import Page, PageCursor, key_of, page_of
from backend.access.state import database_of
from backend.access.wire import PageLimit
from backend.chain.class_id import class_code
from backend.market.own_trades import own_trades
from backend.market.tape import trades_of_account
from backend.market.tape_views import FeesOut, OwnTradeOut
from backend.settlement.fills import fees_of_trades
from backend.settlement.tables import Fill
from backend.settlement.trade_csv import own_trades_csv

router = APIRouter(tags=["settlement"])

CSV = "text/csv; charset=utf-8"


@dataclass
class _Sum:
    fills: int = 0
    lots: int = 0
    cost: int = 0
    fee: int = 0


@router.get("/trades/mine")
def my_trades(
    request: Request, account: Reader, limit: PageLimit = 100, cursor: PageCursor = None
) -> Page[OwnTradeOut]:
    """The signed-in account's trades, newest first: matched, sent, mined, final or busted, with fee and transaction."""
    before = key_of("my trades", cursor, 1)
    with database_of(request).read() as session:
        rows = trades_of_account(session, account, limit + 1, before[0] if before else None)
        shown = {own.row.id: own for own in own_trades(session, fees_of_trades, account, rows[:limit])}
        return page_of("my trades", rows, limit, lambda row: OwnTradeOut.of(shown[row.id]), lambda row: (row.id,))


@router.get("/trades/mine.csv", response_class=StreamingResponse)
def my_trades_as_csv(request: Request, account: Reader) -> Response:
    """All of the signed-in account's trades as CSV, newest first, as it comes."""
    return StreamingResponse(own_trades_csv(database_of(request), account), media_type=CSV)


@router.get("/fees/mine")
def my_fees(request: Request, account: Reader) -> list[FeesOut]:
    """What the signed-in account paid in fees, by class: the sum of its fills on the chain."""
    with database_of(request).read() as session:
        return [
            FeesOut(
                class_id=class_id,
                class_code=class_code(class_id),
                fills=found.fills,
                lots=found.lots,
                cost=found.cost,
                fee=found.fee,
            )
            for class_id, found in sorted(_sums(session, account).items())
        ]


def _sums(session: Session, account: str) -> dict[int, _Sum]:
    """By class. An account on both sides of a fill paid twice. Summed here: SQL has no sum of a uint256."""
    found: defaultdict[int, _Sum] = defaultdict(_Sum)
    query = select(Fill).where(or_(Fill.buyer == account, Fill.seller == account))
    for fill in session.exec(query.execution_options(yield_per=1_000)):
        total, sides = found[fill.class_id], (fill.buyer == account) + (fill.seller == account)
        total.fills += 1
        total.lots += fill.lots
        total.cost += fill.lots * fill.price_per_kg
        total.fee += sides * fill.fee
    return found
