"""One client of the stream: what waits to be sent to it, bounded. Whoever reads too slowly is let go, and told why."""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from backend.kernel.errors import RuleViolated, TanyuError, Unauthenticated, Unavailable
from backend.market.channel import Channel

QUEUE_MAX = 2_048
"""Frames that may wait for one client. Frames that go to many are one text, so waiting costs little."""
SUBSCRIPTIONS_MAX = 64
"""Channels one client may watch."""
ERRORS_MAX = 100
"""Frames refused before the client is let go."""
REASON_BYTES_MAX = 123
"""What a close frame has room for (RFC 6455, 5.5)."""


class CloseCode(IntEnum):
    """With which code a connection is closed (RFC 6455, 7.4)."""

    POLICY = 1008
    TRY_AGAIN = 1013


class TooSlow(RuleViolated):
    """The client did not read what it subscribed to as fast as it came."""

    code = "stream.too_slow"

    def __init__(self) -> None:
        super().__init__(
            f"{QUEUE_MAX} frames were waiting: read faster, or watch less; then resume", queue_max=QUEUE_MAX
        )


class TooManySubscriptions(RuleViolated):
    """More channels than one client may watch."""

    code = "stream.too_many_subscriptions"

    def __init__(self) -> None:
        super().__init__(
            f"{SUBSCRIPTIONS_MAX} channels at most: unsubscribe from one first", subscriptions_max=SUBSCRIPTIONS_MAX
        )


class TooManyErrors(RuleViolated):
    """The client sent one frame after the other that could not be done."""

    code = "stream.too_many_errors"

    def __init__(self) -> None:
        super().__init__(f"{ERRORS_MAX} frames could not be done", errors_max=ERRORS_MAX)


class SessionEnded(Unauthenticated):
    """The session that opened the stream ended, or the key was revoked."""

    code = "stream.session_ended"

    def __init__(self) -> None:
        super().__init__("the session ended, or the key was revoked: sign in and open the stream again")


class StreamStopped(Unavailable):
    """The stream is starting, stopping, or stopped at something that must not be."""

    code = "stream.stopped"

    def __init__(self) -> None:
        super().__init__("the stream is not running now; try again in a moment")


@dataclass(frozen=True)
class Ending:
    """Why a connection is closed by us."""

    failure: TanyuError

    @property
    def code(self) -> CloseCode:
        """The close frame's code."""
        return CloseCode.TRY_AGAIN if isinstance(self.failure, Unavailable) else CloseCode.POLICY

    @property
    def reason(self) -> str:
        """The close frame's reason: the error's code and sentence, as far as there is room."""
        return f"{self.failure.code}: {self.failure.message}".encode()[:REASON_BYTES_MAX].decode(errors="ignore")


class Connection:
    """A client in the event loop. Only the loop's thread touches it."""

    def __init__(self, account: str | None, address: str) -> None:
        self.account = account
        """Who is signed in: EIP-55."""
        self.address = address
        """Where it comes from."""
        self.wanted: set[Channel] = set()
        """What it asked for; the snapshot of some may be on its way."""
        self.ending: Ending | None = None
        self.errors = 0
        self._queue: deque[str] = deque()
        self._changed = asyncio.Event()
        self.ended = asyncio.Event()

    def put(self, text: str) -> None:
        """Leaves a frame to be sent. Never waits: a client with too many is let go instead."""
        if self.ending is not None:
            return
        if len(self._queue) >= QUEUE_MAX:
            self.end(TooSlow())
            return
        self._queue.append(text)
        self._changed.set()

    def refuse(self, text: str) -> None:
        """Leaves an error frame; after too many the client is let go."""
        self.errors += 1
        self.put(text)
        if self.errors >= ERRORS_MAX:
            self.end(TooManyErrors())

    def end(self, failure: TanyuError) -> None:
        """Lets the client go: nothing more is sent but why."""
        if self.ending is None:
            self.ending = Ending(failure)
            self._queue.clear()
            self.ended.set()

    def want(self, channel: Channel) -> None:
        """Notes what the client asked for. Raises TooManySubscriptions."""
        if channel not in self.wanted and len(self.wanted) >= SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions
        self.wanted.add(channel)

    async def next(self) -> str:
        """The next frame to send, when there is one."""
        while not self._queue:
            self._changed.clear()
            await self._changed.wait()
        return self._queue.popleft()
