"""Trades on their way to the chain: which of them moved since the last look. Settlement writes their state, maybe in
another process; so it is looked up, not told.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from backend.link.index import indexed
from backend.link.tables import IndexedEvent
from backend.market.funds import IN_FLIGHT
from backend.market.tables import TradeRow, TradeState

_AT_ONCE = 5_000


def final_of(session: Session, trades: Iterable[TradeRow]) -> set[int]:
    """Which of these trades were filled in a block that has the confirmation depth."""
    mined = {trade.id: trade.tx_hash for trade in trades if trade.state == TradeState.SETTLED}
    cursor = indexed(session)
    if cursor is None or not mined:
        return set()
    hashes = sorted({tx_hash for tx_hash in mined.values() if tx_hash is not None})
    final: set[bytes] = set()
    for at in range(0, len(hashes), _AT_ONCE):
        some = col(IndexedEvent.tx_hash).in_(hashes[at : at + _AT_ONCE])
        deep = col(IndexedEvent.block_number) <= cursor.final_number
        final |= set(session.exec(select(IndexedEvent.tx_hash).where(some, deep)).all())
    return {trade_id for trade_id, tx_hash in mined.items() if tx_hash in final}


class Flights:
    """What was last seen of the trades in flight, and of those whose fill may still be undone."""

    def __init__(self, session: Session) -> None:
        self._flying = _flying(session)
        settled = select(TradeRow).where(TradeRow.state == TradeState.SETTLED).order_by(col(TradeRow.id).desc())
        latest = session.exec(settled.limit(_AT_ONCE)).all()
        self._maturing = {row.id for row in latest} - final_of(session, latest)

    def told(self, trades: Iterable[TradeRow]) -> None:
        """New trades have been told as they are in these rows."""
        for trade in trades:
            if trade.state in IN_FLIGHT:
                self._flying[trade.id] = trade.state
            elif trade.state == TradeState.SETTLED:
                self._maturing.add(trade.id)

    def look(self, session: Session) -> list[TradeRow]:
        """The trades that were sent, filled, returned or busted since the last look, by id; new ones are not named."""
        now = _flying(session)
        moved = {trade_id for trade_id in self._flying if now.get(trade_id) != self._flying[trade_id]}
        moved |= {trade_id for trade_id in now if trade_id in self._maturing}
        self._flying = now
        rows = _rows(session, moved)
        self._maturing |= {row.id for row in rows if row.state == TradeState.SETTLED}
        self._maturing -= {row.id for row in rows if row.state != TradeState.SETTLED}
        return rows

    def finished(self, session: Session) -> list[TradeRow]:
        """Those whose block became final since the last look, by id."""
        rows = _rows(session, self._maturing)
        final = final_of(session, rows)
        self._maturing -= final
        return [row for row in rows if row.id in final]


def _flying(session: Session) -> dict[int, str]:
    query = select(TradeRow.id, TradeRow.state).where(col(TradeRow.state).in_(IN_FLIGHT))
    return dict(session.exec(query).all())


def _rows(session: Session, trade_ids: Iterable[int]) -> list[TradeRow]:
    ids, found = sorted(trade_ids), list[TradeRow]()
    for at in range(0, len(ids), _AT_ONCE):
        some = col(TradeRow.id).in_(ids[at : at + _AT_ONCE])
        found += session.exec(select(TradeRow).where(some).order_by(col(TradeRow.id))).all()
    return found
