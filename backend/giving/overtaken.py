"""A retirement with a receipt that somebody sent alone first: done as signed, and its receipt is all that is lost.

Anybody can: the `Retire` message of a transaction on its way is good without the contract that issues receipts.
"""

from sqlmodel import Session

from backend.giving.kinds import RelayKind
from backend.giving.tables import Relay, Retirement
from backend.link.balances import spent_at
from backend.link.tables import Intent, IntentState

_NUMBER_TO_RETIRED = 2
"""Events from `NumberUsed` to `Retired`: the burn stands between."""


def overtaken(session: Session, relay: Relay, intent: Intent) -> Retirement | None:
    """The retirement that was faster, as far as the chain is indexed; None if there is none."""
    if relay.kind != RelayKind.RETIRE_RECEIPT or intent.state != IntentState.REVERTED:
        return None
    spent = spent_at(session, "CarbonCredit", relay.account, relay.number)
    if spent is None:
        return None
    block_number, log_index = spent
    found = session.get(Retirement, (block_number, log_index + _NUMBER_TO_RETIRED))
    terms = (relay.account, relay.class_id, relay.amount_gco2e)
    if found is None or (found.account, found.class_id, found.amount_gco2e) != terms:
        return None
    return found
