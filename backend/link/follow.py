"""What became of the transactions sent: receipts, depth, and transactions that left the chain again."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, update
from sqlmodel import Session, col, select

from backend.chain.reverts import decode_revert
from backend.kernel.crash import point
from backend.link.node import Header, Node, Receipt, Refusal
from backend.link.outbox import FILLER_KIND, attempts_of, unmine
from backend.link.tables import Attempt, Cursor, IndexedBlock, Intent, IntentState
from backend.storage.database import Database


@dataclass(frozen=True)
class Sighting:
    """What the node says of one intent: the attempt it mined, if any, and why the call failed if it did.

    `displaced`: its nonce was used, deep enough to be final, by a transaction that is not ours.
    """

    intent_id: int
    attempt: Attempt | None = None
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    displaced: bool = False


@dataclass(frozen=True)
class Followed:
    """How many intents moved, and which attempts are to be broadcast again at once."""

    mined: int = 0
    confirmed: int = 0
    reverted: int = 0
    vanished: frozenset[bytes] = frozenset()
    released: int = 0


class Follower:
    """Watches the transactions of one account until they are deep enough."""

    def __init__(
        self,
        database: Database,
        node: Node,
        account: str,
        resolve: Callable[[str], str],
        *,
        confirmations: int,
        await_index: bool,
    ) -> None:
        self._database, self._node, self._account = database, node, account
        self._confirmations, self._await_index, self._resolve = confirmations, await_index, resolve

    def step(self, head: Header, chain_nonce: int) -> Followed:
        """Looks once. `chain_nonce` was read before: every own nonce below it has a receipt, or is somebody else's."""
        with self._database.read() as session:
            watched = [(intent, attempts_of(session, intent.id)) for intent in self._watched(session, chain_nonce)]
        sightings = [self.sight(intent, attempts, head, chain_nonce) for intent, attempts in watched]
        return self.record(sightings, head) if sightings else Followed()

    def _watched(self, session: Session, chain_nonce: int) -> list[Intent]:
        state = col(Intent.state)
        # any of its attempts: a call that moved to a later nonce may yet be mined under its first
        used = exists().where(col(Attempt.intent_id) == col(Intent.id), col(Attempt.nonce) < chain_nonce)
        return list(
            session.exec(
                select(Intent)
                .where(Intent.sender == self._account)
                .where(
                    or_(
                        and_(state == IntentState.SIGNED, used),
                        state == IntentState.MINED,
                        and_(state == IntentState.CONFIRMED, col(Intent.nonce) >= chain_nonce),
                    )
                )
                .order_by(col(Intent.nonce))
            )
        )

    def sight(self, intent: Intent, attempts: list[Attempt], head: Header, chain_nonce: int) -> Sighting:
        """Asks the node for every transaction ever signed for an intent, newest first."""
        for attempt in reversed(attempts):
            receipt = self._node.receipt(attempt.tx_hash)
            if receipt is not None:
                refusal = None
                if not receipt.succeeded and intent.block_hash != receipt.block_hash:
                    refusal = self._node.refusal_at(
                        self._account,
                        self._resolve(intent.contract),
                        intent.data,
                        attempt.gas,
                        receipt.block_number - 1,
                    )
                return Sighting(intent.id, attempt, receipt, refusal)
        final = head.number - self._confirmations
        foreign = (
            intent.state == IntentState.SIGNED
            and intent.nonce is not None
            and intent.nonce < chain_nonce
            and final >= 0
            and self._node.nonce(self._account, final) > intent.nonce
        )
        return Sighting(intent.id, displaced=foreign)

    def record(self, sightings: list[Sighting], head: Header) -> Followed:
        """Writes what was seen, all in one transaction."""
        point("link.after_receipt")
        mined = confirmed = reverted = released = 0
        vanished: set[bytes] = set()
        with self._database.write() as session:
            for sighting in sightings:
                intent = session.get_one(Intent, sighting.intent_id)
                before = intent.state
                if sighting.receipt is not None and sighting.attempt is not None:
                    self._mine(session, intent, sighting.attempt, sighting.receipt, sighting.refusal)
                    self._conclude(session, intent, sighting.receipt, head)
                elif sighting.displaced:
                    _release(intent)
                    released += 1
                elif before in {IntentState.MINED, IntentState.CONFIRMED}:
                    unmine(intent)
                    vanished.add(intent.tx_hash or b"")
                session.add(intent)
                mined += before == IntentState.SIGNED and sighting.receipt is not None
                confirmed += before != intent.state == IntentState.CONFIRMED
                reverted += before != intent.state == IntentState.REVERTED
        return Followed(mined, confirmed, reverted, frozenset(vanished), released)

    def _mine(
        self, session: Session, intent: Intent, attempt: Attempt, receipt: Receipt, refusal: Refusal | None
    ) -> None:
        if intent.nonce != attempt.nonce:
            # an attempt under an earlier nonce was mined after all: the later nonce becomes a hole, to be filled
            session.exec(
                update(Intent)
                .where(col(Intent.sender) == self._account, col(Intent.nonce) == attempt.nonce)
                .where(col(Intent.kind) == FILLER_KIND)
                .values(nonce=None, state=IntentState.REVERTED)
            )
            intent.nonce, intent.sender = attempt.nonce, attempt.sender
        intent.state, intent.tx_hash = IntentState.MINED, receipt.tx_hash
        intent.block_number, intent.block_hash = receipt.block_number, receipt.block_hash
        intent.succeeded = receipt.succeeded and not attempt.void
        if intent.succeeded:
            intent.revert_data = intent.revert_reason = None
        elif refusal is not None:
            intent.revert_data = refusal.data
            intent.revert_reason = reason_of(refusal)

    def _conclude(self, session: Session, intent: Intent, receipt: Receipt, head: Header) -> None:
        """Final only if deep enough, and if the index has the same block."""
        if head.number - receipt.block_number < self._confirmations:
            return
        if self._await_index and not _indexed(session, receipt):
            return
        done = intent.succeeded or intent.kind == FILLER_KIND
        intent.state = IntentState.CONFIRMED if done else IntentState.REVERTED


def reason_of(refusal: Refusal) -> str:
    """The contract's reason by name, else the node's words."""
    return str(decode_revert(refusal.data)) if len(refusal.data) >= 4 else refusal.message


def _indexed(session: Session, receipt: Receipt) -> bool:
    cursor = session.get(Cursor, 1)
    if cursor is None or cursor.number < receipt.block_number:
        return False
    block = session.get(IndexedBlock, receipt.block_number)
    return block is None or block.hash == receipt.block_hash


def _release(intent: Intent) -> None:
    """Somebody else used the nonce for good: the call gets another; a filler has nothing left to do."""
    intent.nonce = intent.tx_hash = None
    intent.state = IntentState.REVERTED if intent.kind == FILLER_KIND else IntentState.NEW
