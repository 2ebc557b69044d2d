"""Sends what the outbox holds, exactly once, through crashes, lost transactions and reorganisations.

A call's nonce and signed bytes are in the database before the node sees them; everything after that is repetition: the
same bytes are offered again until the chain has them, deep enough. Only a replacement under the same nonce ever changes
them: for more money if they are stuck, or for nothing if the call could no longer succeed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import col, select
from web3 import Web3

from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.kernel.clock import Clock
from backend.kernel.crash import point
from backend.kernel.errors import Unavailable
from backend.link.attempts import Attempts
from backend.link.follow import Followed, Follower, reason_of
from backend.link.lease import Lease
from backend.link.network import require_network
from backend.link.node import Answer, Header, Node, NodeUnavailable, Refusal
from backend.link.outbox import attempts_of
from backend.link.tables import Attempt, Intent, IntentState
from backend.link.transaction import Fees, bumped, gas_limit, suggested
from backend.storage.database import Database

STUCK_AFTER = timedelta(seconds=30)
RESEND_AFTER = timedelta(seconds=5)
IN_FLIGHT_MAX = 16
STEP_MAX = 64
"""New intents handled in one step, so that the older ones are looked after in between."""
FEE_CEILING_WEI = 500 * 10**9
"""500 gwei per gas: above it a person decides."""


class OperatorUnfunded(Unavailable):
    """The sending account cannot pay for gas."""

    code = "link.operator_unfunded"

    def __init__(self, account: str, words: str) -> None:
        super().__init__(f"{account} cannot pay for gas: {words}", account=account)


class FeesAboveCeiling(Unavailable):
    """The chain asks more per gas than we are willing to pay."""

    code = "link.fees_above_ceiling"

    def __init__(self, asked_wei: int, ceiling_wei: int) -> None:
        super().__init__(
            f"the chain asks {asked_wei} wei per gas, above the ceiling of {ceiling_wei}",
            asked_wei=str(asked_wei),
            ceiling_wei=str(ceiling_wei),
        )


@dataclass
class SenderReport:
    """What one step did: counts of intents."""

    signed: int = 0
    broadcast: int = 0
    replaced: int = 0
    refused: int = 0
    """Would have reverted: told so without sending."""
    followed: Followed = field(default_factory=Followed)

    @property
    def moved(self) -> bool:
        """Something changed, so that another step may find more to do."""
        return bool(self.signed or self.replaced or self.refused) or self.followed != Followed()


class Sender:
    """One account's sender. Call step() again and again from one thread; close() when done.

    `confirmations`: blocks on top of a transaction before its outcome is final. `await_index`: an outcome is final only
    once the index has that very block, so that whoever sees an intent confirmed also sees its events applied; an
    indexer must then be running. `stuck_after`: how long the next transaction in line may wait before more is offered
    for it; `resend_after`: how often bytes are offered again.
    """

    def __init__(
        self,
        database: Database,
        w3: Web3,
        signer: Signer,
        clock: Clock,
        deployment: Deployment,
        *,
        confirmations: int = 1,
        await_index: bool = True,
        stuck_after: timedelta = STUCK_AFTER,
        resend_after: timedelta = RESEND_AFTER,
        in_flight_max: int = IN_FLIGHT_MAX,
        fee_ceiling_wei: int = FEE_CEILING_WEI,
    ) -> None:
        self._database, self._clock, self._deployment = database, clock, deployment
        self._account = signer.address
        self._node = Node(w3)
        self._attempts = Attempts(database, signer, deployment.chain_id, clock)
        self._follower = Follower(
            database, self._node, self._account, self._address, confirmations=confirmations, await_index=await_index
        )
        self._lease = Lease(database, f"sender {self._account}", clock)
        self._stuck_after, self._resend_after = stuck_after, resend_after
        self._in_flight_max, self._fee_ceiling_wei = in_flight_max, fee_ceiling_wei
        self._first_sent: dict[bytes, datetime] = {}
        self._last_sent: dict[bytes, datetime] = {}

    def step(self) -> SenderReport:
        """One pass. Raises Unavailable (node, network, lease, funds, fees): nothing is lost, step again later."""
        self._lease.hold()
        require_network(self._database, self._node, self._deployment.network)
        report = SenderReport()
        head = self._node.head()
        chain_nonce = self._node.nonce(self._account)
        report.followed = self._follower.step(head, chain_nonce)
        for tx_hash in report.followed.vanished:
            self._last_sent.pop(tx_hash, None)
        self._fill_holes(head, chain_nonce)
        self._offer_held(head, chain_nonce, report)
        while report.signed + report.refused < STEP_MAX and self._send_next(head, report):
            self._lease.hold()
        return report

    def close(self) -> None:
        """Lets another sender take over at once."""
        self._lease.release()

    def _address(self, contract: str) -> str:
        return contract if contract.startswith("0x") else self._deployment.address(contract)

    def _fees(self, head: Header) -> Fees:
        tip_wei = self._node.tip_wei()
        asked_wei = head.base_fee_wei + tip_wei
        if asked_wei > self._fee_ceiling_wei:
            raise FeesAboveCeiling(asked_wei, self._fee_ceiling_wei)
        fees = suggested(head.base_fee_wei, tip_wei)
        return Fees(min(fees.cap_wei, self._fee_ceiling_wei), fees.tip_wei)

    def _void_gas(self) -> int:
        gas = self._node.gas_for(self._account, self._account, b"")
        if isinstance(gas, Refusal):
            raise NodeUnavailable(f"a transfer of nothing is refused: {gas.message}")
        return gas

    def _fill_holes(self, head: Header, chain_nonce: int) -> None:
        if self._attempts.holes(chain_nonce):
            self._attempts.fill(chain_nonce, gas=self._void_gas(), fees=self._fees(head))

    def _offer_held(self, head: Header, chain_nonce: int, report: SenderReport) -> None:
        """Broadcasts again, in nonce order, what the chain does not have; replaces what is stuck or over."""
        for intent, found in self._attempts.held(chain_nonce):
            attempt = found
            if intent.state == IntentState.REVERTED and not attempt.void:
                attempt = self._void(attempt, head, intent.revert_reason or "reverted", report) or attempt
            elif attempt.nonce == chain_nonce and self._stuck(attempt):
                attempt = self._replace_stuck(intent, attempt, head, report) or attempt
            last = self._last_sent.get(attempt.tx_hash)
            if last is None or self._clock.now() - last >= self._resend_after:
                self._deliver(intent, attempt, head, report)

    def _stuck(self, attempt: Attempt) -> bool:
        first = self._first_sent.get(attempt.tx_hash)
        return first is not None and self._clock.now() - first >= self._stuck_after

    def _replace_stuck(self, intent: Intent, attempt: Attempt, head: Header, report: SenderReport) -> Attempt | None:
        """Nothing is ahead of it in line, so the latest state is what it would be executed on."""
        if not attempt.void:
            gas = self._node.gas_for(self._account, self._address(intent.contract), intent.data)
            if isinstance(gas, Refusal):
                return self._void(attempt, head, reason_of(gas), report)
        return self._bid_more(intent, attempt, head, report)

    def _bid_more(self, intent: Intent, attempt: Attempt, head: Header, report: SenderReport) -> Attempt | None:
        fees = self._fees(head)
        if bumped(Fees(attempt.max_fee_wei, attempt.priority_fee_wei), fees).cap_wei > self._fee_ceiling_wei:
            return None
        to = self._account if attempt.void else self._address(intent.contract)
        dearer = self._attempts.dearer(attempt, to=to, data=b"" if attempt.void else intent.data, fees=fees)
        report.replaced += dearer is not None
        return dearer

    def _void(self, attempt: Attempt, head: Header, reason: str, report: SenderReport) -> Attempt | None:
        void = self._attempts.void(attempt, gas=self._void_gas(), fees=self._fees(head), reason=reason)
        report.replaced += void is not None
        return void

    def _deliver(self, intent: Intent, attempt: Attempt, head: Header, report: SenderReport) -> None:
        answer, words = self._node.broadcast(attempt.raw)
        point("link.after_broadcast")
        now = self._clock.now()
        self._last_sent[attempt.tx_hash] = now
        self._first_sent.setdefault(attempt.tx_hash, now)
        report.broadcast += 1
        if intent.first_sent_at is None:
            self._note_sent(intent.id, now)
        if answer is Answer.UNFUNDED:
            raise OperatorUnfunded(self._account, words)
        # NONCE_USED and OUTBID need nothing here: receipts tell whose transaction it was, and the stuck rule outbids.
        if answer is Answer.TOO_CHEAP:
            self._bid_more(intent, attempt, head, report)
        if answer is Answer.IMPOSSIBLE:
            if attempt.void:
                raise NodeUnavailable(f"a transfer of nothing is refused: {words}")
            self._void(attempt, head, words, report)

    def _note_sent(self, intent_id: int, now: datetime) -> None:
        with self._database.write() as session:
            intent = session.get_one(Intent, intent_id)
            intent.first_sent_at = intent.first_sent_at or now
            session.add(intent)

    def _send_next(self, head: Header, report: SenderReport) -> bool:
        """Simulates, signs and broadcasts the next new intent; False when there is none or it has to wait."""
        with self._database.read() as session:
            new = select(Intent).where(Intent.state == IntentState.NEW).order_by(col(Intent.id)).limit(1)
            intent = session.exec(new).first()
            earlier = attempts_of(session, intent.id) if intent is not None else []
        if intent is None:
            return False
        chain_nonce = self._node.nonce(self._account)
        if earlier and self._was_mined(intent, earlier, head, chain_nonce):
            return True
        in_flight = len(self._attempts.held(chain_nonce))
        if in_flight >= self._in_flight_max:
            return False
        to = self._address(intent.contract)
        gas = self._node.gas_for(self._account, to, intent.data)
        if isinstance(gas, Refusal):
            if in_flight:
                return False  # what it builds on may still be on its way
            gas = self._node.gas_for(self._account, to, intent.data, in_next=True)  # its time may have come since
        if isinstance(gas, Refusal):
            self._refuse(intent.id, gas)
            report.refused += 1
            return True
        fees = self._fees(head)
        attempt = self._attempts.first(intent.id, to=to, gas=gas_limit(gas), fees=fees, chain_nonce=chain_nonce)
        if attempt is not None:
            report.signed += 1
            self._deliver(intent, attempt, head, report)
        return True

    def _was_mined(self, intent: Intent, earlier: list[Attempt], head: Header, chain_nonce: int) -> bool:
        """A displaced intent whose old transaction came back: it must not be sent a second time."""
        sighting = self._follower.sight(intent, earlier, head, chain_nonce)
        if sighting.receipt is None:
            return False
        self._follower.record([sighting], head)
        return True

    def _refuse(self, intent_id: int, refusal: Refusal) -> None:
        with self._database.write() as session:
            intent = session.get_one(Intent, intent_id)
            if intent.state == IntentState.NEW:
                intent.state, intent.revert_data = IntentState.REVERTED, refusal.data
                intent.revert_reason = reason_of(refusal)
                session.add(intent)
