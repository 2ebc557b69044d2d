"""Many subscribers, slow ones, and servers that lost the thread: everybody gets every delta in order, or is told why
not; and the book never waits.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from backend.access.client import ApiProblem, ServerUnreachable
from backend.access.sender_proof import SessionToken
from backend.chain.node import free_port
from backend.kernel import crash
from backend.market import connection as connection_module
from backend.market import hub as hub_module
from backend.market.board import Board
from backend.market.hub import Delivery
from backend.market.journal import Line
from backend.market.news import Moment
from backend.market.order import Side
from backend.market.stream_client import BookMirror, StreamClient
from backend.market.tape import BookQuestion
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.unit.market.world import ANA, BO, CLASS_ID
from tests.web_socket import WAIT_S, Wire, until, wire

CODE = "CN-SC/2025/SIM"
BOOK = f"book:{CODE}"


@pytest.fixture
def served(database: Database) -> Iterator[StreamWorld]:
    with streaming(database) as made:
        yield made


async def snapshot_sequence(each: ClientConnection) -> int:
    """A heartbeat may come before it."""
    while (found := json.loads(await each.recv()))["type"] != "snapshot":
        pass
    return int(found["sequence"])


def test_subscribers__many__get_each_delta_in_order(served: StreamWorld) -> None:
    subscribers, orders = 100, 30
    last_line = orders

    async def follow(base_url: str, are_ready: threading.Event) -> list[list[int]]:
        url = base_url.replace("http", "ws", 1) + "/stream"
        async with AsyncExitStack() as stack, asyncio.timeout(WAIT_S):
            sockets = [
                await stack.enter_async_context(connect_async(url, proxy=None, compression=None))
                for _ in range(subscribers)
            ]
            for each in sockets:
                await each.send(json.dumps({"op": "subscribe", "channel": BOOK}))
            starts = [await snapshot_sequence(each) for each in sockets]
            are_ready.set()
            found: list[list[int]] = []
            for each, start in zip(sockets, starts, strict=True):
                sequences, mirror_at = [start], 0
                while mirror_at < last_line:
                    frame = json.loads(await each.recv())
                    if frame["type"] == "delta":
                        sequences.append(frame["sequence"])
                        mirror_at = frame["data"]["journalSequence"]
                found.append(sequences)
            return found

    are_ready, found = threading.Event(), list[list[list[int]]]()
    follower = threading.Thread(target=lambda: found.append(asyncio.run(follow(served.base_url, are_ready))))
    follower.start()
    assert are_ready.wait(WAIT_S)
    for price in range(100, 100 + orders):
        served.world.sell(ANA, 1, price)
    follower.join(WAIT_S)

    (all_sequences,) = found
    assert len(all_sequences) == subscribers
    for sequences in all_sequences:
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert sequences[-1] == all_sequences[0][-1]


def slow_socket(base_url: str) -> socket.socket:
    """One whose own buffer is as small as it can be."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, _, port = base_url.removeprefix("http://").partition(":")
    raw.connect((host, int(port)))
    return raw


def test_client__that_reads_too_slowly__is_let_go_with_the_reason_while_the_book_goes_on(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "QUEUE_MAX", 16)
    url = served.base_url.replace("http", "ws", 1) + "/stream"
    with wire(served.base_url) as good:
        good.subscribe(BOOK)
        raw = slow_socket(served.base_url)
        with connect(url, sock=raw, proxy=None, compression=None, max_queue=1) as slow:
            (watched,) = [each for each in served.stream.hub._connections if not each.wanted]

            def is_let_go() -> bool:
                if watched.ending is None:
                    slow.send(json.dumps({"op": "subscribe", "channel": f"candles:{CODE}:1m"}))
                return watched.ending is not None

            until(is_let_go, "the slow client to be let go")
            assert served.world.sell(ANA, 1, 100).accepted.sequence == 1
            assert good.next("delta")["data"]["journalSequence"] == 1
            assert Wire(slow).closing() == (1008, "stream.too_slow")
    until(lambda: len(served.stream.hub._connections) == 0, "the hub to forget them")


