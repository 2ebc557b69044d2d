"""What can be watched: channels by name. Public ones are of a class, private ones of whoever is signed in."""

from dataclasses import dataclass
from enum import StrEnum

from backend.chain.class_id import class_code
from backend.kernel.errors import NotFound, Unauthenticated
from backend.market.candle import Interval
from backend.market.listing import class_of


class Topic(StrEnum):
    """What a channel tells of."""

    BOOK = "book"
    TRADES = "trades"
    TICKER = "ticker"
    CANDLES = "candles"
    AUCTION = "auction"
    RULES = "rules"
    ORDERS = "orders"
    FILLS = "fills"
    BALANCES = "balances"


PRIVATE = frozenset({Topic.ORDERS, Topic.FILLS, Topic.BALANCES})
NAMES = (
    *("book:{class}", "trades:{class}", "ticker:{class}", "candles:{class}:{1m|5m|1h|1d}", "auction:{class}"),
    *("rules:{class}", "orders", "fills", "balances"),
)


class ChannelUnknown(NotFound):
    """No channel has that name."""

    code = "stream.channel_unknown"

    def __init__(self, channel: str) -> None:
        super().__init__(f"no channel {channel}; there are {', '.join(NAMES)}", channel=channel, expected=list(NAMES))


class ChannelPrivate(Unauthenticated):
    """A private channel without a session."""

    code = "stream.channel_private"

    def __init__(self, channel: str) -> None:
        super().__init__(
            f"{channel} is private: open the stream with a session's bearer token or cookie, or a key that reads",
            channel=channel,
        )


@dataclass(frozen=True, slots=True)
class Channel:
    """One thing to watch. `class_id` for public topics, `account` (EIP-55) for private ones."""

    topic: Topic
    class_id: int = 0
    interval: Interval | None = None
    account: str = ""

    @property
    def name(self) -> str:
        """As frames name it: the class by its code, a private channel without its account."""
        if self.account:
            return self.topic.value
        of_class = f"{self.topic.value}:{class_code(self.class_id)}"
        return of_class if self.interval is None else f"{of_class}:{self.interval.value}"


def channel_of(name: str, account: str | None) -> Channel:
    """The channel of a name, for who is signed in. Raises ChannelUnknown, ChannelPrivate, ClassUnknown."""
    topic, *rest = name.split(":")
    if topic in PRIVATE and not rest:
        if account is None:
            raise ChannelPrivate(topic)
        return Channel(Topic(topic), account=account)
    if topic == Topic.CANDLES and len(rest) == 2 and rest[1] in set(Interval):
        return Channel(Topic.CANDLES, class_of(rest[0]), Interval(rest[1]))
    if topic in {Topic.BOOK, Topic.TRADES, Topic.TICKER, Topic.AUCTION, Topic.RULES} and len(rest) == 1:
        return Channel(Topic(topic), class_of(rest[0]))
    raise ChannelUnknown(name[:100])
