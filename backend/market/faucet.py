"""Test money for who wants to try the market: the local chain's payment tokens, made by the operator. A real network's
payment token is somebody else's, and nobody here can make any.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from backend.chain.contracts import Contracts
from backend.chain.rpc import LOCAL_CHAIN_ID
from backend.kernel.errors import Forbidden, RuleViolated
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import Intent, IntentState

GRANT = 1_000_000_000
"""Base units of one grant: 1,000 test dollars."""

GRANTS_A_DAY_MAX = 1_000
"""To all accounts together, each at most one a day (UTC)."""

INTENT_KIND = "market.faucet"


class FaucetClosed(Forbidden):
    """There is no test money on this chain."""

    code = "faucet.closed"

    def __init__(self, chain_id: int) -> None:
        super().__init__(
            f"test money is made on the local chain {LOCAL_CHAIN_ID} only, not on {chain_id}",
            chain_id=chain_id,
            expected_chain_id=LOCAL_CHAIN_ID,
        )


class FaucetEmpty(RuleViolated):
    """As much was given out today as there is for a day."""

    code = "faucet.empty"

    def __init__(self) -> None:
        super().__init__(
            f"the faucet made {GRANTS_A_DAY_MAX} grants today; try again tomorrow (UTC)",
            grants_a_day_max=GRANTS_A_DAY_MAX,
        )


@dataclass(frozen=True)
class FaucetGrant:
    """Test money on its way to an account; `amount` in base units. `is_new`: it was not asked for before. `next_at`:
    from when on there is more.
    """

    account: str
    amount: int
    state: IntentState
    tx_hash: bytes | None
    is_new: bool
    asked_at: datetime
    next_at: datetime


def ask_faucet(session: Session, contracts: Contracts, account: str, now: datetime) -> FaucetGrant:
    """The account's grant of today: made if there is none yet, or where it is. Raises FaucetClosed, FaucetEmpty."""
    chain_id = contracts.deployment.chain_id
    if chain_id != LOCAL_CHAIN_ID:
        raise FaucetClosed(chain_id)
    reference = f"{account}:{now.date().isoformat()}"
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    intent = intent_of(session, INTENT_KIND, reference)
    is_new = intent is None
    if intent is None:
        today = select(func.count()).where(Intent.kind == INTENT_KIND, col(Intent.created_at) >= midnight)
        if session.exec(today).one() >= GRANTS_A_DAY_MAX:
            raise FaucetEmpty
        data = contracts.encode("PaymentToken", "mint", [account, GRANT])
        intent = enqueue(session, kind=INTENT_KIND, reference=reference, contract="PaymentToken", data=data, now=now)
    state, next_at = IntentState(intent.state), midnight + timedelta(days=1)
    return FaucetGrant(account, GRANT, state, intent.tx_hash, is_new, intent.created_at, next_at)
