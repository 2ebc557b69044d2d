"""When a day is over, the journal's head of that day goes to Anchors on the chain: no line before it can change then.

The topic is the journal's genesis, so that every Exchange has its own. A day without a line adds nothing and has no
anchor; what a server that stood still left out, the next anchor covers.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.digest import to_hex
from backend.link.outbox import enqueue, intent_of
from backend.market.journal import Head, JournalBroken, genesis
from backend.market.tables import JournalRow
from backend.storage.database import Database

ANCHOR_KIND = "market.anchor"
"""Of intents; the reference is the day as YYYY-MM-DD."""

SETTLED_AFTER = timedelta(minutes=10)
"""After midnight UTC: by then no line of the day is still on its way."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayHead:
    """The last line of a day: the day as a number since 1970-01-01, as Anchors counts."""

    day: int
    head: Head

    @property
    def reference(self) -> str:
        """The day in words."""
        return (date(1970, 1, 1) + timedelta(days=self.day)).isoformat()


@dataclass(frozen=True)
class Anchored:
    """What a step did: the day whose head it gave to the outbox, if any."""

    day: int | None = None

    @property
    def moved(self) -> bool:
        """False: the next look is at the usual time."""
        return False


class Anchoring:
    """Anchors the journal of one Exchange; `step` is harmless however often and by however many it is called."""

    def __init__(self, database: Database, contracts: Contracts) -> None:
        self._database = database
        self._contracts = contracts
        self._topic = genesis(contracts.deployment.domain("Exchange")).hash
        self._looked_at: date | None = None
        """The last day known to be done: the journal is searched once a day."""

    def step(self, now: datetime) -> Anchored:
        """Hands the head of the latest day that is over to the outbox, once. Raises JournalBroken if the outbox holds
        another head of that day.
        """
        over = (now - SETTLED_AFTER).date() - _DAY
        if over == self._looked_at:
            return Anchored()
        with self._database.read() as session:
            found = day_head(session, over)
            known = None if found is None else intent_of(session, ANCHOR_KIND, found.reference)
        anchored = Anchored()
        if found is not None:
            data = self._contracts.encode("Anchors", "publish", [self._topic, found.day, found.head.hash])
            if known is None:
                with self._database.write() as session:
                    enqueue(
                        session, kind=ANCHOR_KIND, reference=found.reference, contract="Anchors", data=data, now=now
                    )
                anchored = Anchored(found.day)
            elif known.data != data:
                raise JournalBroken(found.head.sequence, f"{to_hex(found.head.hash)} is not the head anchored that day")
        self._looked_at = over
        return anchored


def day_head(session: Session, until: date) -> DayHead | None:
    """The last line of a day or, if it has none, of the last day before it that has; None without any."""
    end = from_unix_s((until - date(1970, 1, 1) + _DAY) // timedelta(seconds=1))
    query = (
        select(JournalRow.sequence, JournalRow.time, JournalRow.hash)
        .where(col(JournalRow.time) < end)
        .order_by(col(JournalRow.sequence).desc())
        .limit(1)
    )
    last = session.exec(query).first()
    if last is None:
        return None
    sequence, time, line_hash = last
    return DayHead(unix_s(time) // int(_DAY.total_seconds()), Head(sequence, line_hash))
