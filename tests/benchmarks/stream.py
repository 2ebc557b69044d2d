"""The stream with 1,000 subscribers of one book: whether each gets every delta in order, and what one more costs.

The market and its server run in this process, the subscribers in another. Orders are placed one after the other; each
makes a delta, unless the machine is so slow that one delta tells of several. The added cost is the CPU time of this
process with all subscribers less that with one, by frame. Baseline: the same frames written to as many sockets by
asyncio, and nothing else. Medians of interleaved rounds.
"""

import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

from sqlmodel import SQLModel
from websockets.asyncio.client import ClientConnection, connect

from backend.market.order import Side
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.unit.market.world import ANA, CLASS_ID

SUBSCRIBERS = 1_000
ORDERS = 40
ROUNDS = 5
WAIT_S = 600
FRAME_BYTES = 300
"""About the size of a book delta of one level."""


@dataclass(frozen=True)
class Watched:
    """What the subscribers of one round saw."""

    frames: int
    in_order: bool
    last_seen_s: dict[int, float]
    """Journal sequence -> when the last subscriber had a delta that reaches it."""


@dataclass(frozen=True)
class Round:
    """What one round took."""

    cpu_s: float
    watched: Watched
    late_s: list[float]
    """From an order's acknowledgement until the last subscriber had its delta."""


async def _snapshot(socket: ClientConnection) -> int:
    """The sequence of the snapshot; a heartbeat may come before it."""
    while (found := json.loads(await socket.recv()))["type"] != "snapshot":
        pass
    return int(found["sequence"])


async def _watch(base_url: str, subscribers: int, last: int, pipe: Connection) -> Watched:
    """Reads the book from `subscribers` connections until each has journal line `last`."""
    url = base_url.replace("http", "ws", 1) + "/stream"
    async with AsyncExitStack() as stack:
        sockets = []
        for _ in range(subscribers):
            sockets.append(
                await stack.enter_async_context(
                    connect(url, proxy=None, compression=None, open_timeout=WAIT_S, ping_interval=None)
                )
            )
        for each in sockets:
            await each.send(json.dumps({"op": "subscribe", "channel": f"book:{CLASS_ID}"}))
        starts = [await _snapshot(each) for each in sockets]
        seen: dict[int, float] = {}
        frames, in_order = 0, True

        async def read(at: int) -> None:
            nonlocal frames, in_order
            expected, reached = starts[at] + 1, 0
            while reached < last:
                found = json.loads(await sockets[at].recv())
                if found["type"] != "delta":
                    continue
                frames += 1
                in_order &= found["sequence"] == expected
                expected, reached = found["sequence"] + 1, found["data"]["journalSequence"]
                seen[reached] = time.monotonic()

        pipe.send("ready")
        await asyncio.gather(*(read(at) for at in range(subscribers)))
    return Watched(frames, in_order, seen)


def _subscribers(base_url: str, subscribers: int, last: int, pipe: Connection) -> None:
    pipe.send(asyncio.run(_watch(base_url, subscribers, last, pipe)))


@contextmanager
def _market() -> Iterator[StreamWorld]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(Path(folder) / "market.db")
        SQLModel.metadata.create_all(database.writer)
        with streaming(database) as served:
            yield served
        database.close()


def _round(subscribers: int) -> Round:
    with _market() as served:
        here, there = multiprocessing.get_context("spawn").Pipe()
        reader = multiprocessing.get_context("spawn").Process(
            target=_subscribers, args=(served.base_url, subscribers, ORDERS, there)
        )
        reader.start()
        assert here.poll(WAIT_S)
        assert here.recv() == "ready"
        orders = [served.world.order(ANA, Side.SELL, 1, 100 + at) for at in range(ORDERS)]
        start, acknowledged = time.process_time(), dict[int, float]()
        for order in orders:
            acknowledged[served.world.place(ANA, order).accepted.sequence] = time.monotonic()
        assert here.poll(WAIT_S)
        watched: Watched = here.recv()
        cpu_s = time.process_time() - start
        reader.join(WAIT_S)
    late_s = [
        min(seen for reached, seen in watched.last_seen_s.items() if reached >= sequence) - at
        for sequence, at in acknowledged.items()
    ]
    return Round(cpu_s, watched, late_s)


def _bare_readers(port: int, subscribers: int, pipe: Connection) -> None:
    async def read() -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(subscribers)]
        pipe.send("ready")
        await asyncio.gather(*(reader.readexactly(ORDERS * FRAME_BYTES) for reader, _ in opened))
        for _, writer in opened:
            writer.close()

    asyncio.run(read())


async def _bare(subscribers: int) -> float:
    """CPU seconds of writing as many frames to as many sockets."""
    writers: list[asyncio.StreamWriter] = []
    are_all = asyncio.Event()

    def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        if len(writers) == subscribers:
            are_all.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=1024)
    async with server:
        here, there = multiprocessing.get_context("spawn").Pipe()
        port = server.sockets[0].getsockname()[1]
        readers = multiprocessing.get_context("spawn").Process(target=_bare_readers, args=(port, subscribers, there))
        readers.start()
        assert await asyncio.to_thread(here.poll, WAIT_S)
        assert here.recv() == "ready"
        await are_all.wait()
        frame, start = b"x" * FRAME_BYTES, time.process_time()
        for _ in range(ORDERS):
            for writer in writers:
                writer.write(frame)
            await asyncio.gather(*(writer.drain() for writer in writers))
        cpu_s = time.process_time() - start
        await asyncio.to_thread(readers.join, WAIT_S)
        for writer in writers:
            writer.close()
    return cpu_s


def _us(seconds: float) -> float:
    return round(seconds * 1e6, 1)


def rows() -> list[dict[str, object]]:
    """Order and completeness, the added cost of a subscriber and message, and how late the last one is."""
    setrlimit(RLIMIT_NOFILE, (getrlimit(RLIMIT_NOFILE)[1],) * 2)
    added, bare, late, frames, in_order = [], [], list[float](), 0, True
    for _ in range(ROUNDS):
        one, many = _round(1), _round(SUBSCRIBERS)
        bare.append(asyncio.run(_bare(SUBSCRIBERS)) / (SUBSCRIBERS * ORDERS))
        added.append((many.cpu_s - one.cpu_s) / (many.watched.frames - one.watched.frames))
        late += many.late_s
        frames += many.watched.frames
        in_order &= one.watched.in_order and many.watched.in_order
    value, baseline = statistics.median(added), statistics.median(bare)
    return [
        {
            "name": f"stream: deltas that {SUBSCRIBERS} subscribers got, each in order",
            "value": frames,
            "unit": "frames",
            "baseline": None,
            "ratio": None,
            "goal": "every one in order",
            "met": in_order,
        },
        {
            "name": "stream: added CPU per subscriber and message",
            "value": _us(value),
            "unit": "us",
            "baseline": _us(baseline),
            "ratio": round(value / baseline, 3),
            "goal": None,
            "met": True,
        },
        {
            "name": f"stream: from acknowledgement until the last of {SUBSCRIBERS} has it, median",
            "value": round(statistics.median(late) * 1e3, 1),
            "unit": "ms",
            "baseline": None,
            "ratio": None,
            "goal": None,
            "met": True,
        },
    ]
