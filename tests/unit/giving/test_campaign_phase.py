"""Where a campaign stands: each second belongs to one phase, and the edges are the contract's."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving.campaign_phase import DECIDABLE, CampaignPhase, phase_of, why_closed
from backend.giving.kinds import CampaignKind, CampaignState, Funding
from backend.giving.tables import Campaign
from tests.unit.giving.chain import POOL, START

OPENS, CLOSES = START, START + timedelta(days=1)
SECOND = timedelta(seconds=1)


def a_campaign(state: CampaignState = CampaignState.OPEN) -> Campaign:
    return Campaign(
        campaign_id=1,
        charity=POOL,
        kind=CampaignKind.RETIRE_POOL,
        funding=Funding.ALL_OR_NOTHING,
        state=state,
        opens_at=OPENS,
        closes_at=CLOSES,
        closes_at_opening=CLOSES,
        target_gco2e=1,
        story_digest=b"s" * 32,
        opened_at=OPENS,
        tx_hash=b"t" * 32,
    )


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (OPENS - SECOND, CampaignPhase.ANNOUNCED),
        (OPENS, CampaignPhase.COLLECTING),
        (CLOSES - SECOND, CampaignPhase.COLLECTING),
        (CLOSES, CampaignPhase.CLOSED),
        (CLOSES + SECOND, CampaignPhase.CLOSED),
    ],
)
def test_phase__at_the_edges_of_the_window__changes_in_that_very_second(now: datetime, phase: CampaignPhase) -> None:
    assert phase_of(a_campaign(), charity_listed=True, now=now) == phase


@given(st.integers(min_value=-5, max_value=86_405), st.booleans())
def test_phase__in_every_second__takes_gifts_or_can_be_decided_or_waits__one_of_them(second: int, listed: bool) -> None:
    phase = phase_of(a_campaign(), charity_listed=listed, now=OPENS + second * SECOND)

    takes = phase == CampaignPhase.COLLECTING
    assert takes == (listed and 0 <= second < 86_400)
    assert (phase in DECIDABLE) == (not listed or second >= 86_400)
    assert bool(why_closed(a_campaign(), phase)) == (not takes)


@pytest.mark.parametrize("state", [CampaignState.SUCCEEDED, CampaignState.FAILED])
@pytest.mark.parametrize("listed", [True, False])
def test_phase__decided__is_the_decision_for_ever(state: CampaignState, listed: bool) -> None:
    assert phase_of(a_campaign(state), charity_listed=listed, now=OPENS) == CampaignPhase(state)
