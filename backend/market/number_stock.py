"""A trader's order numbers at hand: some asked for at a time, used before they end, taken back from refused orders."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from backend.kernel.clock import Clock
from backend.market.numbers import Lease

SPARE = timedelta(minutes=5)
"""How long before its end a lease is left alone: the order still has to come in, and clocks differ."""


class NumberStock:
    """Hands out numbers, each once. `lease` asks the book for so many. Thread-safe."""

    def __init__(self, lease: Callable[[int], Lease], clock: Clock, size: int) -> None:
        self._lease_of = lease
        self._clock = clock
        self._size = size
        self._held: deque[Lease] = deque()
        self._lock = Lock()

    def take(self) -> Lease:
        """One number, with when it ends. Raises what the book refuses with."""
        with self._lock:
            good_until = self._clock.now() + SPARE
            while self._held and self._held[0].expires_at <= good_until:
                self._held.popleft()
            if not self._held:
                given = self._lease_of(self._size)
                each = range(given.first, given.last + 1)
                self._held.extend(Lease(number, number, given.expires_at) for number in each)
            return self._held.popleft()

    def give_back(self, unused: Lease) -> None:
        """Keeps a number for the next order: the order that was to have it was refused."""
        with self._lock:
            self._held.appendleft(unused)

    def __len__(self) -> int:
        return len(self._held)
