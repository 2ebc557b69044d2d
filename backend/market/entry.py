"""Where orders queue to come in: taken in groups, so that reading the rules and the people costs once what each order
would cost alone; handed to the sequencer; answered when they are durable.

Bounded at every step: as many orders as the sequencer's inbox holds may be on their way, and a few wallets may be asked
at once, by threads of their own. Whoever comes after that is told so at once (503) and nothing of it is kept.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

from backend.chain.account_signature import NotTheKeys
from backend.kernel.errors import TanyuError
from backend.market.door import Door, Signed
from backend.market.inbox import MarketBusy
from backend.market.instructions import PLAIN, Instructions
from backend.market.order import SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.sequencer import INBOX_SIZE, Sequencer

GROUP_MAX = 256
"""Orders that share one reading of the database."""

WALLETS_AT_ONCE = 2
WALLETS_WAITING_MAX = 64

Deliver: TypeAlias = Callable[["Future[Accepted]"], None]
"""Told once, in a thread of ours, when the answer is there."""


class Entry:
    """The queue before one sequencer. Thread-safe; its threads begin with the first order."""

    def __init__(self, door: Door, sequencer: Sequencer, *, size: int = INBOX_SIZE) -> None:
        self._door = door
        self._sequencer = sequencer
        self._size = size
        self._lock = Lock()
        self._waiting: deque[tuple[SignedOrder, bytes, Instructions, Deliver]] = deque()
        self._inside = 0
        self._asking = 0
        self._is_serving = False
        self._server = ThreadPoolExecutor(1, "market-door")
        self._wallets = ThreadPoolExecutor(WALLETS_AT_ONCE, "market-wallets")

    def put(self, order: SignedOrder, signature: bytes, deliver: Deliver, instructions: Instructions = PLAIN) -> None:
        """Takes an order in; `deliver` gets the answer: what `Door.signed` and `Door.admit` refuse with, what `Placing`
        and `Sequencer.submit` raise, or its acceptance. Raises MarketBusy.
        """
        with self._lock:
            if self._inside >= self._size:
                raise MarketBusy(self._inside)
            self._inside += 1
            self._waiting.append((order, signature, instructions, deliver))
            if self._is_serving:
                return
            self._is_serving = True
        self._server.submit(self._serve)

    def _serve(self) -> None:
        while True:
            with self._lock:
                group = [self._waiting.popleft() for _ in range(min(GROUP_MAX, len(self._waiting)))]
                if not group:
                    self._is_serving = False
                    return
            checked = [(self._checked(*waiting), waiting[-1]) for waiting in group]
            self._admit([(signed, deliver) for signed, deliver in checked if signed is not None])

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
            self._answer(refusal, deliver)
        return None

    def _ask_wallet(self, claimed: Signed, refusal: TanyuError, deliver: Deliver) -> None:
        with self._lock:
            busy = self._asking >= WALLETS_WAITING_MAX
            self._asking += not busy
        if busy:
            self._answer(MarketBusy(WALLETS_WAITING_MAX), deliver)
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
            self._admit([(claimed, deliver)])
        else:
            self._answer(refusal, deliver)

    def _admit(self, group: list[tuple[Signed, Deliver]]) -> None:
        if not group:
            return
        try:
            found = self._door.admit([signed for signed, _ in group])
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            for _, deliver in group:
                self._answer(failure, deliver)
            return
        for outcome, (_, deliver) in zip(found, group, strict=True):
            if isinstance(outcome, TanyuError):
                self._answer(outcome, deliver)
            else:
                self._submit(outcome, deliver)

    def _submit(self, placing: Placing, deliver: Deliver) -> None:
        try:
            answer = self._sequencer.submit(placing)
        except TanyuError as refusal:
            self._answer(refusal, deliver)
        else:
            answer.add_done_callback(lambda done: self._leave(done, deliver))

    def _answer(self, refusal: Exception, deliver: Deliver) -> None:
        answer: Future[Accepted] = Future()
        answer.set_exception(refusal)
        self._leave(answer, deliver)

    def _leave(self, answer: "Future[Accepted]", deliver: Deliver) -> None:
        with self._lock:
            self._inside -= 1
        deliver(answer)
