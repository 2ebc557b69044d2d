"""The market as its users meet it: numbers, orders, cancellations; what the chain reports; signed acknowledgements."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import event
from sqlmodel import Session, select

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer, personal_sign
from backend.chain.typed_data import canonical_signature, digest, recover
from backend.kernel.clock import Clock, unix_s
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import Forbidden, RuleViolated, Unauthenticated
from backend.market.bust import Busting
from backend.market.cancel import Cancelled, Cancelling, CancellingNumber
from backend.market.funds import ChainView
from backend.market.listing import rules_of
from backend.market.numbers import Lease, lease
from backend.market.order import Action, Side, SignedOrder, check_shape
from backend.market.place import Accepted, Placing
from backend.market.rules import check_fee, check_lifetime
from backend.market.sequencer import Sequencer
from backend.market.tables import OrderRow
from backend.storage.database import Database


class SignatureNotMakers(Unauthenticated):
    """Well-formed, but not the maker's signature of this message on this Exchange and chain."""

    code = "market.signature_not_makers"

    def __init__(self, maker: str, signer: str, chain_id: int, exchange: str) -> None:
        super().__init__(
            f"signed by {signer}, not by {maker}; the EIP-712 domain is chain {chain_id}, contract {exchange}",
            maker=maker,
            signer=signer,
            chain_id=chain_id,
            verifying_contract=exchange,
        )


class MayNotSell(Forbidden):
    """The account is a minor's, or otherwise not one that sells."""

    code = "market.may_not_sell"

    def __init__(self, maker: str) -> None:
        super().__init__(f"{maker} may not sell: a minor's credits are kept until majority", maker=maker)


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
    return canonical_json(
        {
            "sequence": accepted.sequence,
            "orderHash": to_hex(accepted.order_hash),
            "journalHead": to_hex(accepted.journal_head),
        }
    ).decode()


class Market:
    """One Exchange's market. `may_sell` says whether an account may sell at all (a minor may not). `check_gift`
    takes the campaign and the expiry of a buy that gives, and raises what keeps the campaign from taking it.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        deployment: Deployment,
        operator: Signer,
        chain: ChainView,
        may_sell: Callable[[str], bool],
        check_gift: Callable[[int, int], None],
        sequencer: Sequencer,
    ) -> None:
        self._database = database
        self._clock = clock
        self._exchange = deployment.domain("Exchange")
        self._operator = operator
        self._chain = chain
        self._may_sell = may_sell
        self._check_gift = check_gift
        self.sequencer = sequencer

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

    def place(self, order: SignedOrder, signature: bytes) -> Ack:
        """Takes an order in; returns once it is durable. The same order again gets the same answer.

        Raises what `check_shape`, `ClassRules.check`, `check_lifetime`, `check_fee` and `Placing` raise, ClassUnknown,
        SignatureMalformed, SignatureNotMakers, MayNotSell, what `check_gift` and `Sequencer.call` raise.
        """
        check_shape(order)
        order_hash = digest("Order", self._exchange, order.message())
        canonical = self._require_signed(order.maker, order_hash, signature)
        with self._database.read() as session:
            rules = rules_of(session, order.class_id)
            is_known = session.exec(select(OrderRow.id).where(OrderRow.order_hash == order_hash)).first() is not None
        if not is_known:
            rules.check(order)
            check_lifetime(order, unix_s(self._clock.now()))
            check_fee(order, self._chain.fee_bps())
            if order.side is Side.SELL and not self._may_sell(order.maker):
                raise MayNotSell(order.maker)
            if order.action is Action.DONATE:
                self._check_gift(order.campaign_id, order.expiry)
        accepted = self.sequencer.call(Placing(order, canonical, order_hash, rules))
        return Ack(accepted, self._operator.address, personal_sign(self._operator, ack_text(accepted)))

    def cancel(self, maker: str, order_hash: bytes) -> Cancelled:
        """Takes a maker's order off the book. Raises OrderUnknown, NotYourOrder, OrderClosed; as `Sequencer.call`."""
        return self.sequencer.call(Cancelling(maker, order_hash))

    def cancel_signed(self, maker: str, number: int, deadline: int, signature: bytes) -> Cancelled:
        """The same by the maker's signed `Cancel` message, so that no session is needed.

        Raises CancelDeadlinePassed, SignatureMalformed, SignatureNotMakers, OrderUnknown, OrderClosed.
        """
        now_s = unix_s(self._clock.now())
        if deadline <= now_s:
            raise CancelDeadlinePassed(deadline, now_s)
        message = {"maker": maker, "number": number, "deadline": deadline}
        self._require_signed(maker, digest("Cancel", self._exchange, message), signature)
        return self.sequencer.call(CancellingNumber(maker, number))

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

    def _require_signed(self, maker: str, message_digest: bytes, signature: bytes) -> bytes:
        """The canonical 65 bytes. Raises SignatureMalformed, SignatureNotMakers."""
        canonical = canonical_signature(signature)
        signer = recover(message_digest, canonical)
        if signer != maker:
            raise SignatureNotMakers(maker, signer, self._exchange.chain_id, self._exchange.verifying_contract)
        return canonical
