"""A lease: at most one process does a thing at a time, another takes it over when its holder is gone, and whoever was
slow to notice is fenced off.

Every change of holder raises the lease's token. `require`, in the transaction of what must be done by the holder alone,
fails once another took over: a process that hung for a minute and goes on believing that it still holds the lease can
write nothing. What the clocks of two machines say decides only how soon another takes over, never what is right.
"""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, select

from backend.kernel.clock import Clock, iso
from backend.kernel.errors import Unavailable
from backend.link.tables import LeaseRow
from backend.storage.asking import first_of
from backend.storage.database import Database

LEASE_TIME = timedelta(seconds=15)

_HELD = select(LeaseRow.holder, LeaseRow.token).where(LeaseRow.name == bindparam("lease"))
"""Asked in every transaction that is fenced: made once, and past the object mapper."""


class LeaseHeld(Unavailable):
    """Another process holds the lease and is alive, or may be."""

    code = "link.lease_held"

    def __init__(self, name: str, host: str, pid: int, until: datetime) -> None:
        super().__init__(
            f"{name} is held by process {pid} on {host} until {iso(until)}",
            name=name,
            host=host,
            pid=pid,
            until=iso(until),
        )


class LeaseLost(Unavailable):
    """Another process took the lease over; what was to be done under it did not happen."""

    code = "link.lease_lost"

    def __init__(self, name: str, token: int) -> None:
        super().__init__(f"{name} was taken over by another process since token {token}", name=name, token=token)


@dataclass(frozen=True)
class Holder:
    """Who holds a lease now. `secret` is known to those alone who can read the database."""

    secret: str
    token: int
    url: str | None
    """Where it answers over HTTP, if it does."""


def holder_of(session: Session, name: str, now: datetime) -> Holder | None:
    """Who holds a lease; None if nobody does, or nobody that lives."""
    row = session.get(LeaseRow, name, populate_existing=True)
    if row is None or not row.holder or row.until <= now or _ended(row.host, row.pid):
        return None
    return Holder(row.holder, row.token, row.url)


def _ended(host: str, pid: int) -> bool:
    """True only if that process was on this machine and is gone."""
    if host != socket.gethostname():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Lease:
    """A named lease of one holder object. It lapses when not renewed, and at once when its process has ended. `url`:
    where this process answers over HTTP, for those who do not hold it.
    """

    def __init__(
        self, database: Database, name: str, clock: Clock, *, time: timedelta = LEASE_TIME, url: str | None = None
    ) -> None:
        self._database, self._name, self._clock, self._time, self._url = database, name, clock, time, url
        self._holder = secrets.token_hex(16)
        self._token = 0
        self._until: datetime | None = None

    @property
    def secret(self) -> str:
        """What it is known by to those who can read the database."""
        return self._holder

    @property
    def token(self) -> int:
        """The fencing token of the time it was last taken; 0 before the first."""
        return self._token

    def hold(self) -> None:
        """Takes or renews it; raises LeaseHeld."""
        now = self._clock.now()
        if self._until is not None and self._until - now > self._time // 2:
            return
        self._until = None
        with self._database.read() as session:  # who only waits for it does not take the write lock to look
            self._require_free(session.get(LeaseRow, self._name), now)
        with self._database.write() as session:
            row = session.get(LeaseRow, self._name)
            self._require_free(row, now)
            row = row or LeaseRow(name=self._name, holder="", host="", pid=0, until=now)
            if row.holder != self._holder:
                row.holder, row.token = self._holder, row.token + 1
            row.host, row.pid, row.url = socket.gethostname(), os.getpid(), self._url
            row.until = now + self._time
            session.add(row)
        self._token, self._until = row.token, now + self._time

    def require(self, session: Session) -> None:
        """In the transaction of what only the holder may do. Raises LeaseLost."""
        if first_of(session, _HELD, lease=self._name) != (self._holder, self._token):
            self._until = None
            raise LeaseLost(self._name, self._token)

    def release(self) -> None:
        """Gives it up, so that another may take it at once. The row stays, for tokens only rise."""
        self._until = None
        with self._database.write() as session:
            row = session.get(LeaseRow, self._name)
            if row is not None and row.holder == self._holder:
                row.holder, row.url, row.until = "", None, self._clock.now()
                session.add(row)

    def _require_free(self, row: LeaseRow | None, now: datetime) -> None:
        is_anothers = row is not None and row.holder not in {"", self._holder}
        if row is not None and is_anothers and row.until > now and not _ended(row.host, row.pid):
            raise LeaseHeld(self._name, row.host, row.pid, row.until)
