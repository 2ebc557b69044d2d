"""At most one process sends from the outbox. Safety does not rest on this (every change of an intent re-checks its
state in its own transaction): the lease keeps two senders from bidding against each other.
"""

import os
import secrets
import socket
from datetime import datetime, timedelta

from backend.kernel.clock import Clock, iso
from backend.kernel.errors import Unavailable
from backend.link.tables import LeaseRow
from backend.storage.database import Database

LEASE_TIME = timedelta(seconds=15)


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
    """A named lease of one holder object. It lapses when not renewed, and at once when its process has ended."""

    def __init__(self, database: Database, name: str, clock: Clock) -> None:
        self._database, self._name, self._clock = database, name, clock
        self._holder = secrets.token_hex(16)
        self._until: datetime | None = None

    def hold(self) -> None:
        """Takes or renews it; raises LeaseHeld."""
        now = self._clock.now()
        if self._until is not None and self._until - now > LEASE_TIME // 2:
            return
        with self._database.write() as session:
            row = session.get(LeaseRow, self._name)
            if row is not None and row.holder != self._holder and row.until > now and not _ended(row.host, row.pid):
                raise LeaseHeld(self._name, row.host, row.pid, row.until)
            row = row or LeaseRow(name=self._name, holder="", host="", pid=0, until=now)
            row.holder, row.host, row.pid = self._holder, socket.gethostname(), os.getpid()
            row.until = now + LEASE_TIME
            session.add(row)
        self._until = now + LEASE_TIME

    def release(self) -> None:
        """Gives it up, so that another may take it at once."""
        self._until = None
        with self._database.write() as session:
            row = session.get(LeaseRow, self._name)
            if row is not None and row.holder == self._holder:
                session.delete(row)
