"""Voiding a number of one's own without gas, so that no message signed under it can be used any more: an approval, a
transfer, a pledge that somebody still holds.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.chain.contracts import Contracts
from backend.giving.kinds import NumberedContract, RelayKind
from backend.giving.relay import Relayed, signed_act, submit


@dataclass(frozen=True)
class NumberUse:
    """The signed `UseNumber` message (contracts/eip712/use-number.json), and which of the contracts that take it the
    signature is for. Deadline in Unix seconds.
    """

    contract: NumberedContract
    account: str
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {"account": self.account, "number": self.number, "deadline": self.deadline}


def relay_number_use(
    session: Session, contracts: Contracts, use: NumberUse, signature: bytes, now: datetime
) -> Relayed:
    """Relays the voiding of a number; submit's errors."""
    act = signed_act(
        contracts,
        RelayKind.USE_NUMBER,
        "UseNumber",
        "useNumberBySig",
        use.message(),
        account=use.account,
        contract=use.contract.value,
    )
    return submit(session, act, signature, now)
