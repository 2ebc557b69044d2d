"""Answers land in the loop that waits for them, each once, whoever brings them and however many come together."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from backend.market.landing import landings_of

COUNT, THREADS = 200, 4
WAIT_S = 60


class Refused(Exception):
    pass


def answered(at: int) -> "Future[object]":
    answer: Future[object] = Future()
    if at % 10:
        answer.set_result(at)
    else:
        answer.set_exception(Refused(at))
    return answer


async def land_all() -> list[object]:
    loop = asyncio.get_running_loop()
    landings = landings_of(loop)
    assert landings is landings_of(loop)
    places: list[asyncio.Future[object]] = [loop.create_future() for _ in range(COUNT)]
    places[1].cancel()
    with ThreadPoolExecutor(THREADS) as pool:
        for at, place in enumerate(places):
            pool.submit(landings.land, place, answered(at))
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
    landings.land(place, answered(1))
    assert not place.done()
