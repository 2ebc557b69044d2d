"""Runs the sender and the indexer, each in a thread of its own, until told to stop; and says how they are doing.

A node that does not answer, or a database that is busy, is expected: the loop waits a little longer each time and tries
again. Anything else is a bug: the thread ends, `status()` says so, and the server is not ready until it is restarted.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import OperationalError

from backend.kernel.clock import Clock
from backend.kernel.errors import Unavailable
from backend.link.index import indexed
from backend.link.indexer import Indexer
from backend.link.outbox import UNFINISHED, intents_in
from backend.link.sender import Sender
from backend.storage.database import Database

POLL = timedelta(milliseconds=250)
BACKOFF_MAX = timedelta(seconds=10)


class Report(Protocol):
    """What a step says of itself."""

    @property
    def moved(self) -> bool:
        """Whether the next step should follow at once."""
        ...


@dataclass(frozen=True)
class LoopStatus:
    """How one loop is doing. `problem` is the code and sentence of the last failure, None after a good step."""

    alive: bool
    last_good_at: datetime | None
    failures: int
    problem: str | None


@dataclass(frozen=True)
class WorkerStatus:
    """Both loops, and how far behind they are. `lag_blocks` is None before the first look at the node."""

    sender: LoopStatus
    indexer: LoopStatus
    indexed_block: int | None
    lag_blocks: int | None
    unfinished_intents: int

    @property
    def ready(self) -> bool:
        """Both loops run and their last steps were good."""
        return all(loop.alive and loop.problem is None and loop.last_good_at for loop in (self.sender, self.indexer))


class _Loop:
    def __init__(self, name: str, step: Callable[[], Report], clock: Clock, poll: timedelta) -> None:
        self._step, self._clock, self._poll = step, clock, poll
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._last_good_at: datetime | None = None
        self._failures = 0
        self._problem: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: timedelta) -> bool:
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout.total_seconds())
        return not self._thread.is_alive()

    def wake(self) -> None:
        self._wake.set()

    def status(self) -> LoopStatus:
        return LoopStatus(self._thread.is_alive(), self._last_good_at, self._failures, self._problem)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                moved = self._step().moved
            except Unavailable as failure:
                self._back_off(f"{failure.code}: {failure.message}")
                continue
            except OperationalError as failure:
                self._back_off(f"link.database_unavailable: {failure.orig}")
                continue
            self._last_good_at, self._failures, self._problem = self._clock.now(), 0, None
            if not moved:
                self._wait(self._poll)

    def _back_off(self, problem: str) -> None:
        self._failures += 1
        self._problem = problem
        self._wait(min(self._poll * 2 ** min(self._failures, 10), BACKOFF_MAX))

    def _wait(self, time: timedelta) -> None:
        self._wake.wait(time.total_seconds())


class Worker:
    """Sender and indexer of one process. start() once, wake() after writing to the outbox, stop() once."""

    def __init__(
        self, database: Database, sender: Sender, indexer: Indexer, clock: Clock, *, poll: timedelta = POLL
    ) -> None:
        self._database, self._sender, self._indexer = database, sender, indexer
        self._head: int | None = None
        self._loops = (
            _Loop("link-sender", sender.step, clock, poll),
            _Loop("link-indexer", self._index, clock, poll),
        )

    def start(self) -> None:
        """Starts both loops."""
        for loop in self._loops:
            loop.start()

    def wake(self) -> None:
        """Looks for work now instead of at the next poll."""
        for loop in self._loops:
            loop.wake()

    def stop(self, timeout: timedelta = timedelta(seconds=20)) -> bool:
        """Ends both loops after their current step and gives up the lease; False if one did not end in time."""
        ended = [loop.stop(timeout) for loop in self._loops]
        if all(ended):
            self._sender.close()
        return all(ended)

    def status(self) -> WorkerStatus:
        """How it goes, for /ready."""
        with self._database.read() as session:
            cursor = indexed(session)
            unfinished = len(intents_in(session, UNFINISHED))
        head, reached = self._head, cursor.number if cursor else None
        sender, indexer = (loop.status() for loop in self._loops)
        return WorkerStatus(
            sender=sender,
            indexer=indexer,
            indexed_block=reached,
            lag_blocks=None if head is None else max(0, head - (reached or 0)),
            unfinished_intents=unfinished,
        )

    def _index(self) -> Report:
        report = self._indexer.step()
        self._head = report.head
        return report
