"""Answers land in the loop that waits for them, each once, whoever brings them and however many come together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from backend.market.entry import Coming, Entry
from backend.market.instructions import PLAIN
from backend.market.landing import landings_of
from backend.market.order import SignedOrder
from backend.market.place import Accepted
from backend.market.rest import Rest

COUNT, THREADS = 200, 4
WAIT_S = 60


class Refused(Exception):
    pass


def answered(at: int) -> object:
    return at if at % 10 else Refused(at)


async def land_all() -> list[object]:
    loop = asyncio.get_running_loop()
    landings = landings_of(loop)
    assert landings is landings_of(loop)
    places: list[asyncio.Future[object]] = [loop.create_future() for _ in range(COUNT)]
    places[1].cancel()
    with ThreadPoolExecutor(THREADS) as pool:
        for at, place in enumerate(places):
            pool.submit(landings.land, place, Rest(), answered(at))
        waiting = asyncio.gather(*places, return_exceptions=True)
        return list(await asyncio.wait_for(waiting, WAIT_S))


def test_land__from_many_threads__each_answer_where_it_is_waited_for() -> None:
    found = asyncio.run(land_all())
    assert isinstance(found[1], asyncio.CancelledError), "who went is not called back"
    refused = [at for at, answer in enumerate(found) if isinstance(answer, Refused)]
    assert refused == list(range(0, COUNT, 10))
    assert all(answer == at for at, answer in enumerate(found) if at % 10 and at != 1)


def test_land__after_the_loop_ended__is_harmless() -> None:
    loop = asyncio.new_event_loop()
    place, landings = loop.create_future(), landings_of(loop)
    loop.close()
    landings.land(place, Rest(), answered(1))
    assert not place.done()


class Door:
    """Answers each order with its own signature's bytes, and notes who came with whom."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.rest = Rest()

    def put(self, coming: Sequence[Coming]) -> None:
        self.groups.append([signature for _, signature, _, _ in coming])
        for _, signature, _, deliver in coming:
            deliver(cast(Accepted, signature))


async def place_all(doors: list[Door]) -> list[object]:
    landings, order = landings_of(asyncio.get_running_loop()), cast(SignedOrder, None)

    async def place(at: int) -> object:
        return await landings.place(cast(Entry, doors[at % len(doors)]), order, bytes([at]), PLAIN)

    return [await asyncio.gather(*(place(at) for at in some)) for some in (range(6), range(6, 9))]


def test_place__orders_of_one_turn_of_the_loop__go_together_and_each_has_its_answer() -> None:
    doors = [Door(), Door()]
    found = asyncio.run(place_all(doors))
    assert found == [[bytes([at]) for at in range(6)], [bytes([at]) for at in range(6, 9)]]
    assert doors[0].groups == [[b"\0", b"\2", b"\4"], [b"\6", b"\x08"]]
    assert doors[1].groups == [[b"\1", b"\3", b"\5"], [b"\7"]]


async def place_again(door: Door) -> int:
    """How many groups have come when the market's rest ends after the first was answered."""
    landings, order = landings_of(asyncio.get_running_loop()), cast(SignedOrder, None)

    def rested() -> int:
        door.rest.wait(WAIT_S)
        return len(door.groups)

    await landings.place(cast(Entry, door), order, b"1", PLAIN)
    resting = asyncio.get_running_loop().run_in_executor(None, rested)
    second = landings.place(cast(Entry, door), order, b"2", PLAIN)
    found = await resting
    await second
    return found


def test_place__the_market_rests__until_the_order_of_who_was_answered_stands_before_it() -> None:
    assert asyncio.run(place_again(Door())) == 2
