"""Where a campaign stands for people: its state on the chain, its window to the second, and its charity. Pure.

The window is half-open, as the contract's: in the second in which it closes a campaign takes no gift any more, and can
be decided. So each second belongs to one phase.
"""

from datetime import datetime
from enum import StrEnum

from backend.giving.kinds import CampaignState
from backend.giving.tables import Campaign
from backend.kernel.clock import iso


class CampaignPhase(StrEnum):
    """announced -> collecting -> closed -> succeeded | failed. A delisted charity suspends the first three."""

    ANNOUNCED = "announced"
    COLLECTING = "collecting"
    CLOSED = "closed"
    """Its window is over, and nobody had it decided yet."""
    SUSPENDED = "suspended"
    """Its charity is delisted: no gifts, and anybody may have it failed, so that donors get back what is not spent."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


DECIDABLE = frozenset({CampaignPhase.CLOSED, CampaignPhase.SUSPENDED})
"""Phases in which the chain decides a campaign, whoever asks."""


def phase_of(campaign: Campaign, *, charity_listed: bool, now: datetime) -> CampaignPhase:
    """Where a campaign stands at a time."""
    if campaign.state != CampaignState.OPEN:
        return CampaignPhase(campaign.state)
    if not charity_listed:
        return CampaignPhase.SUSPENDED
    if now < campaign.opens_at:
        return CampaignPhase.ANNOUNCED
    return CampaignPhase.COLLECTING if now < campaign.closes_at else CampaignPhase.CLOSED


def why_closed(campaign: Campaign, phase: CampaignPhase) -> str:
    """Why a campaign takes no gifts in a phase, in words; nothing to say of one that collects."""
    return {
        CampaignPhase.ANNOUNCED: f"it opens at {iso(campaign.opens_at)}",
        CampaignPhase.COLLECTING: "",
        CampaignPhase.CLOSED: f"it closed at {iso(campaign.closes_at)}",
        CampaignPhase.SUSPENDED: "its charity is not listed any more",
        CampaignPhase.SUCCEEDED: "it has succeeded",
        CampaignPhase.FAILED: "it has failed",
    }[phase]
