"""An officer's own key at one node: a governor's or a registrar's calls go out here, never from the operator's outbox.

A call that would revert is not sent. Nothing is stored: whoever sends asks the chain first what it has, so that doing
the same again does nothing twice.
"""

import time
from dataclasses import dataclass

from backend.chain.contracts import Contracts
from backend.chain.keys import Signer
from backend.chain.reverts import decode_revert
from backend.link.node import Node, Receipt, Refusal
from backend.link.transaction import gas_limit, sign, suggested

POLL_S = 0.1  # money-lint: seconds
POLLS_MAX = 300
"""About half a minute."""


@dataclass(frozen=True)
class Sent:
    """A call that went out. `receipt` is None while no block has it."""

    tx_hash: bytes
    receipt: Receipt | None


class Desk:
    """One key at one node."""

    def __init__(self, contracts: Contracts, officer: Signer) -> None:
        self.contracts, self.officer = contracts, officer
        self.node = Node(contracts.w3)

    def send(self, contract: str, data: bytes) -> Sent | str:
        """Sends a call and waits until a block has it, half a minute at the most. Why the contract refuses it, in
        words, if it does. Raises NodeUnavailable.
        """
        to, own = self.contracts.deployment.address(contract), self.officer.address
        gas = self.node.gas_for(own, to, data, in_next=True)
        if isinstance(gas, Refusal):
            return str(decode_revert(gas.data)) if gas.data else gas.message
        signed = sign(
            self.officer,
            chain_id=self.contracts.deployment.chain_id,
            nonce=self.node.nonce(own),
            to=to,
            data=data,
            gas=gas_limit(gas),
            fees=suggested(self.node.head().base_fee_wei, self.node.tip_wei()),
        )
        self.node.broadcast(signed.raw)
        receipt = self._receipt(signed.tx_hash)
        if receipt is not None and not receipt.succeeded:
            return "it reverted in its block"
        return Sent(signed.tx_hash, receipt)

    def _receipt(self, tx_hash: bytes) -> Receipt | None:
        for _ in range(POLLS_MAX):
            receipt = self.node.receipt(tx_hash)
            if receipt is not None:
                return receipt
            time.sleep(POLL_S)
        return None
