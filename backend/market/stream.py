"""The stream of one process: the tap the sequencer leaves lines in, the publisher, the hub, and a heartbeat."""

import asyncio
from collections.abc import Mapping

from backend.chain.typed_data import Domain
from backend.kernel.clock import Clock
from backend.market import frame
from backend.market.board import OfAccount
from backend.market.channel import Topic
from backend.market.funds import ChainView
from backend.market.hub import Hub, Question
from backend.market.journal import genesis
from backend.market.own_trades import FeesOf
from backend.market.publisher import Publisher
from backend.market.tap import Tap
from backend.storage.database import Database

HEARTBEAT_S = 15
"""A sign of life for every client, and how often its session is looked at."""


class Stream:
    """`tap` is the sequencer's follower. `start` in the event loop that serves; `stop` at the end, in the same. `more`:
    private channels of rooms above the market.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        exchange: Domain,
        chain: ChainView,
        fees_of: FeesOf,
        more: Mapping[Topic, OfAccount] | None = None,
    ) -> None:
        self.tap: Tap[Question] = Tap()
        self.hub = Hub(self.tap)
        self._clock = clock
        self._publisher = Publisher(
            database=database,
            clock=clock,
            start=genesis(exchange),
            chain=chain,
            fees_of=fees_of,
            tap=self.tap,
            more=more,
        )
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to publish to the clients of the running event loop."""
        self._publisher.start(self.hub, asyncio.get_running_loop())
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Lets every client go and ends the publisher. Harmless if it never started."""
        self.hub.close()
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.to_thread(self._publisher.stop)

    @property
    def is_running(self) -> bool:
        """Whether frames are made."""
        return self._publisher.is_running

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.hub.broadcast(frame.heartbeat(self._clock.now()))
