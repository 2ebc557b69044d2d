"""The journal as a file for an auditor: every line, the trades that came of it, and where each order stands.

JSON lines: a header, the journal's lines in order, the orders. The lines carry signed orders with their makers, filled
or not; who may have the file is decided in docs/adr/0026.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlmodel import Session, col, func, select

from backend.chain.typed_data import Domain
from backend.kernel.clock import iso
from backend.kernel.digest import Json, canonical_json, to_hex
from backend.market.journal import Head, genesis, read
from backend.market.tables import JournalRow, OrderRow, TradeRow

FORMAT = "tanyu-journal/1"

_READ_AHEAD = 1000


def disclosed(session: Session, exchange: Domain, operator: str, at: datetime) -> Iterator[Mapping[str, Json]]:
    """The rows of the file, all as of one read transaction. Raises JournalBroken when a line does not hold."""
    start = genesis(exchange)
    head = _head(session, start)
    trades = session.exec(select(func.max(TradeRow.id))).one() or 0
    yield {
        "format": FORMAT,
        "chainId": exchange.chain_id,
        "exchange": exchange.verifying_contract,
        "operator": operator,
        "writtenAt": iso(at),
        "head": {"sequence": head.sequence, "hash": to_hex(head.hash), "trades": trades},
    }
    told = groupby(_trades(session), key=lambda trade: trade[0])
    sequence, made = next(told, (0, iter(())))
    for line in read(session, start):
        mine: list[Json] = []
        if line.sequence == sequence:
            mine = [trade for _, trade in made]
            sequence, made = next(told, (0, iter(())))
        yield {
            "sequence": line.sequence,
            "time": iso(line.time),
            "kind": line.kind.value,
            "payload": line.payload,
            "hash": to_hex(line.hash),
            "trades": mine,
        }
    yield from _orders(session)


def write(path: Path, rows: Iterable[Mapping[str, Json]]) -> int:
    """Writes rows as JSON lines for its owner's eyes only; how many. A file of that name is replaced."""
    count = 0
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for row in rows:
            file.write(canonical_json(row) + b"\n")
            count += 1
    part.replace(path)
    return count


def _head(session: Session, start: Head) -> Head:
    """Where the journal ends."""
    query = select(JournalRow.sequence, JournalRow.hash).order_by(col(JournalRow.sequence).desc()).limit(1)
    last = session.exec(query).first()
    return start if last is None else Head(*last)


def _trades(session: Session) -> Iterator[tuple[int, dict[str, Json]]]:
    """(the sequence of the line a trade came of, the trade), in order."""
    query = select(TradeRow).order_by(col(TradeRow.id)).execution_options(yield_per=_READ_AHEAD)
    for row in session.exec(query):
        ids: dict[str, Json] = {"tradeId": row.id, "buyId": row.buy_id, "sellId": row.sell_id}
        yield row.sequence, {**ids, "lots": str(row.lots), "pricePerKg": str(row.price_per_kg)}


def _orders(session: Session) -> Iterator[Mapping[str, Json]]:
    query = select(OrderRow.id, OrderRow.state, OrderRow.lots_open, OrderRow.lots_matched).order_by(col(OrderRow.id))
    for order_id, state, lots_open, lots_matched in session.exec(query.execution_options(yield_per=_READ_AHEAD)):
        yield {"orderId": order_id, "state": state, "lotsOpen": str(lots_open), "lotsMatched": str(lots_matched)}
