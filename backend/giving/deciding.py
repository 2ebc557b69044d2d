"""Campaigns decided on the chain when their time has come, and what they may then retire retired. Anyone may ask for
either, so the operator does it by itself, and a charity that forgets, or is gone, strands nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from backend.chain.contracts import Contracts
from backend.giving.campaign import campaign_at
from backend.giving.campaign_phase import DECIDABLE, phase_of
from backend.giving.charity import is_listed, listed_charities
from backend.giving.kinds import CampaignKind, CampaignState
from backend.giving.projection import holding_of
from backend.giving.tables import Campaign, CampaignHolding
from backend.kernel.clock import iso, unix_s
from backend.kernel.errors import RuleViolated
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import Intent, IntentState
from backend.storage.database import Database

LEFTOVER_TERM = timedelta(days=90)
"""How long what an aid campaign could not grant waits after its window closed (Charity.LEFTOVER_TERM)."""

HOUR_S = 3_600

FINALISE_KIND, RETIRE_KIND = "giving.finalise", "giving.retire_held"


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


@dataclass(frozen=True)
class Decided:
    """Campaigns that were sent to be decided, and pockets (campaign, class) whose credits were sent to be retired."""

    campaigns: tuple[int, ...] = ()
    pockets: tuple[tuple[int, int], ...] = ()


def close_campaign(session: Session, contracts: Contracts, campaign_id: int, now: datetime) -> Intent:
    """Has the chain decide a campaign whose window is over or whose charity is delisted; anyone may ask for it.

    Raises CampaignUnknown, CampaignNotOver.
    """
    campaign = campaign_at(session, campaign_id)
    if phase_of(campaign, charity_listed=is_listed(session, campaign.charity), now=now) not in DECIDABLE:
        raise CampaignNotOver(campaign)
    data = contracts.encode("Charity", "finalise", [campaign_id])
    reference = next_reference(session, FINALISE_KIND, str(campaign_id), now)
    return enqueue(session, kind=FINALISE_KIND, reference=reference, contract="Charity", data=data, now=now)


def next_reference(session: Session, kind: str, name: str, now: datetime) -> str:
    """The reference to send something under: its name, or once that has reverted the name and the hour, so that what
    the chain would not do yet is tried again, and not too often.
    """
    first = intent_of(session, kind, name)
    if first is None or first.state != IntentState.REVERTED:
        return name
    return f"{name}:{unix_s(now) // HOUR_S}"


def decide_due(database: Database, contracts: Contracts, now: datetime) -> Decided:
    """Everything that is due: each campaign is decided once, and what a succeeded pool holds, or aid held for 90 days
    after its window closed, is retired.
    """
    with database.read() as session:
        due = _decidable(session, now)
        leftovers = list(_leftovers(session, now))
    if not due and not leftovers:
        return Decided()
    with database.write() as session:
        for campaign_id in due:
            close_campaign(session, contracts, campaign_id, now)
        for leftover in leftovers:
            _retire(session, contracts, leftover, now)
    return Decided(tuple(due), tuple((one.campaign_id, one.class_id) for one in leftovers))


@dataclass(frozen=True)
class _Leftover:
    """Grams of a class that a succeeded campaign holds, and should not any more."""

    campaign_id: int
    class_id: int
    held_gco2e: int


def _decidable(session: Session, now: datetime) -> list[int]:
    listed = listed_charities(session)
    rows = session.exec(select(Campaign).where(Campaign.state == CampaignState.OPEN)).all()
    return [
        row.campaign_id for row in rows if phase_of(row, charity_listed=row.charity in listed, now=now) in DECIDABLE
    ]


def _leftovers(session: Session, now: datetime) -> Iterator[_Leftover]:
    query = (
        select(CampaignHolding, Campaign)
        .join(Campaign, col(Campaign.campaign_id) == col(CampaignHolding.campaign_id))
        .where(Campaign.state == CampaignState.SUCCEEDED)
    )
    for row, campaign in session.exec(query).all():
        term = LEFTOVER_TERM if campaign.kind == CampaignKind.AID else timedelta()
        held = holding_of(row).held_gco2e
        if held and now >= campaign.closes_at + term:
            yield _Leftover(row.campaign_id, row.class_id, held)


def _retire(session: Session, contracts: Contracts, due: _Leftover, now: datetime) -> None:
    data = contracts.encode("Charity", "retireHeld", [due.campaign_id, due.class_id, due.held_gco2e])
    name = f"{due.campaign_id}:{due.class_id}:{due.held_gco2e}"
    reference = next_reference(session, RETIRE_KIND, name, now)
    enqueue(session, kind=RETIRE_KIND, reference=reference, contract="Charity", data=data, now=now)
