"""Where callers leave work for the sequencer and wait for its answer. Bounded: a full inbox refuses at once."""

from collections import deque
from concurrent.futures import Future
from threading import Condition

from backend.kernel.errors import Unavailable


class MarketBusy(Unavailable):
    """More work is waiting than the market lets wait."""

    code = "market.busy"

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} requests are waiting for the market; try again in a moment", waiting=waiting)


class MarketStopped(Unavailable):
    """The market takes no commands: it is starting, stopping, or stopped at something that must not be."""

    code = "market.stopped"

    def __init__(self) -> None:
        super().__init__("the market takes no commands now; try again in a moment")


class Inbox:
    """A bounded first-in first-out queue, taken from in groups. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._changed = Condition()
        self._items: deque[tuple[object, Future[object]]] = deque()
        self._open = False
        self._woken = False

    def open(self) -> None:
        """Begins to take work."""
        with self._changed:
            self._open = True

    def close(self) -> None:
        """Takes no more work; what is in it can still be taken out."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def put(self, work: object) -> Future[object]:
        """Leaves a piece of work; returns where its answer will be. Raises MarketBusy, MarketStopped."""
        answer: Future[object] = Future()
        with self._changed:
            if not self._open:
                raise MarketStopped
            if len(self._items) >= self._size:
                raise MarketBusy(len(self._items))
            self._items.append((work, answer))
            self._changed.notify()
        return answer

    def wake(self) -> None:
        """Ends a `take` that waits, or the next one, without work."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def take(self, most: int, wait_s: int) -> list[tuple[object, Future[object]]] | None:
        """Up to `most` pieces, oldest first; an empty list if none came in time; None once closed and empty."""
        with self._changed:
            if self._open and not self._items and not self._woken:
                self._changed.wait(wait_s)
            self._woken = False
            if not self._items and not self._open:
                return None
            return [self._items.popleft() for _ in range(min(most, len(self._items)))]
