"""The JSON of cancelling: off the book and on the chain, told as two facts."""

from typing import Annotated, Any

from pydantic import Field

from backend.access.problems import problem_of
from backend.access.wire import AccountSignatureText, AddressText, Amount, HexBytes32, Iso, Wire
from backend.kernel.clock import from_unix_s
from backend.kernel.errors import TanyuError
from backend.market.cancel import Cancelled
from backend.market.cancel_all import CancelledAll
from backend.market.hard_cancel import ChainCancel, SignedCancel, SignedCancelAll

CANCELS_MAX = 256
"""Orders in one batch of cancellations."""


class CancelBody(Wire):
    """A signed `Cancel` message: contracts/eip712/cancel.json. `hard`: tell the chain too."""

    maker: AddressText
    number: Amount
    deadline: Amount
    signature: AccountSignatureText
    hard: bool = False

    def cancel(self) -> SignedCancel:
        """The message and its signature."""
        return SignedCancel(self.maker, self.number, self.deadline, self.signature)


class CancelAllBody(Wire):
    """A signed `CancelAll` message: contracts/eip712/cancel-all.json."""

    maker: AddressText
    epoch: Amount
    deadline: Amount
    signature: AccountSignatureText

    def cancel(self) -> SignedCancelAll:
        """The message and its signature."""
        return SignedCancelAll(self.maker, self.epoch, self.deadline, self.signature)


class ChainCancelOut(Wire):
    """The cancellation on the chain. `state`: new, signed (sent), mined, confirmed, or reverted for a `reason`."""

    state: str
    tx_hash: HexBytes32 | None
    reason: str | None

    @classmethod
    def of(cls, chain: ChainCancel) -> "ChainCancelOut":
        """In JSON."""
        return cls(state=chain.state, tx_hash=chain.tx_hash, reason=chain.reason)


class CancelledOut(Wire):
    """Off the book. `lotsMatched` were matched before and stand. `chain`: only where the chain was told too."""

    sequence: int
    order_hash: HexBytes32
    lots_matched: Amount
    cancelled_at: Iso
    chain: ChainCancelOut | None

    @classmethod
    def of(cls, cancelled: Cancelled, chain: ChainCancel | None = None) -> "CancelledOut":
        """A cancellation in JSON."""
        return cls(
            sequence=cancelled.sequence,
            order_hash=cancelled.order_hash,
            lots_matched=cancelled.lots_matched,
            cancelled_at=cancelled.cancelled_at,
            chain=None if chain is None else ChainCancelOut.of(chain),
        )


class CancelBatchBody(Wire):
    """Orders to cancel, by their hashes."""

    order_hashes: Annotated[tuple[HexBytes32, ...], Field(min_length=1, max_length=CANCELS_MAX)]


class CancelOutcomeOut(Wire):
    """What became of one of them: `cancelled`, or the problem document that it alone would have got."""

    order_hash: HexBytes32
    cancelled: CancelledOut | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, order_hash: bytes, found: Cancelled | TanyuError) -> "CancelOutcomeOut":
        """An outcome in JSON."""
        if isinstance(found, TanyuError):
            return cls(order_hash=order_hash, cancelled=None, problem=problem_of(found))
        return cls(order_hash=order_hash, cancelled=CancelledOut.of(found), problem=None)


class CancelledAllOut(Wire):
    """The orders that were open and are off the book, in order of entry; `sequence` is the journal's line then."""

    sequence: int
    order_hashes: tuple[HexBytes32, ...]
    cancelled_at: Iso

    @classmethod
    def of(cls, cancelled: CancelledAll) -> "CancelledAllOut":
        """In JSON."""
        return cls(
            sequence=cancelled.sequence, order_hashes=cancelled.order_hashes, cancelled_at=cancelled.cancelled_at
        )


class CancelledEpochOut(Wire):
    """Where the cancellation of an epoch stands on the chain, and what it took off the book; null when asked again."""

    cancelled: CancelledAllOut | None
    chain: ChainCancelOut

    @classmethod
    def of(cls, cancelled: CancelledAll | None, chain: ChainCancel) -> "CancelledEpochOut":
        """In JSON."""
        off = None if cancelled is None else CancelledAllOut.of(cancelled)
        return cls(cancelled=off, chain=ChainCancelOut.of(chain))


class HeartbeatBody(Wire):
    """Seconds, 5 to 86,400, until all the account's orders are cancelled if no other heartbeat comes. 0: never."""

    seconds: int


class HeartbeatOut(Wire):
    """When the account's orders will be cancelled unless another heartbeat comes; null: they will not."""

    until: Iso | None

    @classmethod
    def of(cls, until_s: int) -> "HeartbeatOut":
        """From Unix seconds, 0 for never."""
        return cls(until=from_unix_s(until_s) if until_s else None)
