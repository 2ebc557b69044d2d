"""An account's own retirements and gifts, as the chain has them."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from backend.giving.kinds import MovementKind
from backend.giving.tables import Movement, Retirement


def retirements_of(session: Session, account: str, limit: int) -> Sequence[Retirement]:
    """What an account retired, and what was retired for it; newest first."""
    query = (
        select(Retirement)
        .where(or_(Retirement.account == account, Retirement.beneficiary == account))
        .order_by(col(Retirement.block_number).desc(), col(Retirement.log_index).desc())
        .limit(limit)
    )
    return session.exec(query).all()


def gifts_of(session: Session, account: str, limit: int) -> Sequence[Movement]:
    """What an account gave, and what it got back; newest first."""
    query = (
        select(Movement)
        .where(Movement.donor == account, col(Movement.kind).in_([MovementKind.GIFT, MovementKind.REFUND]))
        .order_by(col(Movement.block_number).desc(), col(Movement.log_index).desc())
        .limit(limit)
    )
    return session.exec(query).all()
