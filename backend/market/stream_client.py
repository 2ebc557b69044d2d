"""A client of `/stream` that misses nothing: it notices a gap, asks for what it lacks, and comes back after a cut."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from backend.access.client import ApiProblem, ServerUnreachable
from backend.access.sender_proof import SenderProof
from backend.market.book import PriceLevel
from backend.market.depth import Depth
from backend.market.order import Side

OPEN_TIMEOUT_S = 30
SILENCE_S = 60
"""Longer than the server is ever silent: a heartbeat comes every 15 seconds."""
FRAME_BYTES_MAX = 64 * 1024 * 1024
"""A snapshot of a deep book is large."""
ATTEMPTS_MAX = 8
"""How often it tries to come back, waiting 1, 2, 4 ... seconds, before it gives up."""


@dataclass(frozen=True)
class Update:
    """A snapshot (`why` it came) or a delta (`why` is None) of a channel; none of a channel is missing before it."""

    channel: str
    sequence: int
    why: str | None
    data: Mapping[str, Any]

    @property
    def is_snapshot(self) -> bool:
        """Whether it is the whole channel."""
        return self.why is not None


class StreamClient:
    """Follows channels of one server. Iterate over `updates`; `proof`, for private channels, is a session's token
    or an API key that reads: each connection is proven anew.

    A channel is named as the server names it: `book:CN-SC/2025/SIM`.
    """

    def __init__(
        self,
        base_url: str,
        channels: Sequence[str],
        proof: SenderProof | None = None,
        *,
        wait: Callable[[int], None] = sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.channels = tuple(channels)
        self._proof = proof
        self._wait = wait
        self._sequences: dict[str, int] = {}
        """The last sequence of each channel that has come."""
        self._lacking: set[str] = set()
        """Channels of which something is missing; what is missing has been asked for."""
        self._socket: ClientConnection | None = None

    def updates(self) -> Generator[Update]:
        """Every snapshot and delta in order, until `close`. Raises ApiProblem for what the server refuses, and
        ServerUnreachable when it does not come back.
        """
        failures = 0
        while True:
            try:
                with self._connect() as socket:
                    self._socket = socket
                    self._ask_for_all()
                    for update in self._received(socket):
                        failures = 0
                        yield update
            except InvalidStatus as refusal:
                raise _problem(refusal) from refusal
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as failure:
                if self._socket is None:
                    raise ServerUnreachable(self.base_url) from failure
                failures += 1
                if failures > ATTEMPTS_MAX:
                    raise ServerUnreachable(self.base_url) from failure
                self._wait(2 ** (failures - 1))

    def again(self, channel: str) -> None:
        """Asks for a whole snapshot: what a follower made of the deltas does not match."""
        self._lacking.add(channel)
        self._send(op="subscribe", channel=channel)

    def drop(self) -> None:
        """Cuts the connection, as a bad network would."""
        if self._socket is not None:
            self._socket.close()

    def _connect(self) -> ClientConnection:
        headers = {} if self._proof is None else self._proof.headers("GET", "/stream", b"")
        return connect(
            self.base_url.replace("http", "ws", 1) + "/stream",
            additional_headers=headers,
            open_timeout=OPEN_TIMEOUT_S,
            max_size=FRAME_BYTES_MAX,
            compression=None,
            proxy=None,
        )

    def _ask_for_all(self) -> None:
        for channel in self.channels:
            if channel in self._sequences:
                self._resume(channel)
            else:
                self._send(op="subscribe", channel=channel)

    def _resume(self, channel: str) -> None:
        self._lacking.add(channel)
        self._send(op="resume", channel=channel, after=self._sequences[channel])

    def _send(self, **asked: str | int) -> None:
        if self._socket is not None:
            self._socket.send(json.dumps(asked))

    def _received(self, socket: ClientConnection) -> Iterator[Update]:
        while True:
            found = json.loads(socket.recv(SILENCE_S))
            kind, channel = found["type"], found.get("channel", "")
            if kind == "error":
                raise ApiProblem(int(found["problem"]["status"]), found["problem"])
            if kind == "resumed":
                self._lacking.discard(channel)
            elif kind == "snapshot":
                self._lacking.discard(channel)
                yield self._taken(found)
            elif kind == "delta" and channel not in self._lacking:
                if found["sequence"] == self._sequences[channel] + 1:
                    yield self._taken(found)
                else:
                    self._resume(channel)

    def _taken(self, found: Mapping[str, Any]) -> Update:
        self._sequences[found["channel"]] = found["sequence"]
        return Update(found["channel"], found["sequence"], found.get("why"), found["data"])


class BookMirror:
    """A class's price levels from the updates of its book channel."""

    def __init__(self) -> None:
        self.depth = Depth()
        self.journal_sequence = 0

    def apply(self, update: Update) -> bool:
        """Takes an update in; whether the levels are then those of the server (if not, ask for a snapshot)."""
        if update.is_snapshot:
            self.depth = Depth()
        for side, levels in ((Side.BUY, update.data["bids"]), (Side.SELL, update.data["asks"])):
            for level in levels:
                changed = PriceLevel(int(level["pricePerKg"]), int(level["lots"]), level["orders"])
                self.depth.put(side, changed)
        self.journal_sequence = update.data["journalSequence"]
        return bool(self.depth.checksum() == update.data["checksum"])


def _problem(refusal: InvalidStatus) -> ApiProblem:
    """What the server answered to the handshake."""
    status = refusal.response.status_code
    try:
        return ApiProblem(status, json.loads(refusal.response.body or b""))
    except ValueError:
        return ApiProblem(status, {"code": ApiProblem.code, "detail": f"HTTP {status}", "status": status})
