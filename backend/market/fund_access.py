"""What an account does once before it trades, without gas: gets test money, and lets the Exchange take what it sells
and pay what it buys. Each is one signed message that the operator relays; a lost answer is asked for again.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.access.client import ApiClient
from backend.access.patience import Patience
from backend.chain.keys import Signs
from backend.chain.permit import PERMIT_TYPE, Permit
from backend.chain.typed_data import sign, sign_digest, typed_data
from backend.kernel.clock import Clock, SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.kernel.mass import UINT256_MAX
from backend.market.account_reader import AccountReader
from backend.market.terms import DAY_S


@dataclass(frozen=True)
class ChainAct:
    """A signed act on its way to the chain. `state`: new, signed (sent), mined, confirmed; or reverted, and why."""

    state: str
    tx_hash: str | None
    reason: str | None
    is_new: bool = True
    """False where it is the act of an earlier request."""
    asked_at: str | None = None
    next_at: str | None = None
    """When another such act is possible, of those that are rationed."""

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more, but for a reorganisation."""
        return self.state in {"confirmed", "reverted"}


class FundAccess(AccountReader):
    """One account's money and credits, and what the Exchange may do with them."""

    def __init__(
        self, client: ApiClient, signer: Signs, patience: Patience | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(client, signer, patience)
        self.signer = signer
        self._now_s = unix_s((clock or SystemClock()).now())
        self._number = secrets.randbits(128)
        """Drawn once, so that asking again asks about the same message."""

    def faucet(self) -> ChainAct:
        """Today's test money, on the local chain; again tells where it is."""
        return _act(self._ask("POST", "/faucet", body={"account": self.signer.address}))

    def approval(self, *, allowed: bool = True) -> dict[str, object]:
        """The `Approve` message by which the Exchange may move the account's credits, or no longer may."""
        return {
            "account": self.signer.address,
            "operator": self.contract("Exchange"),
            "approved": allowed,
            "number": self._number,
            "deadline": self._now_s + DAY_S,
        }

    def allow_credits(self, *, allowed: bool = True) -> ChainAct:
        """Lets the Exchange move the account's credits, or takes that back; again tells where that is."""
        message = self.approval(allowed=allowed)
        domain = self.domain_of("Approve", typed_data("Approve").type_string)
        signature = to_hex(sign(self.signer, "Approve", domain, message))
        body = {name: str(value) if type(value) is int else value for name, value in message.items()}
        return _act(self._ask("POST", "/approvals", body={**body, "signature": signature}))

    def permit(self, most: int = UINT256_MAX) -> Permit:
        """What lets the Exchange take payment tokens, up to so many base units, 0 to take that back; under the nonce
        that is the chain's next.
        """
        owner = self.signer.address
        nonce = int(self._ask("GET", "/approvals/payment", params={"account": owner})["nonce"])
        return Permit(owner, self.contract("Exchange"), most, nonce, self._now_s + DAY_S)

    def allow_money(self, permit: Permit) -> ChainAct:
        """Signs and sends a permit; again tells where that is."""
        domain = self.domain_of("Permit", PERMIT_TYPE)
        fields = {"value": permit.value, "nonce": permit.nonce, "deadline": permit.deadline}
        body = {
            "owner": permit.owner,
            "spender": permit.spender,
            **{name: str(value) for name, value in fields.items()},
            "signature": to_hex(sign_digest(self.signer, permit.digest(domain))),
        }
        return _act(self._ask("POST", "/approvals/payment", body=body))


def _act(found: Mapping[str, Any]) -> ChainAct:
    return ChainAct(
        str(found["state"]),
        found["txHash"],
        found.get("reason"),
        found.get("isNew", True),
        found.get("askedAt"),
        found.get("nextAt"),
    )
