"""The market as its users meet it: numbers, orders, cancellations; what the chain reports; signed acknowledgements."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import partial
from secrets import token_hex

from sqlalchemy import event
from sqlmodel import Session

from backend.chain.account_signature import WalletQuestion
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer, personal_sign
from backend.chain.order_digest import OrderDigest
from backend.chain.typed_data import digest
from backend.kernel.clock import Clock, unix_s
from backend.kernel.errors import RuleViolated, TanyuError
from backend.market.bust import Busting
from backend.market.buy_plan import Wish
from backend.market.cancel import Cancelled, Cancelling, CancellingNumber, NotYourOrder
from backend.market.cancel_all import Beating, CancelledAll, CancellingAll
from backend.market.door import Door, NotSelling, OwnersOf, Signed
from backend.market.entry import Entry
from backend.market.funds import ChainView
from backend.market.hard_cancel import (
    ChainCancel,
    SignedCancel,
    SignedCancelAll,
    Withdrawing,
    WithdrawingAll,
    relay_cancel,
    relay_cancel_all,
    relayed_cancel_all,
)
from backend.market.instructions import PLAIN, Instructions
from backend.market.numbers import Lease, lease
from backend.market.order import SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.planning import PlannedBuy, Planning, planned
from backend.market.replace import Replacing
from backend.market.sequencer import ANSWER_TIMEOUT_S, NoAnswer, Sequencer
from backend.market.validate import Looking, Validating, Verdict
from backend.storage.database import Database

UNSIGNED = b""
"""Where an order that is only looked at would have its signature."""


class CancelDeadlinePassed(RuleViolated):
    """A signed cancellation that came too late."""

    code = "market.cancel_deadline_passed"

    def __init__(self, deadline: int, now_s: int) -> None:
        super().__init__(f"deadline {deadline} is not after {now_s}", deadline=deadline, now=now_s)


@dataclass(frozen=True)
class Ack:
    """An accepted order, with the operator's EIP-191 signature of `ack_text`: one reply proves a rewritten history."""

    accepted: Accepted
    operator: str
    signature: bytes


def ack_text(accepted: Accepted) -> str:
    """What the operator signs: canonical JSON of {journalHead, orderHash, sequence}."""
    return (
        f'{{"journalHead":"0x{accepted.journal_head.hex()}","orderHash":"0x{accepted.order_hash.hex()}",'
        f'"sequence":{accepted.sequence}}}'
    )


