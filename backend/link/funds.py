"""Whose funds or cancellations an event changed: for the market, whose orders may no longer stand."""

from collections.abc import Callable

from sqlmodel import Session

from backend.chain.events import ChainEvent

FundsListener = Callable[[Session, set[str]], None]
"""Called with the accounts whose balances, allowances or approvals changed, after a block's events are applied (or a
rewind undid them) and inside the same database transaction: what it writes stands or falls with the block. It must not
raise, and what it keeps in memory must be rebuilt at start: the process may end before the commit."""

ZERO_ADDRESS = "0x" + 40 * "0"

_ACCOUNTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("CarbonCredit", "TransferSingle"): ("from", "to"),
    ("CarbonCredit", "TransferBatch"): ("from", "to"),
    ("CarbonCredit", "ApprovalForAll"): ("account",),
    ("PaymentToken", "Transfer"): ("from", "to"),
    ("PaymentToken", "Approval"): ("owner",),
    ("Exchange", "Filled"): ("buyer", "seller"),
    ("Exchange", "NumberCancelled"): ("maker",),
    ("Exchange", "AllCancelled"): ("maker",),
}
"""(contract, event) -> the arguments that name such accounts."""


def accounts_in(event: ChainEvent) -> set[str]:
    """EIP-55 addresses; empty if the event moves no funds."""
    named = {str(event.args[name]) for name in _ACCOUNTS.get((event.contract, event.name), ())}
    return named - {ZERO_ADDRESS}
