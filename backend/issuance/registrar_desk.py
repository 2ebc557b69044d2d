"""The registrar records reversals on the chain with its own key, in a process of its own: the operator cannot."""

import time
from collections.abc import Sequence

from backend.chain.contracts import Contracts
from backend.chain.events import EventDecoder
from backend.chain.keys import Signer
from backend.chain.reverts import decode_revert
from backend.issuance.reversal import Reversal
from backend.kernel.clock import Clock
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated, Unavailable
from backend.link.node import Node, Receipt, Refusal
from backend.link.transaction import gas_limit, sign, suggested

POLL_S = 0.1  # money-lint: seconds
POLLS_MAX = 300
"""About half a minute."""


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


class RegistrarDesk:
    """One registrar at one node. The chain itself says which references are recorded, so none is recorded twice."""

    def __init__(self, contracts: Contracts, registrar: Signer, clock: Clock) -> None:
        self._contracts, self._signer, self._clock = contracts, registrar, clock
        self._node = Node(contracts.w3)
        self._credit = contracts.deployment.address("CarbonCredit")

    def recorded(self) -> set[bytes]:
        """References that the chain has."""
        decoder, deployment = EventDecoder(self._contracts.deployment), self._contracts.deployment
        logs = self._node.logs_between(deployment.block_number, self._node.head().number, [self._credit])
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
        data = self._contracts.encode("CarbonCredit", "recordReversal", arguments)
        gas = self._node.gas_for(self._signer.address, self._credit, data)
        if isinstance(gas, Refusal):
            why = str(decode_revert(gas.data)) if gas.data else gas.message
            raise ReversalRefused(reversal.reference, why)
        signed = sign(
            self._signer,
            chain_id=self._contracts.deployment.chain_id,
            nonce=self._node.nonce(self._signer.address),
            to=self._credit,
            data=data,
            gas=gas_limit(gas),
            fees=suggested(self._node.head().base_fee_wei, self._node.tip_wei()),
        )
        self._node.broadcast(signed.raw)
        receipt = self._receipt(signed.tx_hash)
        if receipt is None:
            raise ReversalPending(reversal.reference, signed.tx_hash)
        if not receipt.succeeded:
            raise ReversalRefused(reversal.reference, "it reverted in its block")
        return signed.tx_hash

    def _receipt(self, tx_hash: bytes) -> Receipt | None:
        for _ in range(POLLS_MAX):
            receipt = self._node.receipt(tx_hash)
            if receipt is not None:
                return receipt
            time.sleep(POLL_S)
        return None
