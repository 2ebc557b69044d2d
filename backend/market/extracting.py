"""Keeps extracts of the journal, a thousand lines at a time, while the market goes on; and finds those that hold.

The journal stays the truth, as it does beside a picture: an extract is believed only if it is what was written, if it
continues the one before it, and if the journal still has its last line under its hash. Each line's own hash is checked
when its extract is made, from the row as the database keeps it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlmodel import Session, SQLModel, func

from backend.chain.typed_data import Domain
from backend.kernel.digest import sha256
from backend.market.extract import Extract
from backend.market.journal import Head, genesis, pages
from backend.market.tables import ExtractRow
from backend.storage.database import Database

EXTRACT_LINES = 1000

_FORMAT = b"tanyu-extract/1"
"""Stands in every digest: extracts of another form are not believed. Who changes it empties the table, so that they are
made anew.
"""

_READ_AHEAD = 100

_EXTRACTS, _LINES = (SQLModel.metadata.tables[name] for name in ("market_extract", "market_journal"))
_KEPT = select(
    _EXTRACTS.c.sequence, _EXTRACTS.c.hash, _EXTRACTS.c.previous_hash, _EXTRACTS.c.digest, _EXTRACTS.c.content
).join(_LINES, and_(_LINES.c.sequence == _EXTRACTS.c.sequence, _LINES.c.hash == _EXTRACTS.c.hash))
"""The extracts whose last line still stands in the journal."""


@dataclass(frozen=True)
class Extracted:
    """What a step did: the last line of the extract it made, if any."""

    sequence: int | None = None

    @property
    def moved(self) -> bool:
        """False: one extract a look, so that orders never wait for a long row of them."""
        return False


class Extracting:
    """Keeps the extracts of one Exchange's journal. `step` is harmless however often and by however many it is
    called.
    """

    def __init__(self, database: Database, exchange: Domain, *, lines: int = EXTRACT_LINES) -> None:
        self._database = database
        self._genesis = genesis(exchange)
        self._lines = lines

    def step(self) -> Extracted:
        """Makes an extract of the next lines, if there are enough of them. Raises JournalBroken."""
        with self._database.read() as session:
            head = self._latest(session)
            written = session.connection().scalar(select(func.max(_LINES.c.sequence))) or 0
            if written < head.sequence + self._lines:
                return Extracted()
            page = next(pages(session, head, self._lines))
        content = Extract.of(page.lines).packed()
        last = page.head
        row = ExtractRow(
            sequence=last.sequence,
            hash=last.hash,
            previous_hash=head.hash,
            digest=_digest(head.hash, last.hash, content),
            content=content,
        )
        with self._database.write() as session:
            session.merge(row)
        return Extracted(last.sequence)

    def _latest(self, session: Session) -> Head:
        """Where the extracts of this journal end."""
        newest = session.connection().execute(_KEPT.order_by(_EXTRACTS.c.sequence.desc()).limit(1)).first()
        return self._genesis if newest is None else Head(newest.sequence, newest.hash)


def believed(session: Session, genesis: Head) -> Iterator[tuple[Extract, Head]]:
    """Extracts in order from the journal's beginning, as far as they hold, each with the head that its last line is."""
    head = genesis
    query, connection = _KEPT.order_by(_EXTRACTS.c.sequence).limit(_READ_AHEAD), session.connection()
    while rows := connection.execute(query.where(_EXTRACTS.c.sequence > head.sequence)).all():
        for sequence, last, previous, digest, content in rows:
            if previous != head.hash or digest != _digest(previous, last, content):
                return
            head = Head(sequence, last)
            yield Extract.unpacked(content), head


def _digest(previous: bytes, last: bytes, content: bytes) -> bytes:
    """32 bytes: of an extract and of where it stands, from the hash of the line before it to that of its last."""
    return sha256(_FORMAT + previous + last + content)
