"""Once a statement is submitted, what it was made of stands still, for everybody who shares it."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

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


def require_unfrozen(session: Session, person_ids: Iterable[int], *, from_year: int, to_year: int = 9999) -> None:
    """Raises VintageFrozen if any of these people has a submitted or later statement of any of these years."""
    row = session.exec(
        select(StatementRow)
        .join(StatementStateRow, THEIR_STATES)
        .where(
            col(StatementRow.person_id).in_(sorted(person_ids)),
            col(StatementRow.vintage) >= from_year,
            col(StatementRow.vintage) <= to_year,
            col(StatementRow.current),
            col(StatementStateRow.state).in_([str(state) for state in sorted(FROZEN)]),
        )
        .limit(1)
    ).first()
    if row is not None:
        raise VintageFrozen(row.vintage)
