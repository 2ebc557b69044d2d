"""The trails of gifts, read from the projection: a campaign's, or a donor's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from backend.giving.campaign import campaign_at
from backend.giving.kinds import CampaignState, MovementKind
from backend.giving.receipt import receipt_at
from backend.giving.tables import Movement
from backend.giving.trail import Given, Place, Spent, Trail, trails_of


@dataclass(frozen=True)
class TracedPart:
    """Grams of a gift and the event that took them. `event` is None while they are held."""

    amount_gco2e: int
    kind: MovementKind | None
    event: Movement | None


@dataclass(frozen=True)
class TracedGift:
    """A gift with what became of every gram of it."""

    gift: Movement
    parts: tuple[TracedPart, ...]


def traced_gifts(session: Session, campaign_id: int, *, donor: str | None = None) -> list[TracedGift]:
    """A campaign's gifts, or a donor's to it, newest first. Raises CampaignUnknown."""
    failed = campaign_at(session, campaign_id).state == CampaignState.FAILED
    by_class: dict[int, list[Movement]] = {}
    for row in session.exec(select(Movement).where(Movement.campaign_id == campaign_id)).all():
        by_class.setdefault(row.class_id, []).append(row)
    found = [
        traced
        for rows in by_class.values()
        for traced in _traced(rows, failed=failed)
        if donor is None or traced.gift.donor == donor
    ]
    return sorted(found, key=lambda one: _place(one.gift), reverse=True)


def traced_gifts_of(session: Session, donor: str) -> list[TracedGift]:
    """All a donor's gifts, newest first."""
    query = select(Movement.campaign_id).where(Movement.donor == donor, Movement.kind == MovementKind.GIFT).distinct()
    campaigns = session.exec(query).all()
    found = [traced for campaign_id in campaigns for traced in traced_gifts(session, campaign_id, donor=donor)]
    return sorted(found, key=lambda one: _place(one.gift), reverse=True)


def older_than(session: Session, found: Sequence[TracedGift], receipt_id: str | None) -> Sequence[TracedGift]:
    """Those of some gifts that were given before the one with a receipt; all without one. Raises ReceiptIdMalformed,
    ReceiptUnknown.
    """
    if receipt_id is None:
        return found
    seen = receipt_at(session, receipt_id)
    return [one for one in found if _place(one.gift) < (seen.block_number, seen.log_index)]


def _place(row: Movement) -> Place:
    return row.block_number, row.log_index


def _traced(rows: Sequence[Movement], *, failed: bool) -> Iterable[TracedGift]:
    """Of one campaign and class."""
    at = {_place(row): row for row in rows}
    gifts = [Given(_place(row), row.donor or "", row.amount_gco2e) for row in rows if row.kind == MovementKind.GIFT]
    exits = [
        Spent(_place(row), MovementKind(row.kind), row.amount_gco2e, row.donor)
        for row in rows
        if row.kind != MovementKind.GIFT
    ]
    for trail in trails_of(gifts, exits, failed=failed):
        yield TracedGift(at[trail.gift.place], tuple(_part(at, trail)))


def _part(at: dict[Place, Movement], trail: Trail) -> Iterable[TracedPart]:
    for part in trail.parts:
        yield TracedPart(part.amount_gco2e, part.kind, None if part.place is None else at[part.place])
