"""The registrar's acts on the chain, with its own key in a process of its own: the operator cannot do them. It records
reversals, and removes verifiers whose term has ended.
"""

from collections.abc import Iterable, Sequence

from backend.chain.contracts import Contracts
from backend.chain.events import EventDecoder
from backend.chain.keys import Signer
from backend.issuance.reversal import Reversal
from backend.kernel.clock import Clock
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated, Unavailable
from backend.link.desk import Desk, Sent


class ReversalRefused(RuleViolated):
    """The contract refuses the reversal."""

    code = "reversal.refused"

    def __init__(self, reference: bytes, why: str) -> None:
        super().__init__(f"reversal {to_hex(reference)} is refused: {why}", reference=to_hex(reference), why=why)


class ReversalPending(Unavailable):
    """The transaction was sent and is in no block yet; look again later."""

    code = "reversal.pending"

    def __init__(self, reference: bytes, tx_hash: bytes) -> None:
        super().__init__(
            f"reversal {to_hex(reference)} waits in transaction {to_hex(tx_hash)}",
            reference=to_hex(reference),
            tx_hash=to_hex(tx_hash),
        )


class RemovalRefused(RuleViolated):
    """The contract refuses to remove a verifier."""

    code = "accreditation.removal_refused"

    def __init__(self, verifier: str, why: str) -> None:
        super().__init__(f"{verifier} is not removed: {why}", verifier=verifier, why=why)


class RegistrarDesk:
    """One registrar at one node. The chain itself says what is done, so nothing is done twice."""

    def __init__(self, contracts: Contracts, registrar: Signer, clock: Clock) -> None:
        self._contracts, self._clock = contracts, clock
        self._desk = Desk(contracts, registrar)
        self._credit = contracts.deployment.address("CarbonCredit")

    def recorded(self) -> set[bytes]:
        """References that the chain has."""
        decoder, deployment = EventDecoder(self._contracts.deployment), self._contracts.deployment
        node = self._desk.node
        logs = node.logs_between(deployment.block_number, node.head().number, [self._credit])
        events = (decoder.decode(log, self._clock.now()) for log in logs)
        return {event.args["ref"] for event in events if event is not None and event.name == "ReversalRecorded"}

    def record(self, due: Sequence[Reversal]) -> list[bytes]:
        """Records what is not recorded yet, one after the other; returns the transactions' hashes.

        Raises ReversalRefused, ReversalPending, NodeUnavailable.
        """
        known = self.recorded()
        return [self._record(one) for one in due if one.reference not in known]

    def _record(self, reversal: Reversal) -> bytes:
        arguments = [reversal.class_id, reversal.amount_gco2e, reversal.reference]
        sent = self._desk.send("CarbonCredit", self._contracts.encode("CarbonCredit", "recordReversal", arguments))
        if not isinstance(sent, Sent):
            raise ReversalRefused(reversal.reference, sent)
        if sent.receipt is None:
            raise ReversalPending(reversal.reference, sent.tx_hash)
        return sent.tx_hash

    def remove(self, verifiers: Iterable[str]) -> list[bytes]:
        """Removes from the chain those of some verifiers that it still hears; returns the transactions' hashes, which
        may be in no block yet. The contract lets fewer remain than a batch needs: then nothing is anchored until
        governance adds another.

        Raises RemovalRefused, NodeUnavailable.
        """
        heard = self._contracts.issuance.functions.isVerifier
        return [self._remove(one) for one in verifiers if heard(one).call()]

    def _remove(self, verifier: str) -> bytes:
        sent = self._desk.send("Issuance", self._contracts.encode("Issuance", "removeVerifier", [verifier]))
        if not isinstance(sent, Sent):
            raise RemovalRefused(verifier, sent)
        return sent.tx_hash