def test_lines__that_found_no_room_or_whose_answer_was_lost__are_read_from_the_journal(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wire(served.base_url) as client:
        first = client.subscribe(BOOK)["sequence"]
        monkeypatch.setattr(served.stream.tap, "_lines_max", 0)
        served.world.sell(ANA, 1, 100)
        assert client.next("delta")["data"]["journalSequence"] == 1
        monkeypatch.undo()

        def point(name: str) -> None:
            if name == "market.after_commit":
                raise OSError("the answer to the commit was lost")

        monkeypatch.setattr(crash, "point", point)
        served.world.sell(ANA, 1, 101)
        change = client.next("delta")
        assert (change["sequence"], change["data"]["journalSequence"]) == (first + 2, 2)


def test_lines__of_another_process__are_followed_too(served: StreamWorld) -> None:
    """A server that does not own the books: nobody leaves it anything, the journal is all it has."""
    served.world.follower = None
    served.world.restart()
    served.app.state.market = served.world.market
    with wire(served.base_url) as client:
        client.subscribe(BOOK)
        served.world.sell(ANA, 4, 100)
        served.world.buy(BO, 1, 100)
        lots = ""
        while lots != "3":
            lots = client.next("delta")["data"]["asks"][0]["lots"]


def test_database__that_fails_for_a_moment__makes_every_channel_begin_again(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wire(served.base_url) as client:
        last = client.subscribe(BOOK)["sequence"]
        failures = [OperationalError("SELECT", {}, OSError("disk"))]
        was = Board.hear

        def hear(board: Board, moment: Moment, lines: Sequence[Line], *rest: Any, **named: Any) -> list[Delivery]:
            made = was(board, moment, lines, *rest, **named)
            if lines and failures:
                raise failures.pop()
            return made

        monkeypatch.setattr(Board, "hear", hear)
        served.world.sell(ANA, 1, 100)
        again = client.next("snapshot")
        assert (again["why"], again["data"]["asks"][0]["pricePerKg"]) == ("missed", "100")
        client.ask("resume", BOOK, after=last)
        assert client.next("snapshot")["why"] in {"unknown_sequence", "too_old"}
        served.world.sell(ANA, 1, 101)
        assert client.next("delta")["data"]["asks"][0]["pricePerKg"] == "101"


def test_channels__nobody_watches__are_forgotten_when_there_are_too_many(
    served: StreamWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "IDLE_CHANNELS_MAX", 1)
    with wire(served.base_url) as client:
        last = client.subscribe(BOOK)["sequence"]
        for channel in (BOOK, f"ticker:{CODE}", f"trades:{CODE}"):
            client.subscribe(channel)
            client.ask("unsubscribe", channel)
            client.next("unsubscribed")
        client.ask("resume", BOOK, after=last)
        assert client.next("snapshot")["why"] == "unknown_sequence"
        served.world.sell(ANA, 1, 100)
        assert client.next("delta")["channel"] == BOOK


# --- the client ---


def test_client__cut_off_again_and_again__has_the_book_at_the_end(served: StreamWorld) -> None:
    client = StreamClient(served.base_url, [BOOK], wait=lambda _seconds: None)
    mirror, whys = BookMirror(), []
    updates = client.updates()
    assert mirror.apply(next(updates))
    for price in range(100, 112):
        served.world.sell(ANA, 1, price)
        if price % 3 == 0:
            client.drop()
    while mirror.journal_sequence < 12:
        update = next(updates)
        whys.append(update.why)
        assert mirror.apply(update)

    view = served.world.market.sequencer.ask(BookQuestion(CLASS_ID, 100))
    assert mirror.depth.best(Side.SELL) == view.asks
    assert set(whys) == {None}, "what was missed came as deltas, by resuming"
    updates.close()


def test_client__of_a_server_that_was_started_again__is_told_and_goes_on(database: Database) -> None:
    port = free_port()
    client, mirror = StreamClient(f"http://127.0.0.1:{port}", [BOOK]), BookMirror()
    updates = client.updates()
    with streaming(database, port=port) as served:
        served.world.sell(ANA, 1, 100)
        assert mirror.apply(next(updates))
    with streaming(database, port=port, is_listed=True) as served:
        served.world.sell(ANA, 2, 101)
        again = next(updates)
        assert again.why == "unknown_sequence"
        assert mirror.apply(again)
        served.world.sell(ANA, 3, 102)
        while mirror.journal_sequence < 3:
            assert mirror.apply(next(updates))
        assert [level.lots for level in mirror.depth.best(Side.SELL)] == [1, 2, 3]
        updates.close()


def test_client__with_a_gap_or_another_book__asks_for_what_it_lacks(served: StreamWorld) -> None:
    client = StreamClient(served.base_url, [BOOK])
    updates, mirror = client.updates(), BookMirror()
    assert mirror.apply(next(updates))
    served.world.sell(ANA, 1, 100)
    assert mirror.apply(next(updates))
    served.world.sell(ANA, 1, 101)
    second = next(updates)
    assert mirror.apply(second)

    client._sequences[BOOK] -= 1
    served.world.sell(ANA, 1, 102)
    assert next(updates).sequence == second.sequence, "what it lacked came again"
    third = next(updates)
    assert mirror.apply(third)

    mirror.depth.add(Side.SELL, 100, lots=5, orders=0)
    served.world.sell(ANA, 1, 103)
    assert not mirror.apply(next(updates)), "the checksum tells"
    client.again(BOOK)
    whole = next(updates)
    assert whole.is_snapshot
    assert mirror.apply(whole)
    updates.close()


def test_client__refused__says_what_the_server_said(served: StreamWorld) -> None:
    with pytest.raises(ApiProblem) as refusal:
        next(StreamClient(served.base_url, ["weather"]).updates())
    assert refusal.value.problem_code == "stream.channel_unknown"
    with pytest.raises(ApiProblem) as refusal:
        next(StreamClient(served.base_url, ["orders"], SessionToken("x" * 43)).updates())
    assert (refusal.value.status, refusal.value.problem_code) == (401, "auth.required")
    with pytest.raises(ServerUnreachable):
        next(StreamClient(f"http://127.0.0.1:{free_port()}", [BOOK]).updates())


def test_client__of_a_server_that_went_away__gives_up_in_the_end(served: StreamWorld) -> None:
    waited: list[int] = []
    client = StreamClient(served.base_url, [BOOK], wait=waited.append)
    updates = client.updates()
    next(updates)
    client.base_url = f"http://127.0.0.1:{free_port()}"
    client.drop()

    with pytest.raises(ServerUnreachable):
        next(updates)
    assert waited == [2**attempt for attempt in range(8)]