class Market:
    """One Exchange's market. `not_selling`, `owners_of`, `check_gift`, `wallet_accepts` and `charge`: as the
    `Door` has them.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        deployment: Deployment,
        operator: Signer,
        chain: ChainView,
        not_selling: NotSelling,
        owners_of: OwnersOf,
        check_gift: Callable[[int, int], None],
        wallet_accepts: WalletQuestion,
        charge: Callable[[str], None],
        sequencer: Sequencer,
    ) -> None:
        self._database = database
        self._clock = clock
        self._exchange = deployment.domain("Exchange")
        self._operator = operator
        self._chain = chain
        self.sequencer = sequencer
        self.door = Door(
            database=database,
            clock=clock,
            exchange=self._exchange,
            digest=OrderDigest(self._exchange),
            fee_bps=chain.fee_bps,
            not_selling=not_selling,
            owners_of=owners_of,
            check_gift=check_gift,
            charge=charge,
            wallet_accepts=wallet_accepts,
            memory=chain.memory,
        )
        self.entry = Entry(self.door, sequencer)

    @property
    def chain(self) -> ChainView:
        """What the market knows of the chain."""
        return self._chain

    @property
    def fee_bps(self) -> int:
        """The Exchange's fee rate now, in basis points."""
        return self._chain.fee_bps()

    def lease_numbers(self, maker: str, count: int) -> Lease:
        """Hands out order numbers. Raises NumberCountOutOfRange or NumbersExhausted."""
        with self._database.write() as session:
            return lease(session, maker, count, self._clock.now())

    def place(self, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Ack:
        """Takes an order in; returns once it is durable. The same order again gets the same answer.

        Raises what `Door.signed` and `Door.admit` refuse with, what `Placing` and `Sequencer.call` raise.
        """
        return self.acknowledged(self.sequencer.call(self._admitted(order, signature, instructions)))

    def replace(self, old_hash: bytes, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Ack:
        """Puts an order in the place of an open one, under its number. The same again gets the same answer.

        Raises what `Door.signed` and `Door.admit` refuse with, what `Replacing` and `Sequencer.call` raise.
        """
        placing = self._admitted(order, signature, instructions)
        return self.acknowledged(self.sequencer.call(Replacing(old_hash, placing)))

    def _admitted(self, order: SignedOrder, signature: bytes, instructions: Instructions) -> Placing:
        (outcome,) = self.door.admit([self.door.signed(order, signature, instructions)])
        if isinstance(outcome, TanyuError):
            raise outcome
        return outcome

    def acknowledged(self, accepted: Accepted) -> Ack:
        """The operator's word for an acceptance that is durable."""
        return Ack(accepted, self._operator.address, personal_sign(self._operator, ack_text(accepted)))

    def cancel(self, maker: str, order_hash: bytes) -> Cancelled:
        """Takes a maker's order off the book. Raises OrderUnknown, NotYourOrder, OrderClosed; as `Sequencer.call`."""
        return self.sequencer.call(Cancelling(maker, order_hash))

    def cancel_each(self, maker: str, order_hashes: Sequence[bytes]) -> list[Cancelled | TanyuError]:
        """What `cancel` answers or raises for each of a maker's orders; all are left with the sequencer before any is
        waited for. Raises MarketBusy, MarketStopped.
        """
        answers = [self.sequencer.submit(Cancelling(maker, order_hash)) for order_hash in order_hashes]
        wait(answers, ANSWER_TIMEOUT_S)
        return [_outcome(answer) for answer in answers]

    def cancel_all(self, maker: str, class_id: int | None) -> CancelledAll:
        """Takes every open order of a maker off the book, in one class if it is named. As `Sequencer.call`."""
        return self.sequencer.call(CancellingAll(maker, class_id))

    def beat(self, account: str, seconds: int) -> int:
        """An account says that it is there: without another heartbeat its orders leave the book after so many seconds.
        0 ends that. Returns until when, in Unix seconds (0: ended). Raises HeartbeatOutOfRange; as `Sequencer.call`.
        """
        return self.sequencer.call(Beating(account, seconds))

    def cancel_signed(self, maker: str, number: int, deadline: int, signature: bytes) -> Cancelled:
        """Takes the order under a number off the book by its maker's signed `Cancel`, so that no session is needed.

        Raises CancelDeadlinePassed, what `Door.signature_of` raises, OrderUnknown, OrderClosed.
        """
        self._require_signed(SignedCancel(maker, number, deadline, signature))
        return self.sequencer.call(CancellingNumber(maker, number))

    def cancel_hard(self, contracts: Contracts, cancel: SignedCancel) -> tuple[Cancelled, ChainCancel]:
        """The same, and tells the chain: first off the book, then into the outbox. The same again says where it stands.

        Raises what `cancel_signed` raises, but for orders that left the book for another reason; IntentDiffers.
        """
        kept = self._require_signed(cancel)
        cancelled = self.sequencer.call(Withdrawing(cancel.maker, cancel.number))
        with self._database.write() as session:
            return cancelled, relay_cancel(session, contracts, replace(cancel, signature=kept), self._clock.now())

    def cancel_epoch(self, contracts: Contracts, cancel: SignedCancelAll) -> tuple[CancelledAll | None, ChainCancel]:
        """Takes every order of the maker's epoch off the book and tells the chain: whatever was signed under that epoch
        can never be settled then. The same again says where it stands, and takes nothing off.

        Raises CancelDeadlinePassed, what `Door.signature_of` raises, EpochStale, IntentDiffers; as `Sequencer.call`.
        """
        with self._database.read() as session:
            known = relayed_cancel_all(session, cancel)
        if known is not None:
            return None, known
        kept = self._require_signed(cancel)
        cancelled = self.sequencer.call(WithdrawingAll(cancel.maker, cancel.epoch))
        with self._database.write() as session:
            told = relay_cancel_all(session, contracts, replace(cancel, signature=kept), self._clock.now())
        return cancelled, told

    def _require_signed(self, cancel: SignedCancel | SignedCancelAll) -> bytes:
        now_s = unix_s(self._clock.now())
        if cancel.deadline <= now_s:
            raise CancelDeadlinePassed(cancel.deadline, now_s)
        type_name = "Cancel" if isinstance(cancel, SignedCancel) else "CancelAll"
        message_digest = digest(type_name, self._exchange, cancel.message())
        return self.door.signature_of(cancel.maker, message_digest, cancel.signature)

    def validate(self, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Verdict:
        """Whether an order would be accepted now, and what of it would be filled at once; changes nothing.

        Raises what `Door.signed` raises: a stranger learns nothing of a maker's funds. As `Sequencer.call`.
        """
        return self._tried(self.door.signed(order, signature, instructions))

    def preview(self, account: str, order: SignedOrder, instructions: Instructions = PLAIN) -> Verdict:
        """The same of an order that its maker, who asks, has not signed yet.

        Raises NotYourOrder, and what `Door.hashed` raises; as `Sequencer.call`.
        """
        order_hash = self.door.hashed(order, instructions)
        if order.maker != account:
            raise NotYourOrder(order_hash)
        return self._tried(Signed(order, order_hash, UNSIGNED, instructions))

    def _tried(self, signed: Signed) -> Verdict:
        (outcome,) = self.door.admit([signed])
        if isinstance(outcome, TanyuError):
            return self.sequencer.ask(Looking(signed.order, signed.instructions, outcome))
        return self.sequencer.call(Validating(outcome))

    def plan_buy(self, maker: str, specimen: SignedOrder, wish: Wish, reference: str | None) -> PlannedBuy:
        """What to order now for a buy over several classes, with a number for each order; places nothing. `specimen`:
        the order for all of it. Without a reference one is made.

        Raises what `check_shape`, `check_lifetime`, `check_fee`, `check_gift` and `lease_numbers` raise, PlanNotAtomic;
        as `Sequencer.call`.
        """
        self.door.require_wish(specimen)
        plan, epoch = self.sequencer.call(Planning(wish, maker, self.fee_bps))
        lease = self.lease_numbers(maker, len(plan.taken)) if plan.taken else None
        return planned(plan, specimen, epoch, lease, reference or f"plan-{token_hex(8)}")

    def bust(self, trade_id: int, reason: str) -> None:
        """Unwinds a trade that the chain skipped, by the name of the Exchange's error; twice is the same as once.

        Call it when the skip is final. Raises TradeUnknown, TradeSettled; as `Sequencer.call`.
        """
        self.sequencer.call(Busting(trade_id, reason))

    def on_funds_changed(self, session: Session, accounts: set[str]) -> None:
        """A `link.funds.FundsListener`: once the link's transaction commits, these accounts' orders are looked at."""
        event.listen(session, "after_commit", partial(self._refresh, frozenset(accounts)), once=True)

    def _refresh(self, accounts: frozenset[str], _session: Session) -> None:
        self.sequencer.refresh(accounts)


def _outcome(answer: "Future[Cancelled]") -> Cancelled | TanyuError:
    if not answer.done():
        return NoAnswer()
    failure = answer.exception()
    if failure is None:
        return answer.result()
    if isinstance(failure, TanyuError):
        return failure
    raise failure
