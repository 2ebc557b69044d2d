"""A step repeated in a thread of its own until told to stop, and how it is doing.

A node that does not answer, or a database that is busy, is expected: the loop waits a little longer each time and tries
again. Anything else is a bug: the thread ends, and `status()` says so. Of many processes over one database one alone
does the steps; the loops of the others stand by until it is their turn.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import OperationalError

from backend.kernel.clock import Clock
from backend.kernel.errors import Unavailable

POLL = timedelta(milliseconds=250)
BACKOFF_MAX = timedelta(seconds=10)
STAND_BY = timedelta(seconds=1)
"""How soon a loop notices that it is its turn."""


class Report(Protocol):
    """What a step says of itself."""

    @property
    def moved(self) -> bool:
        """Whether the next step should follow at once."""
        ...


@dataclass(frozen=True)
class Done:
    """The report of a step after which the next can always wait."""

    moved: bool = False


@dataclass(frozen=True)
class LoopStatus:
    """How one loop is doing. `problem` is the code and sentence of the last failure, None after a good step."""

    alive: bool
    last_good_at: datetime | None
    failures: int
    problem: str | None
    standing_by: bool = False
    """Another process does the steps."""

    @property
    def ready(self) -> bool:
        """It runs, and its last step was good or is another's to do."""
        return self.alive and (self.standing_by or (self.problem is None and self.last_good_at is not None))


class Loop:
    """`step` is called again at once if its report says that something moved, else after `poll` or wake(); and only
    while `is_ours` says that the work is this process's.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Report],
        clock: Clock,
        poll: timedelta,
        *,
        is_ours: Callable[[], bool] | None = None,
    ) -> None:
        self._step, self._clock, self._poll = step, clock, poll
        self._is_ours = is_ours
        self._standing_by = False
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._last_good_at: datetime | None = None
        self._failures = 0
        self._problem: str | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout: timedelta) -> bool:
        """Ends it after its current step; False if it did not end in time."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout.total_seconds())
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Looks for work now instead of at the next poll."""
        self._wake.set()

    def status(self) -> LoopStatus:
        """How it is doing."""
        return LoopStatus(self._thread.is_alive(), self._last_good_at, self._failures, self._problem, self._standing_by)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._standing_by = self._is_ours is not None and not self._is_ours()
            if self._standing_by:
                self._failures, self._problem = 0, None
                self._wait(min(self._poll, STAND_BY))
                continue
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
        if not self._stopping.is_set():  # its wake() may have come before the step that cleared it
            self._wake.wait(time.total_seconds())
