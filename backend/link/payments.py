"""Projection of the payment token: balances, and what accounts allow the Exchange to spend.

ERC-20 says nothing when an allowance is spent (OpenZeppelin 5 emits no Approval in transferFrom), so INV-09 leaves
allowances out. But only settlement spends what is allowed to the Exchange, and each `Filled` says what its buyer paid:
an allowance is therefore the last Approval less cost and fee of every fill since, unless it is the maximum, which never
shrinks. Allowances to other spenders are the last Approval: an upper bound. `link.reconcile` compares with the chain.
"""

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select

from backend.chain.events import ChainEvent
from backend.kernel.mass import UINT256_MAX
from backend.link.funds import ZERO_ADDRESS
from backend.link.tables import PaymentAllowance, PaymentBalance
from backend.storage.asking import first_of

_ALLOWED = (
    select(PaymentAllowance.amount)
    .where(PaymentAllowance.account == bindparam("account"), PaymentAllowance.spender == bindparam("spender"))
    .order_by(col(PaymentAllowance.block_number).desc(), col(PaymentAllowance.log_index).desc())
    .limit(1)
)
"""Asked of every account that trades."""


class PaymentProjection:
    """Follows PaymentToken, and the fills that spend allowances. `exchange`: its EIP-55 address."""

    name = "payments"

    def __init__(self, exchange: str) -> None:
        self._exchange = exchange

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Adds what the event says."""
        kind = (event.contract, event.name)
        if kind == ("PaymentToken", "Transfer"):
            _move(session, event, event.args["value"])
        elif kind == ("PaymentToken", "Approval"):
            _allow(session, event, event.args["owner"], event.args["spender"], event.args["value"])
        elif kind == ("Exchange", "Filled"):
            left = allowance_of(session, event.args["buyer"], self._exchange)
            if left != UINT256_MAX:
                _allow(session, event, event.args["buyer"], self._exchange, max(0, left - _paid(event)))
        session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Takes away what the event said."""
        kind = (event.contract, event.name)
        if kind == ("PaymentToken", "Transfer"):
            _move(session, event, -event.args["value"])
        elif kind == ("PaymentToken", "Approval"):
            _disallow(session, event, event.args["owner"], event.args["spender"])
        elif kind == ("Exchange", "Filled"):
            _disallow(session, event, event.args["buyer"], self._exchange)
        session.flush()

    def reset(self, session: Session) -> None:
        """Empties the tables."""
        session.exec(delete(PaymentBalance))
        session.exec(delete(PaymentAllowance))


def allowance_of(session: Session, account: str, spender: str) -> int:
    """Base units `spender` may still take from `account`; UINT256_MAX means without limit."""
    row = first_of(session, _ALLOWED, account=account, spender=spender)
    return row[0] if row else 0


def _paid(event: ChainEvent) -> int:
    cost: int = event.args["lots"] * event.args["pricePerKg"]
    fee: int = event.args["fee"]
    return cost + fee


def _allow(session: Session, event: ChainEvent, account: str, spender: str, amount: int) -> None:
    session.add(
        PaymentAllowance(
            account=account,
            spender=spender,
            block_number=event.block_number,
            log_index=event.log_index,
            amount=amount,
        )
    )


def _disallow(session: Session, event: ChainEvent, account: str, spender: str) -> None:
    row = session.get(PaymentAllowance, (account, spender, event.block_number, event.log_index))
    if row is not None:  # a fill paid from a limitless allowance left no row
        session.delete(row)


def _move(session: Session, event: ChainEvent, amount: int) -> None:
    for side, change in (("from", -amount), ("to", amount)):
        account = event.args[side]
        if account == ZERO_ADDRESS:
            continue
        row = session.get(PaymentBalance, account) or PaymentBalance(account=account)
        row.balance += change
        if row.balance:
            session.add(row)
        elif row in session:
            session.delete(row)
        session.flush()
