"""The tape as CSV (RFC 4180), made as it is sent: a year of trades never stands in memory, nor is a snapshot held."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO

from sqlmodel import Session, col, select

from backend.chain.class_id import class_code
from backend.kernel.clock import iso
from backend.kernel.digest import to_hex
from backend.market.tables import TradeRow
from backend.storage.database import Database

COLUMNS = (
    *("trade_id", "matched_at", "class", "side_of_taker", "lots_kg", "price_base_units_per_kg", "state"),
    *("bust_reason", "settled_at", "tx_hash"),
)
_ROWS_AT_ONCE = 500


def trades_csv(database: Database, class_id: int, since: datetime | None, until: datetime | None) -> Iterator[str]:
    """The header, then some lines at a time, oldest trade first. A trade that settles meanwhile is as it is read."""
    yield csv_lines([COLUMNS])
    after = 0
    while True:
        with database.read() as session:
            rows = _page(session, class_id, since, until, after)
        if not rows:
            return
        yield csv_lines(_cells(row) for row in rows)
        after = rows[-1].id


def _page(
    session: Session, class_id: int, since: datetime | None, until: datetime | None, after: int
) -> list[TradeRow]:
    query = select(TradeRow).where(TradeRow.class_id == class_id, col(TradeRow.id) > after)
    if since is not None:
        query = query.where(col(TradeRow.matched_at) >= since)
    if until is not None:
        query = query.where(col(TradeRow.matched_at) < until)
    return list(session.exec(query.order_by(col(TradeRow.id)).limit(_ROWS_AT_ONCE)).all())


def _cells(row: TradeRow) -> tuple[object, ...]:
    return (
        *(row.id, iso(row.matched_at), class_code(row.class_id), row.taker_side, row.lots, row.price_per_kg, row.state),
        row.bust_reason or "",
        iso(row.settled_at) if row.settled_at else "",
        to_hex(row.tx_hash) if row.tx_hash else "",
    )


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows as lines that end in CR LF."""
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
