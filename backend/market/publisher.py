"""The publisher: a thread that follows the journal and makes one frame a channel of whatever happened.

The books never wait for it: it hears of lines after they are durable, and reads from the journal those it was not told
of. It waits for the event loop to have handed out what it made before; so when there are more clients than the machine
can serve at once, many lines become one delta, and nobody misses anything. A round reads one snapshot of the database.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from threading import Event, Thread
from time import monotonic_ns

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from backend.kernel.clock import Clock
from backend.kernel.errors import Unavailable
from backend.market.board import Board, OfAccount
from backend.market.channel import Channel, Topic
from backend.market.feed import Feed
from backend.market.frame import Why
from backend.market.funds import ChainView
from backend.market.hub import Delivery, Forget, Hub, Question, Snapshot, Want
from backend.market.journal import Head, JournalBroken, Kind, Line, read
from backend.market.matching import Engine
from backend.market.news import Moment
from backend.market.own_trades import FeesOf
from backend.market.recovery import by_extracts
from backend.market.snapshot import newest
from backend.market.tap import Taken, Tap
from backend.storage.database import Database

LINES_AT_ONCE = 256
"""Lines that one delta tells of at most."""
POLL_S = 0.25  # money-lint: seconds
"""How soon it notices what nobody tells it: trades that settlement moved, funds that the chain moved, lines of another
process.
"""
TICK_S = 10
"""How often it looks for what time alone changes."""
_NS = 10**9

_LOG = logging.getLogger("tanyu.market")


class Publisher:
    """Follows the journal of one Exchange from the newest picture of its books, or its first line. `start` before use;
    `stop` at the end.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        start: Head,
        chain: ChainView,
        fees_of: FeesOf,
        tap: Tap[Question],
        more: Mapping[Topic, OfAccount] | None = None,
    ) -> None:
        self._database, self._clock, self._chain, self._fees_of, self._tap = database, clock, chain, fees_of, tap
        self._feed = Feed(Engine(), start)
        self._board = Board(more)
        self._questions: list[Question] = []
        self._is_stale = False
        self._looked_ns = self._ticked_ns = 0
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to hand frames to a hub in an event loop."""
        self._thread = Thread(target=self._run, args=(hub, loop), name="market-publisher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread. Harmless if it never started."""
        self._stopping.set()
        self._tap.close()
        if self._thread is not None:
            self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether frames are made."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        def post(deliveries: Sequence[Delivery]) -> None:
            self._hand_over(loop, hub.deliver, deliveries)

        try:
            self._begin()
            while (taken := self._tap.take(POLL_S)) is not None:
                try:
                    self._round(taken, post)
                except JournalBroken:
                    raise
                except (OperationalError, Unavailable):
                    _LOG.exception("the stream could not read the database; its channels begin again")
                    self._is_stale = True
                    self._stopping.wait(POLL_S)
        except RuntimeError:
            if not self._stopping.is_set() and not loop.is_closed():
                raise
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(hub.close)

    def _begin(self) -> None:
        """From the newest picture of the books or what extracts make of them, so that a long journal need not be heard
        from its first line.
        """
        try:
            with self._database.read() as session:
                found = newest(session) or by_extracts(session, self._feed.head)
        except (OperationalError, Unavailable):
            _LOG.exception("the stream could not read a picture of the books; it follows from the first line")
            return
        self._feed = Feed(*found)

    def _hand_over(
        self, loop: asyncio.AbstractEventLoop, deliver: Callable[[Iterable[Delivery]], None], made: Sequence[Delivery]
    ) -> None:
        """Returns once the loop has taken them, so that what is made next can be made of more."""
        if not made:
            return
        done = Event()

        def take() -> None:
            try:
                deliver(made)
            finally:
                done.set()

        loop.call_soon_threadsafe(take)
        while not done.wait(POLL_S) and not self._stopping.is_set():
            pass

    # --- one round ---

    def _round(self, taken: Taken[Question], post: Callable[[Sequence[Delivery]], None]) -> None:
        self._questions += taken.questions
        lines = [line for line in taken.lines if line.sequence > self._feed.head.sequence]
        if not lines or not self._feed.follows(lines[0]):
            self._catch_up(post)
            lines = []
        parts = [lines[start : start + LINES_AT_ONCE] for start in range(0, len(lines), LINES_AT_ONCE)] or [[]]
        for part in parts[:-1]:
            post(self._heard(part))
        post(self._heard(parts[-1], answers=True))

    def _catch_up(self, post: Callable[[Sequence[Delivery]], None]) -> None:
        """Reads what nobody told. Raises JournalBroken."""
        while not self._stopping.is_set():
            with self._database.read() as session:
                lines = list(islice(read(session, self._feed.head), LINES_AT_ONCE))
            if not lines:
                return
            post(self._heard(lines))

    def _heard(self, lines: Sequence[Line], *, answers: bool = False) -> list[Delivery]:
        now_ns = monotonic_ns()
        is_tick = now_ns - self._ticked_ns >= TICK_S * _NS
        is_bust = any(line.kind is Kind.BUST for line in lines)
        looks = is_bust or now_ns - self._looked_ns >= int(POLL_S * _NS)
        if self._board.is_idle and not self._questions:
            self._feed.hear(lines)
            return []
        with self._database.read() as session:
            moment = self._moment(session)
            made = self._board.hear(moment, lines, looks=looks, is_tick=is_tick)
            if self._is_stale:
                made = self._board.begin_again(moment)
            if answers:
                made += self._answers(moment)
        self._is_stale = False
        self._looked_ns = now_ns if looks else self._looked_ns
        self._ticked_ns = now_ns if is_tick else self._ticked_ns
        return made

    def _answers(self, moment: Moment) -> list[Delivery]:
        """In order. Who asks for the same at once gets the same text."""
        made: list[Delivery] = []
        known: dict[tuple[Channel, Why], Snapshot] = {}
        for question in self._questions:
            match question:
                case Want(channel, why=why):
                    again = known.get((channel, why))
                    answer = self._board.answer(moment, question) if again is None else again
                    if isinstance(answer, Snapshot):
                        answer = known[channel, why] = replace(answer, connection=question.connection)
                    made.append(answer)
                case Forget(channel):
                    self._board.forget(channel)
                    known = {asked: answer for asked, answer in known.items() if asked[0] != channel}
        self._questions = []
        return made

    def _moment(self, session: Session) -> Moment:
        return Moment(session, self._feed, self._chain, self._fees_of, self._clock.now())
