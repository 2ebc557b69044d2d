"""A buy that gives on fill: taken only if its campaign takes gifts for as long as the order stands."""

from datetime import timedelta

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.giving.campaign import CampaignUnknown, campaign_view
from backend.giving.charity_desk import CharityDesk, desk_keys
from backend.giving.donation import CampaignClosesFirst, CampaignNotOpen
from backend.giving.kinds import CampaignKind, Funding
from backend.giving.story import Story
from backend.kernel.clock import SystemClock, unix_s
from backend.market.order import Action, Side
from backend.market.tables import TradeState
from tests.integration.settlement.conftest import Floor
from tests.patience import until

STORY = Story("A quieter sky", "让天空安静些", "All is retired.", "全部注销。", CampaignKind.RETIRE_POOL, 10_000)


def opened(floor: Floor, reference: str, *, opens: timedelta, closes: timedelta) -> int:
    """A campaign with that window from now, once the index knows it."""
    now = SystemClock().now()
    contracts = floor.tanyu.contracts
    keys = desk_keys(dev_signer(DevRole.POOL_CHARITY), dev_signer(DevRole.POOL_CHARITY_SECOND), contracts)
    desk = CharityDesk(floor.tanyu.database, floor.tanyu.w3, keys, contracts, SystemClock())
    campaign_id = desk.open_campaign(
        reference, STORY, funding=Funding.KEEP_WHAT_YOU_RAISE, opens=now + opens, closes=now + closes
    )
    head = floor.tanyu.w3.eth.block_number
    until(lambda: (floor.tanyu.worker.status().indexed_block or 0) >= head, "the index")
    return campaign_id


def test_gift__to_a_campaign_that_cannot_take_it__is_refused_and_busts_nobody(floor: Floor) -> None:
    floor.funded(20, credits_gco2e=10_000)
    floor.funded(21, money=10**9)
    now, day = timedelta(0), timedelta(days=1)
    soon_over = opened(floor, "soon over", opens=-day, closes=timedelta(minutes=30))
    not_yet = opened(floor, "not yet", opens=day, closes=2 * day)
    good = opened(floor, "good", opens=now, closes=day)
    floor.place(20, Side.SELL, 5, 900)

    def give(campaign_id: int, **changed: object) -> None:
        floor.place(21, Side.BUY, 5, 900, action=Action.DONATE, ref=campaign_id.to_bytes(32), **changed)

    for unknown in (0, 999, 2**256 - 1):
        with pytest.raises(CampaignUnknown):
            give(unknown)
    with pytest.raises(CampaignNotOpen):
        give(not_yet)
    with pytest.raises(CampaignClosesFirst) as refusal:
        give(soon_over)
    assert refusal.value.code == "campaign.closes_first"
    assert floor.trades() == []

    with floor.tanyu.database.read() as session:
        closes_at = campaign_view(session, good).campaign.closes_at
    give(good, expiry=unix_s(closes_at))
    assert floor.last_settled().state == TradeState.SETTLED
    with floor.tanyu.database.read() as session:
        assert campaign_view(session, good).total.donated_gco2e == 5_000
