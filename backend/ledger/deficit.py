"""Deficits: what a person still owes, and how it is settled.

A deficit is settled by retiring credits of its vintage or an earlier one, of the same region or one that its policy
lists, or by being netted from a later vintage's surplus before anything mints. On a chain it is known by a salted
reference only.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.kernel.errors import InvalidInput, NotFound
from backend.ledger.debt import OpenDeficit, require_fit
from backend.ledger.state import State, step, step_back
from backend.ledger.tables import DeficitRow, NettingRow, SettlementRow, StatementRow


class DeficitUnknown(NotFound):
    """No deficit has that reference."""

    code = "deficit.unknown"

    def __init__(self, reference: bytes) -> None:
        super().__init__(f"no deficit has the reference 0x{reference.hex()}", reference="0x" + reference.hex())


class SettlementAmountInvalid(InvalidInput):
    """A settlement of nothing or less."""

    code = "deficit.amount_invalid"

    def __init__(self, amount_gco2e: int) -> None:
        super().__init__(f"{amount_gco2e} g settles nothing; give a positive amount", amount_gco2e=amount_gco2e)


def _settled(session: Session, deficit_id: int) -> int:
    query = select(func.sum(col(SettlementRow.amount_gco2e))).where(col(SettlementRow.deficit_id) == deficit_id)
    return int(session.exec(query).one() or 0)


def _netted(session: Session, deficit_id: int, ignoring_statement: int | None) -> int:
    query = select(func.sum(col(NettingRow.amount_gco2e))).where(col(NettingRow.deficit_id) == deficit_id)
    if ignoring_statement is not None:
        query = query.where(col(NettingRow.statement_id) != ignoring_statement)
    return int(session.exec(query).one() or 0)


def _view(session: Session, row: DeficitRow, ignoring_statement: int | None = None) -> OpenDeficit:
    assert row.id is not None
    paid = _settled(session, row.id) + _netted(session, row.id, ignoring_statement)
    listed = select(StatementRow.settle_regions).where(col(StatementRow.id) == row.statement_id)
    return OpenDeficit(
        deficit_id=row.id,
        statement_id=row.statement_id,
        person_id=row.person_id,
        region=row.region,
        vintage=row.vintage,
        reference=row.reference,
        amount_gco2e=row.amount_gco2e,
        outstanding_gco2e=max(0, row.amount_gco2e - paid),
        other_regions=tuple(session.exec(listed).one().split()),
    )


@dataclass(frozen=True)
class Settlement:
    """What a chain event settled of a deficit, in grams. `source`: `<tx hash>:<log index>`."""

    amount_gco2e: int
    source: str
    at: datetime


def settlements_of(session: Session, deficit_id: int) -> list[Settlement]:
    """What the chain settled of a deficit, in order."""
    own = col(SettlementRow.deficit_id) == deficit_id
    rows = session.exec(select(SettlementRow).where(own).order_by(col(SettlementRow.id))).all()
    return [Settlement(row.amount_gco2e, row.source, row.settled_at) for row in rows]


def deficits_of(session: Session, person_id: int, *, ignoring_statement: int | None = None) -> list[OpenDeficit]:
    """A person's deficits, settled ones too, oldest vintage first. `ignoring_statement` leaves out what one statement
    nets, for computing that statement again.
    """
    rows = session.exec(
        select(DeficitRow).where(col(DeficitRow.person_id) == person_id).order_by(col(DeficitRow.vintage))
    ).all()
    return [_view(session, row, ignoring_statement) for row in rows]


def open_deficits(session: Session, person_id: int, *, ignoring_statement: int | None = None) -> list[OpenDeficit]:
    """The same with something outstanding only."""
    found = deficits_of(session, person_id, ignoring_statement=ignoring_statement)
    return [deficit for deficit in found if deficit.outstanding_gco2e]


def all_open_deficits(session: Session) -> list[OpenDeficit]:
    """Everybody's, in order of recording."""
    rows = session.exec(select(DeficitRow).order_by(col(DeficitRow.id))).all()
    return [view for view in (_view(session, row) for row in rows) if view.outstanding_gco2e]


def deficit_at(session: Session, reference: bytes) -> OpenDeficit:
    """The deficit of a reference, settled or not; raises DeficitUnknown."""
    row = session.exec(select(DeficitRow).where(col(DeficitRow.reference) == reference)).one_or_none()
    if row is None:
        raise DeficitUnknown(reference)
    return _view(session, row)


def refresh_state(session: Session, statement_id: int) -> None:
    """Moves a deficit statement between deficit, partly_settled and settled to match what is outstanding."""
    row = session.exec(select(DeficitRow).where(col(DeficitRow.statement_id) == statement_id)).one_or_none()
    statement = session.get(StatementRow, statement_id)
    if row is None or statement is None:
        return
    state = State(statement.state)
    if state not in {State.DEFICIT, State.PARTLY_SETTLED, State.SETTLED}:
        return
    view = _view(session, row)
    if view.outstanding_gco2e == 0:
        to = State.SETTLED
    else:
        to = State.DEFICIT if view.outstanding_gco2e == view.amount_gco2e else State.PARTLY_SETTLED
    if to != state:
        order = [State.DEFICIT, State.PARTLY_SETTLED, State.SETTLED]
        statement.state = (step if order.index(to) > order.index(state) else step_back)(state, to)
        session.add(statement)


def settle_deficit(
    session: Session,
    reference: bytes,
    *,
    amount_gco2e: int,
    region: str,
    vintage: int,
    source: str,
    at: datetime,
    beneficiary: str | None = None,
) -> int:
    """Counts a retirement of `amount_gco2e` under a deficit's reference. Returns the grams that counted: no more than
    was outstanding, and 0 for a source already counted. `source` names the chain event (`<tx hash>:<log index>`),
    `beneficiary` whom it names.

    Raises DeficitUnknown, DeficitCreditUnfit, SettlementAmountInvalid.
    """
    if amount_gco2e <= 0:
        raise SettlementAmountInvalid(amount_gco2e)
    deficit = deficit_at(session, reference)
    require_fit(deficit, region=region, vintage=vintage)
    if session.exec(select(SettlementRow).where(col(SettlementRow.source) == source)).one_or_none() is not None:
        return 0
    counted = min(amount_gco2e, deficit.outstanding_gco2e)
    if counted:
        session.add(
            SettlementRow(
                deficit_id=deficit.deficit_id,
                source=source,
                beneficiary=beneficiary,
                amount_gco2e=counted,
                settled_at=at,
            )
        )
        session.flush()
        refresh_state(session, deficit.statement_id)
    return counted


def unsettle_deficit(session: Session, source: str) -> int:
    """Takes back what `settle_deficit` counted for a chain event that a reorg undid; returns the grams, 0 if none."""
    row = session.exec(select(SettlementRow).where(col(SettlementRow.source) == source)).one_or_none()
    if row is None:
        return 0
    deficit = session.get(DeficitRow, row.deficit_id)
    assert deficit is not None
    session.delete(row)
    session.flush()
    refresh_state(session, deficit.statement_id)
    return row.amount_gco2e
