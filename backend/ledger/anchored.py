"""What the chain makes of a whole batch of statements, set by set: a million of them take a few statements of SQL."""

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import ColumnExpressionArgument, literal, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.ledger.deficit import refresh_state
from backend.ledger.state import State, step, step_back
from backend.ledger.tables import DeficitRow, NettingRow, SettlementRow, StatementStateRow

Digests: TypeAlias = Sequence[bytes] | SelectOfScalar[bytes]
"""Digests of statements, or a query for them."""

_ANCHORED = (State.ISSUED, State.NEUTRAL, State.DEFICIT, State.PARTLY_SETTLED, State.SETTLED)


def mark_all_anchored(session: Session, digests: Digests) -> None:
    """Attested -> issued, neutral or deficit: their batch's totals are on the chain. Raises StatementStateWrong, having
    changed nothing, if one of them is not attested.
    """
    wrong = _state_outside(session, digests, (State.ATTESTED,))
    if wrong is not None:
        step(wrong, State.ISSUED)
    _set(session, digests, col(StatementStateRow.once_anchored))
    # Of those that something was paid of, only what has just become a deficit is still called one.
    paid = select(NettingRow.deficit_id).union(select(SettlementRow.deficit_id))
    owing = (
        select(DeficitRow.statement_id)
        .join(StatementStateRow, col(StatementStateRow.statement_id) == col(DeficitRow.statement_id))
        .where(col(DeficitRow.id).in_(paid), col(StatementStateRow.state) == str(State.DEFICIT))
    )
    for statement_id in session.exec(owing).all():
        refresh_state(session, statement_id)


def unmark_all_anchored(session: Session, digests: Digests) -> None:
    """Takes `mark_all_anchored` back after a reorg. Raises StatementStateWrong."""
    _back(session, digests, _ANCHORED, State.ATTESTED)


def unmark_all_claimed(session: Session, digests: Digests) -> None:
    """Claimed -> issued, after a reorg. Raises StatementStateWrong."""
    _back(session, digests, (State.CLAIMED,), State.ISSUED)


def _back(session: Session, digests: Digests, states: Sequence[State], to: State) -> None:
    wrong = _state_outside(session, digests, states)
    if wrong is not None:
        step_back(wrong, to)
    _set(session, digests, literal(str(to)))


def _state_outside(session: Session, digests: Digests, states: Sequence[State]) -> State | None:
    """The state of one of these statements that is in none of these states; None if all are in one."""
    query = (
        select(StatementStateRow.state)
        .where(col(StatementStateRow.digest).in_(digests))
        .where(col(StatementStateRow.state).not_in([str(one) for one in states]))
        .limit(1)
    )
    found = session.exec(query).first()
    return None if found is None else State(found)


def _set(session: Session, digests: Digests, state: ColumnExpressionArgument[str]) -> None:
    session.flush()
    session.execute(
        update(StatementStateRow).where(col(StatementStateRow.digest).in_(digests)).values(state=state),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
