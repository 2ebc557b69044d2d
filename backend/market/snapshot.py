"""A picture of every book after a journal line, so that a restart replays only what came later.

The journal stays the truth: a picture is believed only if the journal still has its line under its hash, and the engine
made of it has the state that the engine had of which it was taken.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, delete, select

from backend.kernel.digest import Json, known_json
from backend.market.book import Book, Entry, Resting
from backend.market.journal import Head
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.spread import Spreads
from backend.market.tables import JournalRow, SnapshotRow
from backend.storage.availability import DatabaseUnavailable
from backend.storage.database import Database

EVERY = 50_000
"""Journal lines after which a picture is taken in the next pause: it stops the market for as long as it takes."""
EVERY_AT_MOST = 150_000
"""Journal lines after which one is taken whoever waits: at most so many are replayed at a restart."""
PAUSE = timedelta(seconds=1)
"""So long without a line that the next is not expected soon."""
KEPT = 2
"""Pictures; older ones go when a new one is taken."""

_LOG = logging.getLogger("tanyu.market")


class Pictures:
    """When they are taken. `taken`: the journal line after which the last one was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.taken = 0

    def look(self, engine: Engine, head: Head, latest: datetime, now: datetime) -> None:
        """Takes one of an engine that stands at a head, whose line came at `latest`, if it is time. Without one only a
        restart takes longer: a failure is logged, and the next is tried as if this one had been taken.
        """
        lines = head.sequence - self.taken
        if lines < EVERY_AT_MOST and (lines < EVERY or now - latest < PAUSE):
            return
        self.taken = head.sequence
        try:
            with self._database.write() as session:
                save(session, engine, head, latest)
        except (SQLAlchemyError, OSError, DatabaseUnavailable):
            _LOG.exception("no picture was taken of the books at line %d", head.sequence)


def picture(engine: Engine) -> dict[str, Json]:
    """All that an engine is made again from: its orders as they came in, and of each class the queues, best first."""
    return {
        "orders": [_order(resting) for resting in engine.orders.values()],
        "books": {str(class_id): {**_queues(book), **_conditions(book)} for class_id, book in engine.books.items()},
        "heartbeats": dict(engine.heartbeats),
        "trades": engine.trades,
    }


def engine_of(told: Mapping[str, Any]) -> Engine:
    """The engine that a picture was taken of. Raises KeyError, TypeError or ValueError for what is no picture."""
    engine = Engine()
    words: dict[str, str] = {}
    came_in = {order[0]: _entry(order, words) for order in told["orders"]}
    for class_id, book in told["books"].items():
        _set_conditions(engine.book_of(int(class_id)), book)
        for order_id in (*book["bids"], *book["asks"]):
            engine.place(came_in[order_id])
    for order_id in came_in:  # queues are in order now; what an account lost first is by when its orders came in
        resting = engine.orders[order_id] = engine.orders.pop(order_id)
        resting.mine[order_id] = resting.mine.pop(order_id)
    engine.heartbeats = dict(told["heartbeats"])
    engine.trades = told["trades"]
    return engine


def save(session: Session, engine: Engine, head: Head, at: datetime) -> None:
    """Keeps a picture of an engine that stands at a head, and the one before it."""
    text = known_json(picture(engine)).decode()
    session.add(
        SnapshotRow(
            sequence=head.sequence, hash=head.hash, state_digest=engine.state_digest(), picture=text, taken_at=at
        )
    )
    session.flush()
    newest = select(SnapshotRow.sequence).order_by(col(SnapshotRow.sequence).desc()).limit(KEPT)
    session.exec(delete(SnapshotRow).where(col(SnapshotRow.sequence).not_in(session.exec(newest).all())))


def newest(session: Session) -> tuple[Engine, Head] | None:
    """The engine of the newest picture that can be believed, and where it stands in the journal; None without one."""
    query = (
        select(SnapshotRow)
        .join(JournalRow, col(JournalRow.sequence) == col(SnapshotRow.sequence))
        .where(col(JournalRow.hash) == col(SnapshotRow.hash))
        .order_by(col(SnapshotRow.sequence).desc())
    )
    for row in session.exec(query).all():
        try:
            engine = engine_of(msgspec.json.decode(row.picture))
        except (KeyError, TypeError, ValueError, AssertionError):
            continue
        if engine.state_digest() == row.state_digest:
            return engine, Head(row.sequence, row.hash)
    return None


def _order(resting: Resting) -> list[Json]:
    """With the lots that are open."""
    order_id, class_id, account, owner, side, _, price, expiry, bound = resting.entry
    return [order_id, str(class_id), account, owner, side._value_, resting.lots, price, expiry, bound]


def _entry(order: list[Any], words: dict[str, str]) -> Entry:
    """One string for each account and owner, as the orders themselves had: the engine tells them apart by identity."""
    order_id, class_id, account, owner, side, lots, price, expiry, bound = order
    account, owner = words.setdefault(account, account), words.setdefault(owner, owner)
    return Entry(order_id, int(class_id), account, owner, Side(side), lots, price, expiry, bound)


def _conditions(book: Book) -> dict[str, Json]:
    return {
        "phase": book.phase.value,
        "since": book.since,
        "calledAt": book.called_at,
        "reference": book.reference,
        "low": book.low,
        "high": book.high,
        "referenceDay": book.reference_day,
        "spread": book.spread.told(),
    }


def _set_conditions(book: Book, told: Mapping[str, Any]) -> None:
    """Before the orders come in: those that waited for a call wait again."""
    book.enter(Phase(told["phase"]), told["since"])
    book.called_at = told["calledAt"]
    if told["reference"] is not None:
        book.refer(told["reference"], told["low"], told["high"], told["referenceDay"])
    book.spread = Spreads.of(told.get("spread", ()))  # a picture of before spreads were looked at has none


def _queues(book: Book) -> dict[str, Json]:
    return {"bids": _ids(book.bids.orders()), "asks": _ids(book.asks.orders())}


def _ids(orders: Iterable[Resting]) -> list[Json]:
    return [resting.entry.order_id for resting in orders]
