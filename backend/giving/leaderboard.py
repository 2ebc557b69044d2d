"""Leaderboards: who retired most for good, and who gave most, of those who asked to be listed. Grams.

What settled a deficit is not counted: it was owed. What a campaign that failed gives back was not given. What is given
is not said to be retired: that is the campaign's, and stands in its trails.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from backend.giving.campaign import campaign_at
from backend.giving.kinds import CampaignState, MovementKind, RetirementPurpose
from backend.giving.tables import BoardName, Campaign, Movement, Retirement

Entry = tuple[str, int, int]
"""Name, class id, grams."""


@dataclass(frozen=True)
class Standing:
    """A place on a board. Who has the same has the same rank. `by_class`: grams by class id; no class stands for
    another.
    """

    rank: int
    name: str
    amount_gco2e: int
    by_class: Mapping[int, int]


def ranked(entries: Iterable[Entry]) -> list[Standing]:
    """The most first; by name among equals."""
    sums: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for name, class_id, amount_gco2e in entries:
        sums[name][class_id] += amount_gco2e
    totals = {name: sum(by_class.values()) for name, by_class in sums.items()}
    order = sorted((name for name, total in totals.items() if total), key=lambda name: (-totals[name], name))
    return [
        Standing(
            rank=1 + sum(totals[other] > totals[name] for other in order),
            name=name,
            amount_gco2e=totals[name],
            by_class={class_id: amount for class_id, amount in sorted(sums[name].items()) if amount},
        )
        for name in order
    ]


def most_retired(session: Session, year: int | None) -> list[Standing]:
    """Who retired most of its own credits for good: for itself, another or an event, in a year (UTC) or ever."""
    query = select(BoardName.name, Retirement).join(BoardName, col(BoardName.account) == col(Retirement.account))
    if year is not None:
        query = query.where(col(Retirement.at) >= _start(year), col(Retirement.at) < _start(year + 1))
    return ranked(
        (name, row.class_id, row.amount_gco2e - row.counted_gco2e)
        for name, row in session.exec(query).all()
        if row.purpose != RetirementPurpose.DEFICIT
    )


def most_given(session: Session, year: int | None, campaign_id: int | None) -> list[Standing]:
    """Who gave most, in a year (UTC) or ever, to any campaign or to one. Raises CampaignUnknown."""
    query = (
        select(BoardName.name, Movement)
        .join(BoardName, col(BoardName.account) == col(Movement.donor))
        .join(Campaign, col(Campaign.campaign_id) == col(Movement.campaign_id))
        .where(Movement.kind == MovementKind.GIFT, Campaign.state != CampaignState.FAILED)
    )
    if campaign_id is not None:
        campaign_at(session, campaign_id)
        query = query.where(Movement.campaign_id == campaign_id)
    if year is not None:
        query = query.where(col(Movement.at) >= _start(year), col(Movement.at) < _start(year + 1))
    return ranked((name, row.class_id, row.amount_gco2e) for name, row in session.exec(query).all())


def _start(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)
