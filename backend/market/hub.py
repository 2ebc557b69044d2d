"""Who watches what, in the event loop: each frame is handed to every subscriber in order, and kept for a while for
those who come back.

Everything that changes what a subscriber sees comes through `deliver`, in the order the publisher made it. So a
snapshot and the deltas after it fit together without a lock, and nobody waits for anybody.
"""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from backend.kernel.errors import Unavailable
from backend.market import frame
from backend.market.channel import Channel
from backend.market.connection import Connection, StreamStopped
from backend.market.frame import Why
from backend.market.tap import Tap

KEPT_DELTAS = 1_024
"""Deltas of one channel that are kept to resume from."""
IDLE_CHANNELS_MAX = 256
"""Channels that are kept up although nobody watches them now."""
CONNECTIONS_MAX = 4_096
CONNECTIONS_OF_ADDRESS_MAX = 2_048
"""Connections from one address: one machine cannot take them all."""


class StreamBusy(Unavailable):
    """As many clients as there may be."""

    code = "stream.busy"

    def __init__(self, connections: int) -> None:
        super().__init__(f"{connections} streams are open; try again later", connections=connections)


@dataclass(frozen=True)
class Want:
    """A client's wish for a channel's snapshot, on its way to the publisher. `name`: as the client named it."""

    channel: Channel
    name: str
    connection: Connection
    why: Why


@dataclass(frozen=True)
class Forget:
    """Nobody has watched this channel for long: it need not be kept up."""

    channel: Channel


Question = Want | Forget


@dataclass(frozen=True)
class Delta:
    """A delta for everybody who watches a channel."""

    channel: Channel
    sequence: int
    text: str


@dataclass(frozen=True)
class Snapshot:
    """A channel as it is: for the one who asked, or for everybody who watches it if nobody did."""

    channel: Channel
    sequence: int
    text: str
    connection: Connection | None


@dataclass(frozen=True)
class Refusal:
    """A wish that cannot be granted."""

    want: Want
    text: str


Delivery = Delta | Snapshot | Refusal


@dataclass
class Kept:
    """A channel that is kept up: who watches it, where it is, and its latest deltas."""

    sequence: int
    deltas: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_DELTAS))
    """Up to `sequence`, without a gap."""
    subscribers: set[Connection] = field(default_factory=set)

    def after(self, sequence: int) -> list[str] | Why:
        """The deltas after a sequence, or why they cannot be had."""
        missing = self.sequence - sequence
        if missing < 0 or missing > 1 << 20:
            return Why.UNKNOWN_SEQUENCE
        if missing > len(self.deltas):
            return Why.TOO_OLD
        return list(self.deltas)[len(self.deltas) - missing :]


class Hub:
    """All clients of one process. Only the event loop's thread may touch it."""

    def __init__(self, tap: Tap[Question]) -> None:
        self._tap = tap
        self._kept: OrderedDict[Channel, Kept] = OrderedDict()
        """The longest unwatched first."""
        self._pending: defaultdict[Channel, set[Connection]] = defaultdict(set)
        """Whose snapshot is on its way."""
        self._connections: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._is_open = True

    # --- clients ---

    def enter(self, account: str | None, address: str) -> Connection:
        """A new client. Raises StreamBusy, StreamStopped."""
        if not self._is_open:
            raise StreamStopped
        count, of_address = len(self._connections), self._addresses[address]
        if count >= CONNECTIONS_MAX or of_address >= CONNECTIONS_OF_ADDRESS_MAX:
            raise StreamBusy(count)
        connection = Connection(account, address)
        self._connections.add(connection)
        self._addresses[address] += 1
        return connection

    def leave(self, connection: Connection) -> None:
        """A client is gone."""
        self._connections.discard(connection)
        self._addresses -= Counter([connection.address])
        for channel in tuple(connection.wanted):
            self.unsubscribe(connection, channel)

    def subscribe(self, connection: Connection, channel: Channel, name: str, why: Why = Why.SUBSCRIBED) -> None:
        """A snapshot will come, and every delta after it. Raises TooManySubscriptions."""
        connection.want(channel)
        if connection not in self._pending[channel]:
            self._pending[channel].add(connection)
            self._tap.ask(Want(channel, name, connection, why))

    def unsubscribe(self, connection: Connection, channel: Channel) -> None:
        """No more of a channel."""
        connection.wanted.discard(channel)
        kept = self._kept.get(channel)
        if kept is not None and connection in kept.subscribers:
            kept.subscribers.remove(connection)
            self._kept.move_to_end(channel)
            self._forget_idle()

    def resume(self, connection: Connection, channel: Channel, name: str, after: int) -> None:
        """The deltas after a sequence and then the new ones; or a snapshot that says why. Raises
        TooManySubscriptions.
        """
        kept = self._kept.get(channel)
        if kept is None:
            self.subscribe(connection, channel, name, Why.UNKNOWN_SEQUENCE)
            return
        missed = kept.after(after)
        if isinstance(missed, Why):
            self.subscribe(connection, channel, name, missed)
            return
        connection.want(channel)
        kept.subscribers.add(connection)
        connection.put(frame.resumed(channel.name, after, kept.sequence))
        for text in missed:
            connection.put(text)

    # --- the publisher ---

    def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Hands frames to those they are for."""
        for delivery in deliveries:
            match delivery:
                case Delta():
                    self._deliver_delta(delivery)
                case Snapshot():
                    self._deliver_snapshot(delivery)
                case Refusal(want, text):
                    self._answered(want.channel, want.connection)
                    want.connection.wanted.discard(want.channel)
                    want.connection.refuse(text)

    def _deliver_delta(self, delta: Delta) -> None:
        kept = self._kept.get(delta.channel)
        if kept is None or delta.sequence != kept.sequence + 1:
            return  # forgotten meanwhile: whoever wants the channel again gets a snapshot
        kept.sequence = delta.sequence
        kept.deltas.append(delta.text)
        for connection in kept.subscribers:
            connection.put(delta.text)

    def _deliver_snapshot(self, snapshot: Snapshot) -> None:
        kept = self._kept.get(snapshot.channel)
        if kept is None or kept.sequence != snapshot.sequence:
            subscribers = set() if kept is None else kept.subscribers
            kept = self._kept[snapshot.channel] = Kept(snapshot.sequence, subscribers=subscribers)
        asker = snapshot.connection
        if asker is None:
            for connection in kept.subscribers:
                connection.put(snapshot.text)
            return
        self._answered(snapshot.channel, asker)
        if snapshot.channel in asker.wanted and asker in self._connections:
            kept.subscribers.add(asker)
            asker.put(snapshot.text)
        self._forget_idle()

    def _answered(self, channel: Channel, connection: Connection) -> None:
        self._pending[channel].discard(connection)
        if not self._pending[channel]:
            del self._pending[channel]

    def _forget_idle(self) -> None:
        idle = [
            channel for channel, kept in self._kept.items() if not kept.subscribers and channel not in self._pending
        ]
        for channel in idle[: max(0, len(idle) - IDLE_CHANNELS_MAX)]:
            del self._kept[channel]
            self._tap.ask(Forget(channel))

    def broadcast(self, text: str) -> None:
        """A frame for everybody."""
        for connection in self._connections:
            connection.put(text)

    def close(self) -> None:
        """Lets everybody go."""
        self._is_open = False
        for connection in self._connections:
            connection.end(StreamStopped())
