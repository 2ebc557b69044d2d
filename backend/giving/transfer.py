"""Sending credits to another account at their holder's word, without gas: a wallet of one's own, or somebody else's."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.chain.contracts import Contracts
from backend.giving.kinds import RelayKind
from backend.giving.relay import Relayed, signed_act, submit
from backend.kernel.errors import InvalidInput
from backend.link.funds import ZERO_ADDRESS


class ReceiverWrong(InvalidInput):
    """Credits are sent to nobody, or to where they are."""

    code = "transfer.receiver_wrong"

    def __init__(self, receiver: str) -> None:
        super().__init__(f"credits cannot be sent to {receiver}; expected another account than their own", to=receiver)


@dataclass(frozen=True)
class Transfer:
    """The signed `Transfer` message (contracts/eip712/transfer.json). Amount in grams, deadline in Unix seconds."""

    account: str
    """Whose credits they are: `from` in the message."""
    to: str
    class_id: int
    amount_gco2e: int
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {
            "from": self.account,
            "to": self.to,
            "classId": self.class_id,
            "amountGco2e": self.amount_gco2e,
            "number": self.number,
            "deadline": self.deadline,
        }


def relay_transfer(
    session: Session, contracts: Contracts, transfer: Transfer, signature: bytes, now: datetime
) -> Relayed:
    """Relays a transfer; submit's errors and ReceiverWrong."""
    if transfer.to in {ZERO_ADDRESS, transfer.account}:
        raise ReceiverWrong(transfer.to)
    act = signed_act(
        contracts,
        RelayKind.TRANSFER,
        "Transfer",
        "transferBySig",
        transfer.message(),
        account=transfer.account,
        class_id=transfer.class_id,
        amount_gco2e=transfer.amount_gco2e,
    )
    return submit(session, act, signature, now)
