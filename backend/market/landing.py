"""Answers on their way from the market's threads into an event loop: it is woken once for all of them, since waking it
costs more than an answer does.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

T = TypeVar("T")


class Landings:
    """Where answers land in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)  # its own landings keep no loop alive
        self._landing: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_woken = False

    def land(self, where: "asyncio.Future[T]", answer: "Future[T]") -> None:
        """Has a future of the loop answered as another one was. Thread-safe."""
        self._landing.append((where, answer))
        if not self._is_woken:  # two threads at once wake it twice, and it finds nothing once
            self._is_woken = True
            loop = self._loop()
            if loop is not None:
                with suppress(RuntimeError):  # the loop ended with whoever waited
                    loop.call_soon_threadsafe(self._take_all)

    def _take_all(self) -> None:
        self._is_woken = False  # first: what comes from now on wakes again
        while self._landing:
            where, answer = self._landing.popleft()
            if where.done():
                continue  # whoever waited has gone
            failure = answer.exception()
            if failure is None:
                where.set_result(answer.result())
            else:
                where.set_exception(failure)


_OF_LOOPS: "WeakKeyDictionary[asyncio.AbstractEventLoop, Landings]" = WeakKeyDictionary()


def landings_of(loop: asyncio.AbstractEventLoop) -> Landings:
    """Those of a loop, from within it."""
    found = _OF_LOOPS.get(loop)
    if found is None:
        found = _OF_LOOPS[loop] = Landings(loop)
    return found
