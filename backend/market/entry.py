"""Where orders queue to come in: taken in groups, so that reading the rules and the people costs once what each order
would cost alone; handed to the sequencer as one command; answered when they are durable. While a group is with the
sequencer the signatures of the next are looked at, and it follows as a whole: the fewer groups, the less an order
costs.

Bounded at every step: as many orders as the sequencer's inbox holds may be on their way, and a few wallets may be asked
at once, by threads of their own. Whoever comes after that is told so at once (503) and nothing of it is kept.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Lock
from typing import TypeAlias

from backend.chain.account_signature import NotTheKeys
from backend.kernel.errors import TanyuError
from backend.market.door import Door, Signed
from backend.market.inbox import MarketBusy
from backend.market.instructions import Instructions
from backend.market.order import SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.sequencer import INBOX_SIZE, Sequencer
from backend.market.turn import Turn

GROUP_MAX = 256
"""Orders that share one reading of the database."""

WALLETS_AT_ONCE = 2
WALLETS_WAITING_MAX = 64

Deliver: TypeAlias = Callable[[Accepted | Exception], None]
"""Told once, in a thread of ours: the acceptance, or why there is none."""

Coming: TypeAlias = tuple[SignedOrder, bytes, Instructions, Deliver]
"""An order that wants in, its signature, and whom to tell."""


@dataclass(frozen=True)
class _PlacingAll:
    """Orders that come in together: one command, in which each has an outcome of its own."""

    placings: Sequence[Placing]

    def __call__(self, turn: Turn) -> list[Accepted | TanyuError]:
        return [turn.outcome_of(placing) for placing in self.placings]


class Entry:
    """The queue before one sequencer. Thread-safe; its threads begin with the first order."""

    def __init__(self, door: Door, sequencer: Sequencer, *, size: int = INBOX_SIZE) -> None:
        self._door = door
        self._sequencer = sequencer
        self._size = size
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._waiting: deque[Coming] = deque()
        self._inside = 0
        self._is_ahead = False
        """Whether the group before is not answered yet."""
        self._asking = 0
        self._is_serving = False
        self._server = ThreadPoolExecutor(1, "market-door")
        self._wallets = ThreadPoolExecutor(WALLETS_AT_ONCE, "market-wallets")

    def put(self, coming: Sequence[Coming]) -> None:
        """Takes orders in, in order. Each is answered: with what `Door.signed` and `Door.admit` refuse with, what
        `Placing` and `Sequencer.submit` raise, or its acceptance; those that find no room with MarketBusy, at once.
        """
        with self._lock:
            room = self._size - self._inside
            self._inside += min(len(coming), room)
            self._waiting.extend(islice(coming, room))
            begins, self._is_serving = bool(room) and not self._is_serving, self._is_serving or bool(room)
            self._changed.notify()
        if begins:
            self._server.submit(self._serve)
        for _, _, _, deliver in coming[room:]:
            deliver(MarketBusy(self._size))

    def _serve(self) -> None:
        ready: list[tuple[Signed, Deliver]] = []
        while True:
            with self._changed:
                while self._is_ahead and (len(ready) >= GROUP_MAX or not self._waiting):
                    self._changed.wait()
                group = [self._waiting.popleft() for _ in range(min(GROUP_MAX - len(ready), len(self._waiting)))]
                if not group and not ready:
                    self._is_serving = False
                    return
            for waiting in group:
                signed = self._checked(*waiting)
                if signed is not None:
                    ready.append((signed, waiting[-1]))
            with self._lock:
                is_free = not self._is_ahead
                self._is_ahead = self._is_ahead or bool(ready)
            if is_free and ready:
                self._admit(ready, is_ahead=True)
                ready = []

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
            self._answer([(refusal, deliver)])
        return None

    def _ask_wallet(self, claimed: Signed, refusal: TanyuError, deliver: Deliver) -> None:
        with self._lock:
            busy = self._asking >= WALLETS_WAITING_MAX
            self._asking += not busy
        if busy:
            self._answer([(MarketBusy(WALLETS_WAITING_MAX), deliver)])
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
            self._admit([(claimed, deliver)], is_ahead=False)
        else:
            self._answer([(refusal, deliver)])

    def _admit(self, group: list[tuple[Signed, Deliver]], *, is_ahead: bool) -> None:
        """`is_ahead`: whether the next group waits for these orders."""
        refused: list[tuple[Exception, Deliver]] = []
        placings: list[Placing] = []
        delivers: list[Deliver] = []
        try:
            found = self._door.admit([signed for signed, _ in group])
            for outcome, (_, deliver) in zip(found, group, strict=True):
                if isinstance(outcome, TanyuError):
                    refused.append((outcome, deliver))
                else:
                    placings.append(outcome)
                    delivers.append(deliver)
            answer = self._sequencer.submit(_PlacingAll(placings)) if placings else None
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            self._answer([(failure, deliver) for _, deliver in group], is_ahead=is_ahead)
            return
        self._answer(refused, is_ahead=is_ahead and answer is None)
        if answer is not None:
            answer.add_done_callback(lambda done: self._answer(_outcomes(done, delivers), is_ahead=is_ahead))

    def _answer(self, answers: Sequence[tuple[Accepted | Exception, Deliver]], *, is_ahead: bool = False) -> None:
        """Tells each. `is_ahead`: whether the next group waits for this."""
        with self._changed:
            self._inside -= len(answers)
            if is_ahead:
                self._is_ahead = False
                self._changed.notify()
        for answer, deliver in answers:
            deliver(answer)


def _outcomes(
    answer: "Future[list[Accepted | TanyuError]]", delivers: Sequence[Deliver]
) -> list[tuple[Accepted | Exception, Deliver]]:
    """Of a group, one by one: what failed as a whole failed for each."""
    failure = answer.exception()
    if isinstance(failure, Exception):
        return [(failure, deliver) for deliver in delivers]
    return list(zip(answer.result(), delivers, strict=True))
