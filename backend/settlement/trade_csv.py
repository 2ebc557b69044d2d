"""An account's trades as CSV (RFC 4180), made as it is sent."""

from collections.abc import Iterator

from backend.chain.class_id import class_code
from backend.kernel.clock import iso
from backend.kernel.digest import to_hex
from backend.market.order import Side
from backend.market.own_trades import OwnTrade, own_trades
from backend.market.tape import trades_of_account
from backend.market.tape_csv import csv_lines
from backend.settlement.fills import fees_of_trades
from backend.storage.database import Database

COLUMNS = (
    *("trade_id", "matched_at", "class", "side", "lots_kg", "price_base_units_per_kg", "cost_base_units"),
    *("fee_base_units", "state", "bust_reason", "settled_at", "tx_hash", "order_hash"),
)
_ROWS_AT_ONCE = 500


def own_trades_csv(database: Database, account: str) -> Iterator[str]:
    """The header, then some lines at a time, newest trade first."""
    yield csv_lines([COLUMNS])
    before: int | None = None
    while True:
        with database.read() as session:
            rows = trades_of_account(session, account, _ROWS_AT_ONCE, before)
            lines = csv_lines(_cells(own) for own in own_trades(session, fees_of_trades, account, rows))
        if not rows:
            return
        yield lines
        before = rows[-1].id


def _cells(own: OwnTrade) -> tuple[object, ...]:
    row = own.row
    return (
        *(row.id, iso(row.matched_at), class_code(row.class_id), own.side.value, row.lots, row.price_per_kg),
        *(row.lots * row.price_per_kg, "" if own.fee is None else own.fee, own.stage, row.bust_reason or ""),
        iso(row.settled_at) if row.settled_at else "",
        to_hex(row.tx_hash) if row.tx_hash else "",
        to_hex(row.buy_hash if own.side is Side.BUY else row.sell_hash),
    )
