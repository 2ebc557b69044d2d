"""The database's write-ahead log, brought into its file by a thread of its own: were that left to whoever commits, now
and then an order would wait for the disk to take a thousand pages.
"""

from datetime import timedelta

from backend.kernel.clock import Clock
from backend.link.loop import Done, Loop
from backend.storage.database import Database

CHECKPOINT_EVERY = timedelta(milliseconds=15)
"""So often that the disk takes few pages at a time: for as long as it takes them an order's own sync waits, and
of a large file they are spread wide (docs/adr/0029).
"""


def checkpointing(database: Database, clock: Clock) -> Loop:
    """The loop that does it, not yet started; any number of processes may run one."""

    def step() -> Done:
        database.checkpoint()
        return Done()

    return Loop("checkpointing", step, clock, CHECKPOINT_EVERY)
