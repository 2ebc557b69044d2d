"""Loaders for `scripts/bench entry`, each a process: Debian's wrk as fast as it can, and ours at a given rate.

Ours is open-loop: a request is due when it is due, whether the one before was answered or not, and its latency counts
from then. python -m tests.benchmarks.entry_loader PORT FILE RATE SECONDS prints the latencies in microseconds as JSON.
At rate 0 it stands in for wrk where that is not installed: it sends as fast as the answers come, and prints how many
came in how many microseconds. It takes more of the machine than wrk does, and so flatters the slower of two servers:
the ratio of CPU times does not mind.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

CONNECTIONS = 256
"""As many as a group of orders may be. The trivial endpoint minds their number little; what an order costs depends on
how many share a group (docs/adr/0029 tells both figures).
"""
_SCRIPT = """
local bodies = {{}}
for line in io.lines("{path}") do bodies[#bodies + 1] = line end
local at = 0
local headers = {{["Content-Type"] = "application/json"}}
request = function()
  at = at + 1
  return wrk.format("POST", "/orders", headers, bodies[(at - 1) % #bodies + 1])
end
done = function(summary)
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.errors.status, summary.duration))
end
"""


def wrk_rate(port: int, bodies: Path, seconds: int) -> tuple[float, int]:
    """Requests a second by wrk with all connections, and how many were answered. Raises if any was refused."""
    script = bodies.with_suffix(".lua")
    script.write_text(_SCRIPT.format(path=bodies))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", told)
    assert found is not None, told
    requests, refused, microseconds = map(int, found.groups())
    assert refused == 0, told
    return requests / microseconds * 1e6, requests


def full_rate(port: int, bodies: Path, seconds: int) -> tuple[float, int]:
    """Requests a second with all connections, by wrk if it is installed, and how many were answered."""
    if has_wrk():
        return wrk_rate(port, bodies, seconds)
    requests, microseconds = _told(port, bodies, 0, seconds)
    return requests / microseconds * 1e6, requests


def has_wrk() -> bool:
    """Whether wrk is installed (apt install wrk)."""
    return shutil.which("wrk") is not None


def latencies_us(port: int, bodies: Path, rate: int, seconds: int) -> list[int]:
    """Latency of each request at a rate."""
    return _told(port, bodies, rate, seconds)


def _told(port: int, bodies: Path, rate: int, seconds: int) -> list[int]:
    """What our loader prints, in another process."""
    command = [sys.executable, "-m", "tests.benchmarks.entry_loader", str(port), str(bodies), str(rate), str(seconds)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: list[int] = json.loads(told)
    return found


def _request(body: bytes) -> bytes:
    head = f"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class _Sender(asyncio.Protocol):
    """A connection that sends one request at a time. It does little for an answer: those of a group come together, and
    the last would wait for what is done for the others.
    """

    def __init__(self, load: "_OpenLoop") -> None:
        self._load = load
        self._answer = bytearray()
        self._at_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _failure: Exception | None) -> None:
        self._load.is_cut = True
        self._load.quiet.set()

    def send(self, at_ns: int, request: bytes) -> None:
        """A request that is due at a time."""
        self._at_ns = at_ns
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        now_ns = time.perf_counter_ns()
        self._answer += data
        head = self._answer.find(b"\r\n\r\n")
        if head < 0 or len(self._answer) < head + 4 + _length(self._answer, head):
            return
        self._load.answered(self, (now_ns - self._at_ns) // 1000, is_taken=self._answer.startswith(b"HTTP/1.1 201"))
        self._answer.clear()


def _length(answer: bytearray, head: int) -> int:
    at = answer.lower().find(b"content-length:", 0, head)
    assert at >= 0, bytes(answer[:head])
    return int(answer[at + 15 : answer.index(b"\r\n", at)])


class _OpenLoop:
    """Sends each request when it is due, over a connection that waits for no answer; later if there is none, and its
    time counts from when it was due.
    """

    def __init__(self) -> None:
        self.idle: deque[_Sender] = deque()
        self.late: deque[tuple[int, bytes]] = deque()
        self.found: list[int] = []
        self.refused = 0
        self.is_cut = False
        self.quiet = asyncio.Event()
        """Nobody waits for an answer."""
        self.quiet.set()

    def due(self, at_ns: int, request: bytes) -> None:
        """Sends it, or has it wait for a connection."""
        self.quiet.clear()
        if self.idle:
            self.idle.popleft().send(at_ns, request)
        else:
            self.late.append((at_ns, request))

    def answered(self, sender: _Sender, latency_us: int, *, is_taken: bool) -> None:
        """Keeps how long it took; the connection is free."""
        self.found.append(latency_us)
        self.refused += not is_taken
        if self.late:
            sender.send(*self.late.popleft())
        else:
            self.idle.append(sender)
        if len(self.idle) == CONNECTIONS:
            self.quiet.set()

    async def all_answered(self) -> None:
        """Waits until nobody waits for an answer. Raises if any was refused, or a connection was cut."""
        await self.quiet.wait()
        assert not self.is_cut, "a connection was cut"
        assert not self.refused, f"{self.refused} were refused"


async def _connected(port: int) -> _OpenLoop:
    loop, load = asyncio.get_running_loop(), _OpenLoop()
    for _ in range(CONNECTIONS):
        _, sender = await loop.create_connection(partial(_Sender, load), "127.0.0.1", port)
        load.idle.append(sender)
    return load


async def _run(port: int, bodies: list[bytes], rate: int, seconds: int) -> list[int]:
    load = await _connected(port)
    requests = [_request(body) for body in bodies[: rate * seconds]]
    start = time.perf_counter_ns()
    for at, request in enumerate(requests):
        at_ns = start + at * 1_000_000_000 // rate
        if (early_ns := at_ns - time.perf_counter_ns()) > 0:
            await asyncio.sleep(early_ns / 1e9)
        load.due(at_ns, request)
    await load.all_answered()
    return load.found


async def _pour(port: int, bodies: list[bytes], seconds: int) -> list[int]:
    """As fast as the answers come: how many came, and in how many microseconds."""
    load = await _connected(port)
    requests = [_request(body) for body in bodies]
    start = time.perf_counter_ns()
    for request in requests:
        load.due(start, request)  # those that find no connection go out as answers come
    with suppress(TimeoutError):
        await asyncio.wait_for(load.quiet.wait(), seconds)
    load.late.clear()
    await load.all_answered()
    return [len(load.found), (time.perf_counter_ns() - start) // 1000]


def main() -> None:
    """Prints the latencies, or what was reached."""
    port, path, rate, seconds = sys.argv[1:]
    bodies = Path(path).read_bytes().splitlines()
    run = _run(int(port), bodies, int(rate), int(seconds)) if int(rate) else _pour(int(port), bodies, int(seconds))
    sys.stdout.write(json.dumps(uvloop.run(run)))


if __name__ == "__main__":
    main()
