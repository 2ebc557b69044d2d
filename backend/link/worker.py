"""Runs the sender and the indexer, each in a thread of its own, until told to stop; and says how they are doing.

A node that does not answer, or a database that is busy, is expected: the loop waits a little longer each time and tries
again. Anything else is a bug: the thread ends, `status()` says so, and the server is not ready until it is restarted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from backend.kernel.clock import Clock
from backend.link.index import indexed
from backend.link.indexer import Indexer
from backend.link.loop import POLL, Loop, LoopStatus, Report
from backend.link.outbox import UNFINISHED, intents_in
from backend.link.sender import Sender
from backend.storage.database import Database


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
        """Both loops run and their last steps were good, or are another process's to do."""
        return self.sender.ready and self.indexer.ready


class Worker:
    """Sender and indexer of one process. start() once, wake() after writing to the outbox, stop() once. `is_ours`:
    whether it is this process that sends and indexes now.
    """

    def __init__(
        self,
        database: Database,
        sender: Sender,
        indexer: Indexer,
        clock: Clock,
        *,
        poll: timedelta = POLL,
        is_ours: Callable[[], bool] | None = None,
    ) -> None:
        self._database, self._sender, self._indexer = database, sender, indexer
        self._head: int | None = None
        self._loops = (
            Loop("link-sender", sender.step, clock, poll, is_ours=is_ours),
            Loop("link-indexer", self._index, clock, poll, is_ours=is_ours),
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
