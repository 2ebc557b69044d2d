"""The sequencer: one thread that owns every book, so that commands happen one after the other and nowhere else.

Callers leave commands and wait. The thread takes them in groups; each is checked, journaled and matched on the books
in memory; the journal lines, orders and trades of the whole group are committed in one transaction; only then are the
answers released. So acknowledged means durable, and a thousand waiting orders cost one sync of the disk. If the
commit fails, the callers are told so and the books are rebuilt from what the database holds.

Many processes may run over one database; one of them owns the market (`ownership`), and the thread of every other
stands by. The journal is written only in transactions that found the market still owned.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as AnswerTimeout
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from secrets import randbelow
from threading import Event, Lock, Thread
from typing import Protocol, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, func, select

from backend.chain.typed_data import Domain
from backend.kernel import crash
from backend.kernel.clock import Clock, from_unix_s, unix_s
from backend.kernel.errors import TanyuError, Unavailable
from backend.link.lease import LeaseLost
from backend.market.funding import Refunding
from backend.market.funds import ChainView
from backend.market.inbox import Inbox, MarketStopped
from backend.market.journal import Head, JournalBroken, Line, genesis, last_time
from backend.market.listing import all_rules
from backend.market.matching import Engine
from backend.market.ownership import MarketMoved, Ownership
from backend.market.recovery import recover
from backend.market.rest import Rest
from backend.market.schedule import Draw
from backend.market.snapshot import Pictures
from backend.market.tables import OrderRow, OrderState, TradeRow
from backend.market.timers import Timed, due
from backend.market.turn import Turn
from backend.storage.availability import DatabaseUnavailable
from backend.storage.database import Database, Writer

T = TypeVar("T")

INBOX_SIZE = 4096
GROUP_MAX = 256
"""Commands that share one commit."""
TICK_S = 1
ANSWER_TIMEOUT_S = 60
STAND_BY_S = 0.25  # money-lint: seconds
"""How often who stands by looks whether the market is free."""
REST_MAX_S = 0.005  # money-lint: seconds
"""How long a group is waited for to be answered before the next begins."""

_LOG = logging.getLogger("tanyu.market")


class NotDurable(Unavailable):
    """The command could not be made durable, so it did not happen."""

    code = "market.not_durable"

    def __init__(self) -> None:
        super().__init__("the database did not take the command, so it did not happen; try again")


class NoAnswer(Unavailable):
    """No answer in time; the command may still happen."""

    code = "market.no_answer"

    def __init__(self) -> None:
        super().__init__("no answer in time; the same request again gets the answer of the first")


class Follower(Protocol):
    """Somebody who hears what the market did (`tap.Tap`)."""

    def leave(self, lines: Sequence[Line]) -> None:
        """Takes a group's committed lines, at once and without failing: the books wait for it."""
        ...


class _Lost(Exception):
    """The market is another process's, or its database does not answer: nothing more is served on these books."""


@dataclass(frozen=True)
class _Question:
    """Something to read from the books, between two groups."""

    ask: Callable[[Engine, int], object]


