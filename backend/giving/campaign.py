"""Campaigns as the chain has them, with their stories: what each is for, what it got, and what it may do now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.giving.campaign_phase import CampaignPhase, phase_of
from backend.giving.charity import listed_charities
from backend.giving.charity_name import charity_names
from backend.giving.holding import Holding
from backend.giving.kinds import MovementKind
from backend.giving.projection import holding_of
from backend.giving.public_text import PublicTextUnfit
from backend.giving.story import Story, StoryInvalid
from backend.giving.tables import Campaign, CampaignHolding, Movement, StoryRow
from backend.kernel.errors import NotFound
from backend.kernel.mass import BPS


class CampaignUnknown(NotFound):
    """No campaign has that id."""

    code = "campaign.unknown"

    def __init__(self, campaign_id: int) -> None:
        super().__init__(f"no campaign has the id {campaign_id}; GET /campaigns lists all", campaign_id=campaign_id)


@dataclass(frozen=True)
class CampaignView:
    """A campaign with its holdings by class id, ascending. `story` is None if none was published here that tells of the
    campaign's own kind and target.
    """

    campaign: Campaign
    holdings: dict[int, Holding]
    story: Story | None
    charity_listed: bool
    charity_name: str | None
    gifts: int
    donors: int

    @property
    def total(self) -> Holding:
        """Over all classes, as the contract counts."""
        return sum(self.holdings.values(), Holding())

    @property
    def progress_bps(self) -> int:
        """Of the target, in basis points, rounded down; more than 10,000 once it is exceeded."""
        target = self.campaign.target_gco2e
        return self.total.donated_gco2e * BPS // target if target else BPS

    def phase_at(self, now: datetime) -> CampaignPhase:
        """Where it stands at a time."""
        return phase_of(self.campaign, charity_listed=self.charity_listed, now=now)


def campaign_at(session: Session, campaign_id: int) -> Campaign:
    """Raises CampaignUnknown."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise CampaignUnknown(campaign_id)
    return campaign


def held_gco2e(session: Session, campaign_id: int, class_id: int) -> int:
    """What a campaign holds of a class."""
    return holding_of(session.get(CampaignHolding, (campaign_id, class_id))).held_gco2e


def campaign_view(session: Session, campaign_id: int) -> CampaignView:
    """A campaign with everything about it; raises CampaignUnknown."""
    [view] = _views(session, [campaign_at(session, campaign_id)])
    return view


def campaign_views(session: Session, charity: str | None = None) -> list[CampaignView]:
    """Every campaign, or a charity's; oldest first."""
    query = select(Campaign).order_by(col(Campaign.campaign_id))
    return _views(session, session.exec(query if charity is None else query.where(Campaign.charity == charity)).all())


def _views(session: Session, campaigns: Sequence[Campaign]) -> list[CampaignView]:
    """A few questions for all of them together."""
    ids = [campaign.campaign_id for campaign in campaigns]
    holdings: dict[int, dict[int, Holding]] = {campaign_id: {} for campaign_id in ids}
    held = select(CampaignHolding).where(col(CampaignHolding.campaign_id).in_(ids))
    for row in session.exec(held.order_by(col(CampaignHolding.class_id))).all():
        holdings[row.campaign_id][row.class_id] = holding_of(row)
    stories = _stories(session, {campaign.story_digest for campaign in campaigns})
    gifts = (
        select(Movement.campaign_id, func.count(), func.count(col(Movement.donor).distinct()))
        .where(Movement.kind == MovementKind.GIFT, col(Movement.campaign_id).in_(ids))
        .group_by(col(Movement.campaign_id))
    )
    counts = {campaign_id: (given, donors) for campaign_id, given, donors in session.exec(gifts).all()}
    listed, names = listed_charities(session), charity_names(session)
    return [
        CampaignView(
            campaign=campaign,
            holdings=holdings[campaign.campaign_id],
            story=_fitting(stories.get(campaign.story_digest), campaign),
            charity_listed=campaign.charity in listed,
            charity_name=names.get(campaign.charity),
            gifts=counts.get(campaign.campaign_id, (0, 0))[0],
            donors=counts.get(campaign.campaign_id, (0, 0))[1],
        )
        for campaign in campaigns
    ]


def _fitting(story: Story | None, campaign: Campaign) -> Story | None:
    """A story that tells of another kind or target than the chain has is not the campaign's."""
    if story is None or (story.kind, story.target_gco2e) != (campaign.kind, campaign.target_gco2e):
        return None
    return story


def _stories(session: Session, digests: Iterable[bytes]) -> dict[bytes, Story]:
    """What was published under these digests. A story from before a rule that it breaks is not shown any more."""
    found = {}
    for row in session.exec(select(StoryRow).where(col(StoryRow.digest).in_(digests))).all():
        try:
            found[row.digest] = Story.read(row.document)
        except (PublicTextUnfit, StoryInvalid):
            continue
    return found


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
