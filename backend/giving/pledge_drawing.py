"""Drawing under standing pledges: what is due of each goes to its campaign, through the outbox like any relayed act.

Anybody may draw on the chain; the operator does it at most once a day for each pledge, and only within the share that
the donor signed, which the audit checks afterwards. One draw of a pledge is on its way at a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.giving.deciding import next_reference
from backend.giving.donation import CampaignNotOpen, require_open
from backend.giving.kinds import RelayKind
from backend.giving.pledging import PledgeView, standing
from backend.giving.relay import is_relaying, leaving_gco2e
from backend.giving.tables import PledgeDraw, PledgeRow, Relay
from backend.kernel.digest import to_hex
from backend.kernel.mass import LOT_GCO2E
from backend.link.balances import credit_approved, credit_balance
from backend.link.outbox import enqueue, intent_of
from backend.storage.database import Database

DRAW_KIND = "giving.pledge"
LEAST_GCO2E = LOT_GCO2E
"""Less is left until there is more, or until it is the last of the maximum: a transaction has its price."""
NOT_BEFORE = timedelta(days=1)
"""Between two draws under one pledge."""


@dataclass(frozen=True)
class Drawn:
    """Draws handed to the outbox: struct hashes of the pledges, with grams."""

    draws: tuple[tuple[bytes, int], ...] = ()


def due_gco2e(session: Session, contracts: Contracts, row: PledgeRow, view: PledgeView, now: datetime) -> int:
    """What can be drawn under a standing pledge now; 0 while a draw is on its way, or was in the last day."""
    try:
        require_open(session, row.campaign_id, now)
    except CampaignNotOpen:
        return 0
    latest = select(PledgeDraw.at).where(PledgeDraw.struct_hash == row.struct_hash).order_by(col(PledgeDraw.at).desc())
    drawn_at = session.exec(latest).first()
    if drawn_at is not None and now < drawn_at + NOT_BEFORE:
        return 0
    if not credit_approved(session, row.donor, contracts.deployment.address("Charity")):
        return 0
    if is_relaying(session, RelayKind.PLEDGE_DRAW, row.donor, row.number):
        return 0
    held = credit_balance(session, row.donor, row.class_id) - leaving_gco2e(session, row.donor, row.class_id)
    due = view.pledge.due_gco2e(sold_gco2e=view.sold_gco2e, drawn_gco2e=view.drawn_gco2e, available_gco2e=max(0, held))
    is_last = view.drawn_gco2e + due == row.max_amount_gco2e
    return due if due >= LEAST_GCO2E or is_last else 0


def draw_due(database: Database, contracts: Contracts, now: datetime) -> Drawn:
    """Draws what is due of every standing pledge."""
    with database.read() as session:
        due = [row.struct_hash for row, view in standing(session, now) if due_gco2e(session, contracts, row, view, now)]
    if not due:
        return Drawn()
    with database.write() as session:
        made = [
            _draw(session, contracts, row, view, now) for row, view in standing(session, now) if row.struct_hash in due
        ]
    return Drawn(tuple(draw for draw in made if draw is not None))


def _draw(
    session: Session, contracts: Contracts, row: PledgeRow, view: PledgeView, now: datetime
) -> tuple[bytes, int] | None:
    amount = due_gco2e(session, contracts, row, view, now)
    name = f"{to_hex(row.struct_hash)}:{view.drawn_gco2e}"
    reference = next_reference(session, DRAW_KIND, name, now)
    if not amount or intent_of(session, DRAW_KIND, reference) is not None:
        return None
    terms = tuple(view.pledge.message().values())
    data = contracts.encode("Charity", "drawPledge", [terms, amount, row.signature])
    intent = enqueue(session, kind=DRAW_KIND, reference=reference, contract="Charity", data=data, now=now)
    session.add(
        Relay(
            intent_id=intent.id,
            kind=RelayKind.PLEDGE_DRAW,
            account=row.donor,
            number=row.number,
            class_id=row.class_id,
            amount_gco2e=amount,
            created_at=now,
        )
    )
    session.flush()
    return row.struct_hash, amount
