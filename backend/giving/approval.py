"""Letting our contracts move one's credits (Approve) or money (EIP-2612 permit), and taking that back, without gas."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from backend.chain.contracts import Contracts
from backend.chain.permit import Permit
from backend.giving.kinds import RelayKind
from backend.giving.relay import Act, Relayed, signed_act, submit
from backend.kernel.errors import InvalidInput

OPERATORS = ("Exchange", "Charity")
"""The contracts that may be approved by signature (they are registered on CarbonCredit)."""


class OperatorNotOurs(InvalidInput):
    """The approval is for an account that is none of our contracts."""

    code = "approval.operator_not_ours"

    def __init__(self, operator: str, expected: list[str]) -> None:
        super().__init__(
            f"{operator} is not a contract of ours; expected one of {', '.join(expected)}",
            operator=operator,
            expected=expected,
        )


@dataclass(frozen=True)
class Approve:
    """The signed `Approve` message (contracts/eip712/approve.json). Deadline in Unix seconds."""

    account: str
    operator: str
    approved: bool
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return asdict(self)


def relay_approval(
    session: Session, contracts: Contracts, approve: Approve, signature: bytes, now: datetime
) -> Relayed:
    """Relays an approval of one of our contracts, or the withdrawal of any. submit's errors and OperatorNotOurs."""
    ours = [contracts.deployment.address(name) for name in OPERATORS]
    if approve.approved and approve.operator not in ours:
        raise OperatorNotOurs(approve.operator, ours)
    message = approve.message()
    act = signed_act(contracts, RelayKind.APPROVE, "Approve", "approveBySig", message, account=approve.account)
    return submit(session, act, signature, now)


def relay_permit(session: Session, contracts: Contracts, permit: Permit, signature: bytes, now: datetime) -> Relayed:
    """Relays a permit for the Exchange; submit's errors and OperatorNotOurs.

    It goes through the Exchange, which is content if somebody else handed the permit in before. The nonce is the
    chain's to check (no event tells it): a permit with a wrong one ends as reverted.
    """
    exchange = contracts.deployment.address("Exchange")
    if permit.spender != exchange:
        raise OperatorNotOurs(permit.spender, [exchange])

    def calldata(signature: bytes) -> bytes:
        r, s, v = signature[:32], signature[32:64], signature[64]
        args = [permit.owner, permit.value, permit.deadline, v, r, s]
        return contracts.encode("Exchange", "permit", args)

    act = Act(
        kind=RelayKind.PERMIT,
        contract="Exchange",
        account=permit.owner,
        number=permit.nonce,
        deadline=permit.deadline,
        digest=permit.digest(contracts.deployment.domain("PaymentToken")),
        calldata=calldata,
        is_keys_only=True,  # ERC-2612 takes v, r and s
    )
    return submit(session, act, signature, now)
