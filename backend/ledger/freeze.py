"""Once a statement is submitted, what it was made of stands still, for everybody who shares it."""

from collections.abc import Iterable

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.kernel.errors import Conflict
from backend.ledger.standings import THEIR_STATES
from backend.ledger.state import FROZEN
from backend.ledger.tables import StatementRow, StatementStateRow


class VintageFrozen(Conflict):
    """A statement of that year, of this person or of somebody it lives with, is with the verifiers or past them."""

    code = "activity.vintage_frozen"

    def __init__(self, vintage: int) -> None:
        super().__init__(
            f"the year {vintage} is submitted for somebody of this household; it can change only if that is returned",
            vintage=vintage,
        )


def _frozen(person_ids: Iterable[int]) -> SelectOfScalar[int]:
    """The vintages that one of these people has handed in."""
    return (
        select(StatementRow.vintage)
        .join(StatementStateRow, THEIR_STATES)
        .where(
            col(StatementRow.person_id).in_(sorted(person_ids)),
            col(StatementRow.current),
            col(StatementStateRow.state).in_([str(state) for state in sorted(FROZEN)]),
        )
    )


def frozen_vintages(session: Session, person_ids: Iterable[int]) -> frozenset[int]:
    """The vintages of which any of these people has a submitted or later statement."""
    return frozenset(session.exec(_frozen(person_ids)).all())


def require_unfrozen(session: Session, person_ids: Iterable[int], *, from_year: int, to_year: int = 9999) -> None:
    """Raises VintageFrozen if any of these people has a submitted or later statement of any of these years."""
    within = _frozen(person_ids).where(col(StatementRow.vintage) >= from_year, col(StatementRow.vintage) <= to_year)
    vintage = session.exec(within.limit(1)).first()
    if vintage is not None:
        raise VintageFrozen(vintage)