class Sequencer:
    """Owns the books of one Exchange, or stands by. `start` before use; `stop` at the end. `url`: where this process
    answers over HTTP. `on_taken` is called each time it takes the market, before the books are made.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        exchange: Domain,
        chain: ChainView,
        inbox_size: int = INBOX_SIZE,
        draw: Draw = randbelow,
        follower: Follower | None = None,
        url: str | None = None,
        on_taken: Callable[[], None] | None = None,
    ) -> None:
        self._database, self._writer = database, Writer(database)
        self._clock = clock
        self._genesis = genesis(exchange)
        self._chain = chain
        self.ownership = Ownership(database=database, clock=clock, exchange=exchange, url=url)
        self._on_taken = on_taken
        self._owns, self._stopping = Event(), Event()
        self._inbox, self.rest, self._pictures = Inbox(inbox_size), Rest(), Pictures(database)
        self._draw = draw
        self._follower = follower
        self._engine = Engine()
        self._head = self._genesis
        self._latest = from_unix_s(0)
        """The time of the last line: the journal's never runs back, whatever the clock does."""
        self._ticked_s = 0
        self._thread: Thread | None = None
        self._touched: set[str] = set()
        self._touched_lock = Lock()

    # --- Life ---

    def start(self) -> None:
        """Takes the market if it is free, else stands by until it is. Raises JournalBroken, DatabaseUnavailable."""
        if self.ownership.take():
            try:
                self._take_over()
            except TanyuError:
                self.ownership.give_up()
                raise
        self._thread = Thread(target=self._run, name="market-sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answers what is waiting, takes nothing more, ends the thread and lets another process take the market.
        Harmless if it never started.
        """
        self._stopping.set()
        self._inbox.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def is_running(self) -> bool:
        """Whether commands are taken, or will be when the market is free."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def owns(self) -> bool:
        """Whether the market is this process's now, as far as it knows."""
        return self._owns.is_set()

    # --- Callers ---

    def submit(self, command: Callable[[Turn], T]) -> Future[T]:
        """Leaves a command: it runs in the sequencer's thread, and its answer comes once it is durable.

        A command raises a TanyuError to refuse, before it writes anything. Raises MarketBusy, MarketStopped; the answer
        raises what the command raised, or NotDurable, or MarketStopped.
        """
        return cast("Future[T]", self._inbox.put(command))

    def call(self, command: Callable[[Turn], T]) -> T:
        """The answer of a command. Raises as `submit` and its answer do, and NoAnswer."""
        return _answer_of(self.submit(command))

    def refresh(self, accounts: Iterable[str]) -> None:
        """Has the open orders of these accounts held against the chain soon; never refused, nor lost while running."""
        with self._touched_lock:
            self._touched.update(accounts)
        self._inbox.wake()

    def ask(self, question: Callable[[Engine, int], T]) -> T:
        """What a function reads from the books and the latest sequence, both durable. It must change nothing."""
        return _answer_of(cast("Future[T]", self._inbox.put(_Question(question))))

    # --- The thread ---

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._owns.is_set():
                    self._serve_as_owner()
                else:
                    self._stand_by()
        finally:
            # Reached by `stop`, or by a failure that is a bug: then nobody may be left waiting.
            self._lose()
            self._writer.close()
            with suppress(DatabaseUnavailable):
                self.ownership.give_up()

    def _serve_as_owner(self) -> None:
        """Until `stop`, or until the market is another's."""
        while (group := self._inbox.take(GROUP_MAX, TICK_S)) is not None:
            wanted = [(work, answer) for work, answer in group if answer.set_running_or_notify_cancel()]
            try:
                if not self._is_kept():
                    _refuse(wanted, MarketMoved)
                    self._lose()
                    return
                self._serve(wanted)
                self.rest.wait(REST_MAX_S)
            except _Lost:
                self._lose()
                return
            finally:
                _refuse(wanted)

    def _stand_by(self) -> None:
        try:
            if self.ownership.take():
                self._take_over()
                return
        except DatabaseUnavailable as failure:
            _LOG.warning("standing by: %s", failure.message)
        self._stopping.wait(STAND_BY_S)

    def _take_over(self) -> None:
        """Rebuilds the books from the journal and begins to take commands. Raises JournalBroken, DatabaseUnavailable.

        Open orders are held against the chain first: it may have moved while nobody listened.
        """
        if self._on_taken is not None:
            self._on_taken()
        self._rebuild()
        self.refresh(self._engine.by_account.keys())
        self._owns.set()
        self._inbox.open()
        if self._stopping.is_set():
            self._inbox.close()
        _LOG.info(
            "this process owns the market, token %d, at journal line %d", self.ownership.token, self._head.sequence
        )

    def _is_kept(self) -> bool:
        """Renews what it owns in time. A database that does not answer is no other owner: the journal will tell."""
        try:
            return self.ownership.take()
        except DatabaseUnavailable:
            return True

    def _lose(self) -> None:
        """The market is this process's no longer: whoever waits is told, and the books are let go."""
        self._owns.clear()
        self._inbox.close()
        while rest := self._inbox.take(GROUP_MAX, 0):
            _refuse(rest)
        self._engine, self._head = Engine(), self._genesis

    def _serve(self, group: list[tuple[object, Future[object]]]) -> None:
        """Commands first, in one commit; then questions, which therefore see nothing that is not durable."""
        commands = [
            (cast("Callable[[Turn], object]", work), answer)
            for work, answer in group
            if not isinstance(work, _Question)
        ]
        with self._touched_lock:
            touched, self._touched = frozenset(self._touched), set()
        refunded: Future[object] = Future()
        if touched:
            commands.insert(0, (Refunding(touched), refunded))
        timed = self._due()
        if commands or timed:
            self._commit(commands, timed)
        if touched and refunded.exception() is not None:
            self.refresh(touched)
        for work, answer in group:
            if isinstance(work, _Question):
                try:
                    answer.set_result(work.ask(self._engine, self._head.sequence))
                except TanyuError as refusal:
                    answer.set_exception(refusal)
        self._take_picture()

    def _due(self) -> list[Timed]:
        """What must happen because of the time; looked at once a second."""
        now_s = unix_s(self._clock.now())
        if now_s == self._ticked_s:
            return []
        try:
            with self._database.read() as session:
                classes = all_rules(session)
        except (SQLAlchemyError, OSError, DatabaseUnavailable):
            _LOG.exception("the rules of the classes cannot be read; what is due waits")
            return []
        self._ticked_s = now_s
        return due(self._engine, classes, now_s, self._draw)

    def _commit(
        self,
        commands: list[tuple[Callable[[Turn], object], Future[object]]],
        timed: list[Timed],
    ) -> None:
        """Runs a group in one transaction, then releases the answers; or tells everybody that it failed."""
        releases: list[Callable[[], None]] = []
        reached = self._head
        try:
            with self._writer.write() as session:
                self.ownership.require(session)
                now = max(self._clock.now(), self._latest)
                turn = Turn(session=session, engine=self._engine, head=reached, now=now, chain=self._chain)
                for command in timed:
                    command(turn)
                for command, answer in commands:
                    releases.append(_run_one(turn, command, answer))
                    reached = turn.head
                turn.flush()
                crash.point("market.before_commit")
            crash.point("market.after_commit")
            self._head, self._latest = turn.head, now
            if self._follower is not None:
                self._follower.leave(turn.written)
        except LeaseLost as lost:
            _refuse(commands, MarketMoved)
            raise _Lost from lost
        except (SQLAlchemyError, OSError, DatabaseUnavailable):
            _LOG.exception("the commit of a group of %d commands failed", len(commands))
            self._ticked_s = 0
            try:
                self._rebuild()
            except DatabaseUnavailable as silent:
                _refuse(commands, NoAnswer)  # it may have been committed: nobody can say now
                raise _Lost from silent
            if self._head != reached or len(releases) < len(commands):
                releases = [partial(answer.set_exception, NotDurable()) for _, answer in commands]
        for release in releases:
            release()

    def _rebuild(self) -> None:
        """Recovers the books, and holds the result against the order and trade rows. Raises JournalBroken."""
        with self._database.read() as session:
            found = recover(session, self._genesis)
            _require_same(session, found.engine, found.head)
            self._latest = last_time(session) or self._latest
        self._engine, self._head = found.engine, found.head
        self._pictures.taken = found.head.sequence - found.replayed
        self._take_picture()

    def _take_picture(self) -> None:
        """Of the books as they are now, if it is time."""
        self._pictures.look(self._engine, self._head, self._latest, self._clock.now())


def _run_one(turn: Turn, command: Callable[[Turn], object], answer: Future[object]) -> Callable[[], None]:
    """Runs a command; returns what releases its answer."""
    outcome = turn.outcome_of(command)
    if isinstance(outcome, TanyuError):
        return partial(answer.set_exception, outcome)
    return partial(answer.set_result, outcome)


def _refuse(group: Sequence[tuple[object, Future[object]]], why: Callable[[], Unavailable] = MarketStopped) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(why())


def _answer_of(answer: Future[T]) -> T:
    try:
        return answer.result(ANSWER_TIMEOUT_S)
    except AnswerTimeout as failure:
        raise NoAnswer from failure


def _require_same(session: Session, engine: Engine, head: Head) -> None:
    rows = session.exec(select(OrderRow.id, OrderRow.lots_open).where(OrderRow.state == OrderState.OPEN)).all()
    if dict(rows) != {order_id: order.lots for order_id, order in engine.orders.items()}:
        raise JournalBroken(head.sequence, "the open orders in the tables are not those the journal makes")
    trades = session.exec(select(func.max(TradeRow.id))).one() or 0
    if trades != engine.trades:
        raise JournalBroken(head.sequence, f"the tables hold {trades} trades, the journal makes {engine.trades}")
