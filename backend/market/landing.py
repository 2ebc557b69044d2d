"""Between an event loop and the market's threads: orders that come in one turn of the loop go to the market together,
and answers come back together, since waking a thread or a loop costs more than an answer does.
"""

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

from backend.market.entry import Coming, Entry
from backend.market.instructions import Instructions
from backend.market.order import SignedOrder
from backend.market.place import Accepted
from backend.market.rest import Rest

T = TypeVar("T")

TURNS = 4
"""Of the loop until answers are told and the orders that came with them stand before the market: in the first those who
waited go on and answer; their answers are sent and requests read; whoever asks goes on; its order leaves.
"""


class Landings:
    """Where orders leave one event loop, and their answers land in it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)  # its own landings keep no loop alive
        self._leaving: dict[Entry, list[Coming]] = {}
        self._landing: deque[tuple[asyncio.Future[Any], object]] = deque()
        self._telling: set[Rest] = set()
        self._is_woken = False

    def place(
        self, entry: Entry, order: SignedOrder, signature: bytes, instructions: Instructions
    ) -> "asyncio.Future[Accepted]":
        """Leaves an order; returns where its answer will be, as `Entry.put` gives it. Only from the loop."""
        loop = asyncio.get_running_loop()
        where: asyncio.Future[Accepted] = loop.create_future()
        if not self._leaving:
            loop.call_soon(self._leave)
        deliver = partial(self.land, where, entry.rest)
        self._leaving.setdefault(entry, []).append((order, signature, instructions, deliver))
        return where

    def _leave(self) -> None:
        leaving, self._leaving = self._leaving, {}
        for entry, coming in leaving.items():
            entry.put(coming)

    def land(self, where: "asyncio.Future[T]", rest: Rest, answer: T | Exception) -> None:
        """Has a future of the loop answered; `rest` hears when that is done. Thread-safe."""
        self._landing.append((where, answer))
        if rest not in self._telling:
            rest.begin(self)
            self._telling.add(rest)
        if not self._is_woken:  # two threads at once wake it twice, and it finds nothing once
            self._is_woken = True
            loop = self._loop()
            if loop is not None:
                with suppress(RuntimeError):  # the loop ended with whoever waited
                    loop.call_soon_threadsafe(self._take_all)

    def _take_all(self) -> None:
        self._is_woken = False  # first: what comes from now on wakes again
        telling, self._telling = self._telling, set()
        while self._landing:
            where, answer = self._landing.popleft()
            if where.done():
                continue  # whoever waited has gone
            if isinstance(answer, Exception):
                where.set_exception(answer)
            else:
                where.set_result(answer)
        if telling:
            self._told(telling, TURNS)

    def _told(self, telling: set[Rest], turns: int) -> None:
        """After these turns of the loop, to whoever waits for it."""
        if turns:
            asyncio.get_running_loop().call_soon(self._told, telling, turns - 1)
            return
        for rest in telling:
            rest.end(self)


_OF_LOOPS: "WeakKeyDictionary[asyncio.AbstractEventLoop, Landings]" = WeakKeyDictionary()


def landings_of(loop: asyncio.AbstractEventLoop) -> Landings:
    """Those of a loop, from within it."""
    found = _OF_LOOPS.get(loop)
    if found is None:
        found = _OF_LOOPS[loop] = Landings(loop)
    return found
