"""How the server asks its interpreter to behave: nobody waits for the collector of garbage while there is another time
for it, nor long for a thread that has the interpreter (docs/adr/0029).
"""

import gc
import sys
from datetime import timedelta

from backend.kernel.clock import Clock
from backend.link.loop import Done, Loop
from backend.market.rest import Rest

COLLECT_EVERY = (100_000, 2, 2_000)
"""New objects, collections of those, and collections of the older, after which the collector looks for cycles whoever
waits. It stops everybody, for 7 ms over 10,000 objects. Orders make no cycles, and what rests of each is two objects:
so that it comes after 50,000 orders without a second's pause.
"""
LOOK_EVERY = timedelta(seconds=1)
COLLECT_WORTH = 1_000
"""So many new objects are worth a collection while nobody waits."""
YOUNG_COLLECTIONS = 2
"""So many of them, and the next looks at what they left as well."""
YIELD_AFTER_S = 0.001  # money-lint: seconds
"""A thread that wants the interpreter gets it after so long: the market's and the event loop wait for each other with
every group of orders.
"""


class Collector:
    """Collects garbage in the pauses of a market: `rest` says when it answered."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._answered = rest.begun

    def look(self) -> Done:
        """Collects what is worth it if the market answered nobody since the last look."""
        answered, self._answered = self._answered, self._rest.begun
        new, collections, _ = gc.get_count()
        if answered == self._answered and new >= COLLECT_WORTH:
            gc.collect(0 if collections < YOUNG_COLLECTIONS else 1)
        return Done()


def collecting(rest: Rest, clock: Clock) -> Loop:
    """The loop that does it, not yet started."""
    return Loop("collecting", Collector(rest).look, clock, LOOK_EVERY)


def ease_interpreter() -> None:
    """What is there from the start is walked over no more, what comes later seldom; no thread has it for long."""
    gc.freeze()
    gc.set_threshold(*COLLECT_EVERY)
    sys.setswitchinterval(YIELD_AFTER_S)
