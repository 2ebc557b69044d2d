"""Telling the chain that an order is cancelled, or every order of an epoch: the maker's signed `Cancel` or `CancelAll`,
relayed at no cost to the maker.

Two facts, told as two. Off the book is at once and the operator's word. On the chain it is when the transaction is
mined, and from then on nobody can settle the order, whatever the operator does. A fill that was mined before stands;
one that is on its way then is skipped, and its trade unwound.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.chain.contracts import Contracts
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import Intent, IntentState
from backend.market.cancel import Cancelled, CancellingNumber, OrderClosed
from backend.market.cancel_all import CancelledAll, CancellingAll
from backend.market.place import EpochStale
from backend.market.tables import OrderState
from backend.market.turn import Turn

INTENT_KIND = "market.cancel"
ALL_INTENT_KIND = "market.cancel_all"


@dataclass(frozen=True)
class ChainCancel:
    """A cancellation on its way to the chain, by its intent's state. `reason` says why it reverted."""

    state: IntentState
    tx_hash: bytes | None
    reason: str | None


@dataclass(frozen=True)
class SignedCancel:
    """The signed `Cancel` message (contracts/eip712/cancel.json). `deadline` in Unix seconds."""

    maker: str
    number: int
    deadline: int
    signature: bytes

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {"maker": self.maker, "number": self.number, "deadline": self.deadline}


@dataclass(frozen=True)
class SignedCancelAll:
    """The signed `CancelAll` message (contracts/eip712/cancel-all.json): every order signed under this epoch.
    `deadline` in Unix seconds.
    """

    maker: str
    epoch: int
    deadline: int
    signature: bytes

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {"maker": self.maker, "epoch": self.epoch, "deadline": self.deadline}


@dataclass(frozen=True)
class Withdrawing:
    """Take the order under a number off the book, for the chain to follow."""

    maker: str
    number: int

    def __call__(self, turn: Turn) -> Cancelled:
        """As CancellingNumber; an order that left for another reason is off already, and the chain may still be told.
        Raises OrderUnknown, OrderClosed if it is filled.
        """
        try:
            return CancellingNumber(self.maker, self.number)(turn)
        except OrderClosed as closed:
            row = turn.order(closed.order_hash)
            if row is None or row.state == OrderState.FILLED:
                raise
            return Cancelled(row.changed_sequence, row.order_hash, row.lots_matched, row.changed_at)


@dataclass(frozen=True)
class WithdrawingAll:
    """Take every open order of an epoch off the book, for the chain to follow."""

    maker: str
    epoch: int

    def __call__(self, turn: Turn) -> CancelledAll:
        """As CancellingAll. Raises EpochStale unless it is the maker's epoch: no other has open orders."""
        epoch = turn.chain.balances.maker_epoch(turn.session, self.maker)
        if epoch != self.epoch:
            raise EpochStale(self.epoch, epoch)
        return CancellingAll(self.maker)(turn)


def relay_cancel(session: Session, contracts: Contracts, cancel: SignedCancel, now: datetime) -> ChainCancel:
    """Puts a cancellation in the outbox; the same again says where it stands. The signature was checked before.

    Raises IntentDiffers if the same message came with another signature.
    """
    data = contracts.encode("Exchange", "cancelBySig", [*cancel.message().values(), cancel.signature])
    reference = f"{cancel.maker}:{cancel.number}:{cancel.deadline}"
    return _told(enqueue(session, kind=INTENT_KIND, reference=reference, contract="Exchange", data=data, now=now))


def relayed_cancel_all(session: Session, cancel: SignedCancelAll) -> ChainCancel | None:
    """Where the same cancellation stands; None if it was not relayed yet."""
    intent = intent_of(session, ALL_INTENT_KIND, _reference(cancel))
    return None if intent is None else _told(intent)


def relay_cancel_all(session: Session, contracts: Contracts, cancel: SignedCancelAll, now: datetime) -> ChainCancel:
    """Puts a cancellation of an epoch in the outbox, as `relay_cancel`. The signature was checked before.

    Raises IntentDiffers if the same message came with another signature.
    """
    data = contracts.encode("Exchange", "cancelAllBySig", [*cancel.message().values(), cancel.signature])
    reference = _reference(cancel)
    return _told(enqueue(session, kind=ALL_INTENT_KIND, reference=reference, contract="Exchange", data=data, now=now))


def _reference(cancel: SignedCancelAll) -> str:
    return f"{cancel.maker}:{cancel.epoch}:{cancel.deadline}"


def _told(intent: Intent) -> ChainCancel:
    return ChainCancel(IntentState(intent.state), intent.tx_hash, intent.revert_reason)
