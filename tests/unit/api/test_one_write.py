"""What a connection is given to write in one turn of the event loop leaves as one, in order, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from backend.api.one_write import GATHERED_MAX, Gathered


class Wire:
    """A transport that notes what it is given."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def over_a_wire(story: Callable[[Any, Wire], Awaitable[None]]) -> Wire:
    async def run() -> Wire:
        wire = Wire()
        given: Any = wire
        await story(Gathered(given, asyncio.get_running_loop()), wire)
        return wire

    return asyncio.run(run())


def test_writes__of_one_turn__leave_as_one_and_those_of_the_next_as_another() -> None:
    async def story(gathered: Any, wire: Wire) -> None:
        gathered.write(b"head")
        gathered.write(b"body")
        assert wire.written == []
        await asyncio.sleep(0)
        gathered.write(b"next")
        await asyncio.sleep(0)

    assert over_a_wire(story).written == [b"headbody", b"next"]


def test_writes__of_more_than_may_wait__leave_at_once_and_in_order() -> None:
    async def story(gathered: Any, wire: Wire) -> None:
        gathered.write(b"a")
        gathered.write(b"b" * GATHERED_MAX)
        assert len(wire.written) == 1
        gathered.write(b"c")
        await asyncio.sleep(0)

    written = over_a_wire(story).written
    assert b"".join(written) == b"a" + b"b" * GATHERED_MAX + b"c"


def test_close__writes_what_waits_first_and_a_closed_one_is_given_nothing() -> None:
    async def story(gathered: Any, wire: Wire) -> None:
        gathered.write(b"last")
        gathered.close()
        assert (wire.written, wire.is_closed) == ([b"last"], True)
        gathered.write(b"too late")
        await asyncio.sleep(0)

    assert over_a_wire(story).written == [b"last"]


def test_all_else__is_the_transports() -> None:
    async def story(gathered: Any, _wire: Wire) -> None:
        assert gathered.get_extra_info("peername") == "the peername"
        assert not gathered.is_closing()

    over_a_wire(story)
