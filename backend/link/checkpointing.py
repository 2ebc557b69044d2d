"""The database's write-ahead log, brought into its file by a thread of its own: were that left to whoever commits, now
and then an order would wait for the disk to take a thousand pages.
"""

from dataclasses import dataclass
from datetime import timedelta

from backend.kernel.clock import Clock
from backend.link.loop import Loop
from backend.storage.database import Database

CHECKPOINT_EVERY = timedelta(milliseconds=50)
"""So often that each time the disk takes a few hundred pages, for which no order's own sync has to wait long."""


@dataclass(frozen=True)
class Checkpointed:
    """A step's report: what came meanwhile can wait for the next."""

    moved: bool = False


def checkpointing(database: Database, clock: Clock) -> Loop:
    """The loop that does it, not yet started; any number of processes may run one."""

    def step() -> Checkpointed:
        database.checkpoint()
        return Checkpointed()

    return Loop("checkpointing", step, clock, CHECKPOINT_EVERY)
