"""Campaigns as the chain has them, with their stories; closing one, and paying back what a failed one holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.giving.holding import Holding
from backend.giving.kinds import CampaignState, MovementKind
from backend.giving.projection import holding_of
from backend.giving.story import Story
from backend.giving.tables import Campaign, CampaignHolding, CharityListing, Movement, StoryRow
from backend.kernel.clock import iso
from backend.kernel.errors import NotFound, RuleViolated
from backend.link.outbox import enqueue
from backend.link.tables import Intent

REFUNDS_MAX = 50
"""Donors in one refund transaction: 300,000 gas each at most, far below a block's limit."""


class CampaignUnknown(NotFound):
    """No campaign has that id."""

    code = "campaign.unknown"

    def __init__(self, campaign_id: int) -> None:
        super().__init__(f"no campaign has the id {campaign_id}; GET /campaigns lists all", campaign_id=campaign_id)


class CampaignNotOver(RuleViolated):
    """The campaign's window has not closed, or it is decided already."""

    code = "campaign.not_over"

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            f"campaign {campaign.campaign_id} is {campaign.state} and closes at {iso(campaign.closes_at)}",
            campaign_id=campaign.campaign_id,
            state=campaign.state,
            closes_at=iso(campaign.closes_at),
        )


class CampaignNotFailed(RuleViolated):
    """Only a failed campaign gives back."""

    code = "campaign.not_failed"

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            f"campaign {campaign.campaign_id} is {campaign.state}; only a failed one refunds",
            campaign_id=campaign.campaign_id,
            state=campaign.state,
        )


@dataclass(frozen=True)
class CampaignView:
    """A campaign with its holdings by class id, ascending. `story` is None if nobody published it here."""

    campaign: Campaign
    holdings: dict[int, Holding]
    story: Story | None

    @property
    def total(self) -> Holding:
        """Over all classes, as the contract counts."""
        return sum(self.holdings.values(), Holding())


def publish_story(session: Session, story: Story, now: datetime) -> bytes:
    """Keeps a story for whoever reads the campaign; returns the digest to open the campaign with."""
    if session.get(StoryRow, story.digest) is None:
        session.add(StoryRow(digest=story.digest, document=story.document().decode(), published_at=now))
        session.flush()
    return story.digest


def campaign_at(session: Session, campaign_id: int) -> Campaign:
    """Raises CampaignUnknown."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise CampaignUnknown(campaign_id)
    return campaign


def is_listed(session: Session, charity: str) -> bool:
    """Whether a charity is listed now."""
    latest = (
        select(CharityListing.listed)
        .where(CharityListing.charity == charity)
        .order_by(col(CharityListing.block_number).desc(), col(CharityListing.log_index).desc())
        .limit(1)
    )
    return session.exec(latest).first() or False


def held_gco2e(session: Session, campaign_id: int, class_id: int) -> int:
    """What a campaign holds of a class."""
    return holding_of(session.get(CampaignHolding, (campaign_id, class_id))).held_gco2e


def campaign_view(session: Session, campaign_id: int) -> CampaignView:
    """A campaign with everything about it; raises CampaignUnknown."""
    campaign = campaign_at(session, campaign_id)
    rows = session.exec(
        select(CampaignHolding)
        .where(CampaignHolding.campaign_id == campaign_id)
        .order_by(col(CampaignHolding.class_id))
    ).all()
    story = session.get(StoryRow, campaign.story_digest)
    return CampaignView(
        campaign=campaign,
        holdings={row.class_id: holding_of(row) for row in rows},
        story=None if story is None else Story.read(story.document),
    )


def campaign_views(session: Session) -> list[CampaignView]:
    """Every campaign, oldest first."""
    ids = session.exec(select(Campaign.campaign_id).order_by(col(Campaign.campaign_id))).all()
    return [campaign_view(session, campaign_id) for campaign_id in ids]


def donated_by_class(session: Session) -> dict[int, int]:
    """Grams ever donated to any campaign, by class id; refunded ones are not taken off."""
    totals: dict[int, int] = {}
    for row in session.exec(select(CampaignHolding)).all():
        totals[row.class_id] = totals.get(row.class_id, 0) + row.donated_gco2e
    return totals


def movements_of(
    session: Session, campaign_id: int, kind: MovementKind, *, limit: int | None = None
) -> Sequence[Movement]:
    """A campaign's movements of one kind, newest first; raises CampaignUnknown."""
    campaign_at(session, campaign_id)
    query = (
        select(Movement)
        .where(Movement.campaign_id == campaign_id, Movement.kind == kind)
        .order_by(col(Movement.block_number).desc(), col(Movement.log_index).desc())
    )
    return session.exec(query if limit is None else query.limit(limit)).all()


def close_campaign(session: Session, contracts: Contracts, campaign_id: int, now: datetime) -> Intent:
    """Has the chain decide a campaign whose window is over or whose charity is delisted; anyone may ask for it.

    Raises CampaignUnknown, CampaignNotOver.
    """
    campaign = campaign_at(session, campaign_id)
    is_over = now >= campaign.closes_at or not is_listed(session, campaign.charity)
    if campaign.state != CampaignState.OPEN or not is_over:
        raise CampaignNotOver(campaign)
    data = contracts.encode("Charity", "finalise", [campaign_id])
    return enqueue(session, kind="giving.finalise", reference=str(campaign_id), contract="Charity", data=data, now=now)


def refund_campaign(session: Session, contracts: Contracts, campaign_id: int, now: datetime) -> list[Intent]:
    """Has a failed campaign give every donor back what it gave and did not get back yet, REFUNDS_MAX at a time.

    Raises CampaignUnknown, CampaignNotFailed.
    """
    campaign = campaign_at(session, campaign_id)
    if campaign.state != CampaignState.FAILED:
        raise CampaignNotFailed(campaign)
    refunded = {(row.class_id, row.donor) for row in movements_of(session, campaign_id, MovementKind.REFUND)}
    gifts = movements_of(session, campaign_id, MovementKind.GIFT)
    owed = sorted({(row.class_id, row.donor or "") for row in gifts} - refunded)
    intents = []
    for class_id in sorted({class_id for class_id, _ in owed}):
        donors = [donor for owed_class, donor in owed if owed_class == class_id]
        for start in range(0, len(donors), REFUNDS_MAX):
            some = donors[start : start + REFUNDS_MAX]
            data = contracts.encode("Charity", "refund", [campaign_id, class_id, some])
            reference = f"{campaign_id}:{class_id}:{some[0]}:{len(refunded)}"
            intents.append(
                enqueue(session, kind="giving.refund", reference=reference, contract="Charity", data=data, now=now)
            )
    return intents
