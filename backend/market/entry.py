"""Where orders queue to come in. While the sequencer is busy their signatures are looked at; whatever is ready when its
next group begins comes in with it, as one command: rules, people and transaction cost once what each order would cost
alone. A lone order waits for nobody, and the fuller the market, the larger its groups and the less an order costs.

Bounded at every step: as many orders as the sequencer's inbox holds may be on their way, and a few wallets may be asked
at once, by threads of their own. Whoever comes after that is told so at once (503) and nothing of it is kept.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from backend.chain.account_signature import NotTheKeys
from backend.kernel.errors import TanyuError
from backend.market.door import Door, Signed
from backend.market.inbox import MarketBusy
from backend.market.instructions import Instructions
from backend.market.order import SignedOrder
from backend.market.place import Accepted
from backend.market.sequencer import INBOX_SIZE, Sequencer
from backend.market.turn import Turn
from backend.storage.availability import DatabaseUnavailable

GROUP_MAX = 256
"""Orders that share one reading of the database."""

FEW = 16
"""So many signatures are looked at where they arrive: to wake another thread for them would take as long. More would
hold up whoever reads the next requests.
"""

_ENDS_ALL = (SQLAlchemyError, OSError, DatabaseUnavailable)
"""After these nothing of the transaction is kept."""

WALLETS_AT_ONCE = 2
WALLETS_WAITING_MAX = 64

Deliver: TypeAlias = Callable[[Accepted | Exception], None]
"""Told once, in a thread of ours: the acceptance, or why there is none."""

Coming: TypeAlias = tuple[SignedOrder, bytes, Instructions, Deliver]
"""An order that wants in, its signature, and whom to tell."""


class Ready(NamedTuple):
    """An order whose maker signed it, and whom to tell."""

    signed: Signed
    deliver: Deliver


class Entry:
    """The queue before one sequencer. Thread-safe."""

    def __init__(self, door: Door, sequencer: Sequencer, *, size: int = INBOX_SIZE) -> None:
        self._door = door
        self._sequencer = sequencer
        self.rest = sequencer.rest
        self._size = size
        self._lock = Lock()
        self._waiting: deque[Coming] = deque()
        self._is_checking = False
        self._checker = ThreadPoolExecutor(1, "market-door")
        self._ready: deque[Ready] = deque()
        self._inside = 0
        self._is_called = False
        """Whether a command is with the sequencer that will take what is ready."""
        self._asking = 0
        self._wallets = ThreadPoolExecutor(WALLETS_AT_ONCE, "market-wallets")

    def put(self, coming: Sequence[Coming]) -> None:
        """Takes orders in, in order. Each is answered: with what `Door.signed` and `Door.admit` refuse with, what
        `Placing` and `Sequencer.submit` raise, or its acceptance; those that find no room with MarketBusy, at once.
        """
        with self._lock:
            room = self._size - self._inside
            taken = coming[:room]
            self._inside += len(taken)
            are_few = len(taken) <= FEW and not self._is_checking
            begins = not are_few and not self._is_checking
            if not are_few:
                self._waiting.extend(taken)
                self._is_checking = True
        if are_few:
            self._check(taken)
        if begins:
            self._checker.submit(self._check_all)
        for _, _, _, deliver in coming[room:]:
            deliver(MarketBusy(self._size))

    # --- Signatures ---

    def _check_all(self) -> None:
        while True:
            with self._lock:
                group = [self._waiting.popleft() for _ in range(min(GROUP_MAX, len(self._waiting)))]
                self._is_checking = bool(group)
            if not group:
                return
            self._check(group)

    def _check(self, coming: Sequence[Coming]) -> None:
        found = [(self._checked(*order), order[-1]) for order in coming]
        self._call([Ready(signed, deliver) for signed, deliver in found if signed is not None])

    def _checked(
        self, order: SignedOrder, signature: bytes, instructions: Instructions, deliver: Deliver
    ) -> Signed | None:
        """The order if its maker's key signed it; None if it is refused, or its maker's wallet is asked."""
        try:
            order_hash = self._door.hashed(order, instructions)
            try:
                kept = self._door.key_signature(order.maker, order_hash, signature)
                return Signed(order, order_hash, kept, instructions)
            except NotTheKeys as failure:
                self._ask_wallet(Signed(order, order_hash, signature, instructions), failure.refusal, deliver)
        except Exception as refusal:  # noqa: BLE001 - whatever it is, its sender is told and nobody else waits for it
            self.answer([(refusal, deliver)])
        return None

    def _ask_wallet(self, claimed: Signed, refusal: TanyuError, deliver: Deliver) -> None:
        with self._lock:
            busy = self._asking >= WALLETS_WAITING_MAX
            self._asking += not busy
        if busy:
            self.answer([(MarketBusy(WALLETS_WAITING_MAX), deliver)])
        else:
            self._wallets.submit(self._asked, claimed, refusal, deliver)

    def _asked(self, claimed: Signed, refusal: Exception, deliver: Deliver) -> None:
        try:
            accepts = self._door.wallet_accepts(claimed.order.maker, claimed.order_hash, claimed.signature)
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            accepts, refusal = False, failure
        finally:
            with self._lock:
                self._asking -= 1
        if accepts:
            self._call([Ready(claimed, deliver)])
        else:
            self.answer([(refusal, deliver)])

    # --- Groups ---

    def _call(self, ready: Sequence[Ready] = ()) -> None:
        """Has the sequencer take what is ready, these orders last, unless it will anyway."""
        with self._lock:
            self._ready.extend(ready)
            if self._is_called or not self._ready:
                return
            self._is_called = True
        group = _Group(self)
        try:
            self._sequencer.submit(group).add_done_callback(group.answered)
        except TanyuError as refusal:
            self.refuse(refusal)

    def take(self) -> list[Ready]:
        """The next group, oldest first; whoever takes it has it answered. What is left comes in with another."""
        with self._lock:
            group = [self._ready.popleft() for _ in range(min(GROUP_MAX, len(self._ready)))]
            self._is_called = False
        self._call()
        return group

    def outcomes(self, turn: Turn, group: Sequence[Ready]) -> list[Accepted | Exception]:
        """Takes the orders in, or says why not. Raises only what ends the transaction that all of them share."""
        try:
            found = self._door.admitted(turn.session, [signed for signed, _ in group])
        except _ENDS_ALL:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, these are told and the market goes on
            return [failure for _ in group]
        return [outcome if isinstance(outcome, TanyuError) else turn.outcome_of(outcome) for outcome in found]

    def refuse(self, refusal: Exception) -> None:
        """Tells everybody who is ready."""
        with self._lock:
            refused, self._ready, self._is_called = self._ready, deque(), False
        self.answer([(refusal, deliver) for _, deliver in refused])

    def answer(self, answers: Sequence[tuple[Accepted | Exception, Deliver]]) -> None:
        """Tells each."""
        with self._lock:
            self._inside -= len(answers)
        for answer, deliver in answers:
            deliver(answer)


class _Group:
    """Takes in whatever is ready when its turn comes: one command, in which each order has an outcome of its own."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._taken: list[Ready] | None = None
        """None before its turn."""

    def __call__(self, turn: Turn) -> list[Accepted | Exception]:
        self._taken = self._entry.take()
        return self._entry.outcomes(turn, self._taken)

    def answered(self, answer: "Future[list[Accepted | Exception]]") -> None:
        """Tells each its own; what failed as a whole failed for each."""
        failure = answer.exception()
        if self._taken is None:
            assert isinstance(failure, Exception), "without its turn it was refused"
            self._entry.refuse(failure)
            return
        found = [failure for _ in self._taken] if isinstance(failure, Exception) else answer.result()
        told = [(outcome, deliver) for outcome, (_, deliver) in zip(found, self._taken, strict=True)]
        self._entry.answer(told)
