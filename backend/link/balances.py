"""What the index says of an account: the reads other rooms use, as of the last applied block (`link.index.indexed`)."""

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from backend.chain.deployment import Deployment
from backend.link.credits import CreditProjection
from backend.link.numbers import NumberProjection
from backend.link.payments import PaymentProjection, allowance_of
from backend.link.projection import Projection
from backend.link.tables import (
    CreditApproval,
    CreditBalance,
    CreditClassTotals,
    MakerEpoch,
    PaymentBalance,
    SpentNumber,
)
from backend.storage.asking import first_of


def balance_projections(deployment: Deployment) -> list[Projection]:
    """The projections behind these reads; register them before any room's."""
    return [CreditProjection(), PaymentProjection(deployment.address("Exchange")), NumberProjection()]


def credit_balance(session: Session, account: str, class_id: int) -> int:
    """Grams of a class an account holds."""
    row = first_of(session, _HELD, account=account, class_id=class_id)
    return row[0] if row else 0


def credit_retired(session: Session, account: str, class_id: int) -> int:
    """Grams of a class retired for an account (as the beneficiary)."""
    row = session.get(CreditBalance, (account, class_id))
    return row.retired_gco2e if row else 0


def credit_holdings(session: Session, account: str) -> list[CreditBalance]:
    """Every class an account holds or has had retired for it, by class id."""
    query = select(CreditBalance).where(CreditBalance.account == account).order_by(col(CreditBalance.class_id))
    return list(session.exec(query))


def credit_class(session: Session, class_id: int) -> CreditClassTotals | None:
    """A class's totals; None if it was never created."""
    return session.get(CreditClassTotals, class_id)


def credit_classes(session: Session) -> list[CreditClassTotals]:
    """Every class, by id."""
    return list(session.exec(select(CreditClassTotals).order_by(col(CreditClassTotals.class_id))))


def credit_approved(session: Session, account: str, operator: str) -> bool:
    """Whether `operator` may move an account's credits."""
    row = first_of(session, _APPROVED, account=account, operator=operator)
    return row is not None and row[0]


def payment_balance(session: Session, account: str) -> int:
    """Base units of the payment token an account holds."""
    row = first_of(session, _PAYMENT, account=account)
    return row[0] if row else 0


def payment_allowance(session: Session, account: str, spender: str) -> int:
    """Base units `spender` may take from an account; exact for the Exchange, an upper bound for others."""
    return allowance_of(session, account, spender)


def maker_epoch(session: Session, account: str) -> int:
    """The epoch an account's orders must carry; 0 until it first cancels all."""
    row = first_of(session, _EPOCH, account=account)
    return row[0] if row else 0


def number_cancelled(session: Session, account: str, number: int) -> bool:
    """Whether an account cancelled this order number on the Exchange."""
    return session.get(SpentNumber, ("Exchange", account, number)) is not None


def any_number_cancelled(session: Session, account: str) -> bool:
    """Whether an account cancelled any order number on the Exchange."""
    return first_of(session, _CANCELLED, account=account) is not None


def number_used(session: Session, contract: str, account: str, number: int) -> bool:
    """Whether an account's signed act of this number was executed, or withdrawn; contract CarbonCredit or Charity."""
    return session.get(SpentNumber, (contract, account, number)) is not None


def spent_at(session: Session, contract: str, account: str, number: int) -> tuple[int, int] | None:
    """Block number and log index of the event that spent an account's number; None while it is unspent."""
    row = session.get(SpentNumber, (contract, account, number))
    return None if row is None else (row.block_number, row.log_index)


# --- What the market asks of every account that trades, after every block: each written once ---

_HELD = select(CreditBalance.held_gco2e).where(
    CreditBalance.account == bindparam("account"), CreditBalance.class_id == bindparam("class_id")
)
_APPROVED = (
    select(CreditApproval.approved)
    .where(CreditApproval.account == bindparam("account"), CreditApproval.operator == bindparam("operator"))
    .order_by(col(CreditApproval.block_number).desc(), col(CreditApproval.log_index).desc())
    .limit(1)
)
_PAYMENT = select(PaymentBalance.balance).where(PaymentBalance.account == bindparam("account"))
_EPOCH = select(MakerEpoch.epoch).where(MakerEpoch.account == bindparam("account"))
_CANCELLED = (
    select(SpentNumber.number)
    .where(SpentNumber.contract == "Exchange", SpentNumber.account == bindparam("account"))
    .limit(1)
)
