"""Finding campaigns: by words of their stories, by what they are and where they stand."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.giving.campaign import CampaignView, campaign_views
from backend.giving.campaign_phase import CampaignPhase
from backend.giving.kinds import CampaignKind
from backend.kernel.text import seen


@dataclass(frozen=True)
class Wanted:
    """What a campaign must be to be found; None asks for nothing. `words`: all of them, somewhere in its story, in
    either language, whatever their case. `after`: campaigns with a larger id.
    """

    words: str | None = None
    kind: CampaignKind | None = None
    phase: CampaignPhase | None = None
    charity: str | None = None
    after: int = 0


def find_campaigns(session: Session, wanted: Wanted, now: datetime, limit: int) -> list[CampaignView]:
    """Campaigns that fit, oldest first, at most `limit`."""
    words = seen(wanted.words or "").split()
    found = [
        view
        for view in campaign_views(session, wanted.charity)
        if view.campaign.campaign_id > wanted.after
        and wanted.kind in {None, view.campaign.kind}
        and wanted.phase in {None, view.phase_at(now)}
        and _has(view, words)
    ]
    return found[:limit]


def _has(view: CampaignView, words: list[str]) -> bool:
    if not words:
        return True
    if view.story is None:
        return False
    story = view.story
    text = seen(" ".join((story.title_en, story.title_zh, story.story_en, story.story_zh)))
    return all(word in text for word in words)
