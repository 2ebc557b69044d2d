"""Signed transactions, each stored in the database transaction that takes its nonce, before anybody sees its bytes.

The rules that make sending exactly-once are here: a call gets one nonce; no nonce is ever given to a second call; what
replaces a transaction carries its nonce.
"""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.chain.keys import Signer
from backend.kernel.clock import Clock
from backend.kernel.crash import point
from backend.link.outbox import FILLER_KIND, intent_of
from backend.link.tables import Attempt, Intent, IntentState
from backend.link.transaction import Fees, bumped, sign
from backend.storage.database import Database


class Attempts:
    """The signed transactions of one sending account."""

    def __init__(self, database: Database, signer: Signer, chain_id: int, clock: Clock) -> None:
        self._database, self._signer, self._chain_id, self._clock = database, signer, chain_id, clock

    def held(self, chain_nonce: int) -> list[tuple[Intent, Attempt]]:
        """Intents whose nonce the chain has not used yet, each with the attempt that counts, in nonce order."""
        query = (
            select(Intent, Attempt)
            .join(Attempt, col(Attempt.tx_hash) == col(Intent.tx_hash))
            .where(Intent.sender == self._signer.address, col(Intent.nonce) >= chain_nonce)
            .order_by(col(Intent.nonce))
        )
        with self._database.read() as session:
            return [(intent, attempt) for intent, attempt in session.exec(query)]

    def first(self, intent_id: int, *, to: str, gas: int, fees: Fees, chain_nonce: int) -> Attempt | None:
        """Signs a new intent under the next nonce; None if it is new no longer."""
        point("link.before_sign")
        with self._database.write() as session:
            intent = session.get(Intent, intent_id)
            if intent is None or intent.state != IntentState.NEW:
                return None
            nonce = max(chain_nonce, self._last_nonce(session) + 1)
            attempt = self._sign(session, intent, nonce, to=to, data=intent.data, gas=gas, fees=fees, void=False)
        point("link.after_sign")
        return attempt

    def dearer(self, current: Attempt, *, to: str, data: bytes, fees: Fees) -> Attempt | None:
        """Signs the same again for more: at least 12.5 % above the last. None if `current` counts no longer."""
        return self._replace(current, to=to, data=data, gas=current.gas, fees=fees, void=current.void, reason=None)

    def void(self, current: Attempt, *, gas: int, fees: Fees, reason: str) -> Attempt | None:
        """Signs a transfer of nothing to oneself in place of a call that shall not be executed any more."""
        own = self._signer.address
        return self._replace(current, to=own, data=b"", gas=gas, fees=fees, void=True, reason=reason)

    def fill(self, chain_nonce: int, *, gas: int, fees: Fees) -> list[Attempt]:
        """Takes every hole with a transfer of nothing, so that the transactions above it can be mined."""
        with self._database.write() as session:
            return [self._filler(session, nonce, gas, fees) for nonce in self._holes(session, chain_nonce)]

    def holes(self, chain_nonce: int) -> list[int]:
        """Nonces from the chain's to our last that no intent holds, ascending."""
        with self._database.read() as session:
            return self._holes(session, chain_nonce)

    def _last_nonce(self, session: Session) -> int:
        own = Attempt.sender == self._signer.address
        last: int | None = session.exec(select(func.max(col(Attempt.nonce))).where(own)).one()
        return -1 if last is None else last

    def _holes(self, session: Session, chain_nonce: int) -> list[int]:
        taken = session.exec(
            select(Intent.nonce).where(Intent.sender == self._signer.address, col(Intent.nonce) >= chain_nonce)
        ).all()
        held = set(taken)
        return [nonce for nonce in range(chain_nonce, self._last_nonce(session) + 1) if nonce not in held]

    def _filler(self, session: Session, nonce: int, gas: int, fees: Fees) -> Attempt:
        reference = f"{self._signer.address}:{nonce}"
        intent = intent_of(session, FILLER_KIND, reference) or Intent(
            kind=FILLER_KIND,
            reference=reference,
            contract=self._signer.address,
            data=b"",
            created_at=self._clock.now(),
        )
        session.add(intent)
        session.flush()
        earlier = session.exec(
            select(Attempt).where(Attempt.sender == self._signer.address, Attempt.nonce == nonce)
        ).all()
        return self._sign(
            session, intent, nonce, to=intent.contract, data=b"", gas=gas, fees=_above(earlier, fees), void=True
        )

    def _replace(
        self, current: Attempt, *, to: str, data: bytes, gas: int, fees: Fees, void: bool, reason: str | None
    ) -> Attempt | None:
        with self._database.write() as session:
            intent = session.get(Intent, current.intent_id)
            replaceable = (IntentState.SIGNED, IntentState.REVERTED)
            if intent is None or intent.tx_hash != current.tx_hash or intent.state not in replaceable:
                return None
            intent.revert_reason = intent.revert_reason or reason
            raised = _above([current], fees)
            state = intent.state
            attempt = self._sign(session, intent, current.nonce, to=to, data=data, gas=gas, fees=raised, void=void)
            intent.state = state
        point("link.after_sign")
        return attempt

    def _sign(
        self, session: Session, intent: Intent, nonce: int, *, to: str, data: bytes, gas: int, fees: Fees, void: bool
    ) -> Attempt:
        signed = sign(self._signer, chain_id=self._chain_id, nonce=nonce, to=to, data=data, gas=gas, fees=fees)
        attempt = Attempt(
            intent_id=intent.id,
            sender=self._signer.address,
            nonce=nonce,
            tx_hash=signed.tx_hash,
            raw=signed.raw,
            void=void,
            gas=gas,
            max_fee_wei=fees.cap_wei,
            priority_fee_wei=fees.tip_wei,
            signed_at=self._clock.now(),
        )
        session.add(attempt)
        intent.state, intent.sender, intent.nonce = IntentState.SIGNED, self._signer.address, nonce
        intent.tx_hash = signed.tx_hash
        session.add(intent)
        session.flush()
        return attempt


def _above(earlier: Sequence[Attempt], fees: Fees) -> Fees:
    """Fees that replace every earlier attempt of the same nonce."""
    for attempt in earlier:
        fees = bumped(Fees(attempt.max_fee_wei, attempt.priority_fee_wei), fees)
    return fees
