"""What is wanted, as an order and in words."""

from dataclasses import replace

import pytest

from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.order import Action, Side, SignedOrder, check_shape
from backend.market.terms import CampaignIdOutOfRange, Terms, campaign_ref, least_proceeds, most_cost, words_of
from backend.market.words import Words
from tests.unit.market.world import ANA, BO, CLASS_ID

NOW_S = 1_790_000_000
BUY = Terms(Side.BUY, CLASS_ID, 12, 100_000, max_fee_bps=100)


def order_of(terms: Terms = BUY) -> SignedOrder:
    return terms.order(ANA.address, number=7, epoch=2, now_s=NOW_S)


def test_terms__make_an_order_of_good_shape() -> None:
    order = order_of()
    check_shape(order)
    assert (order.lots, order.expiry, order.number, order.epoch) == (12, NOW_S + 24 * 3600, 7, 2)
    assert order.beneficiary == ANA.address
    given = order_of(replace(BUY, action=Action.DONATE, ref=campaign_ref(9), beneficiary=BO.address))
    check_shape(given)
    assert (given.campaign_id, given.beneficiary) == (9, BO.address)


def test_campaign__beyond_what_a_reference_holds__is_refused() -> None:
    for campaign_id in (-1, 2**256):
        with pytest.raises(CampaignIdOutOfRange) as refused:
            campaign_ref(campaign_id)
        assert refused.value.code == "market.campaign_id_out_of_range"


def test_cost__with_the_fee_rounded_down__is_the_most_and_the_least() -> None:
    order = order_of(replace(BUY, lots=1, price_per_kg=333))
    assert (most_cost(order, 100), least_proceeds(order, 100)) == (336, 330)


def test_words__of_a_buy__say_amount_price_cost_and_until_when() -> None:
    said = words_of(order_of(), PLAIN, 30)
    assert said == [
        "Buy 12 kg CO2e of CN-SC/2025/SIM at 0.1 TTD per kg or better until 2026-09-22 14:13:20Z, fee at most 1%; with "
        "what is bought: keep it.",
        "It costs at most 1.2036 TTD at today's fee, 1.212 TTD at its bound.",
        "What is not filled at once waits in the book until 2026-09-22 14:12:20Z.",
    ]


def test_words__of_a_sell__say_what_it_brings() -> None:
    assert words_of(order_of(replace(BUY, side=Side.SELL)), PLAIN, 30)[1] == (
        "Wholly filled it brings at least 1.1964 TTD at today's fee, 1.188 TTD at its bound."
    )


def test_words__of_instructions__say_each_that_is_not_the_usual() -> None:
    ioc = Instructions(time_in_force=TimeInForce.IOC, is_market=True)
    assert words_of(order_of(), ioc, 30)[2:] == [
        "What is not filled at once is given up.",
        "Its price is only its protection: it is refused if that is far from the best offer.",
    ]
    fok = Instructions(time_in_force=TimeInForce.FOK, self_trade=SelfTrade.CANCEL_OLDEST)
    assert words_of(order_of(replace(BUY, action=Action.RETIRE, beneficiary=BO.address)), fok, 30)[2:] == [
        f"What is bought is for {BO.address}.",
        "It is filled at once as a whole, or not at all.",
        "Should it meet an order of your own: the oldest is cancelled.",
    ]
    gtd = Instructions(time_in_force=TimeInForce.GTD, good_until=NOW_S + 60, post_only=True)
    assert words_of(order_of(), gtd, 30)[2:] == [
        "What is not filled at once waits in the book until 2026-09-21 14:14:20Z.",
        "It is refused if it would meet an order at once.",
    ]


def test_words__in_chinese__say_the_same_figures() -> None:
    said = words_of(order_of(), PLAIN, 30, Words("zh"))

    assert said[0].endswith("。")
    assert said[1:] == [
        "按今日手续费最多 1.2036 TTD，按您的手续费上限最多 1.212 TTD。",
        "未立即成交的部分在订单簿中等待至 2026-09-22 14:12:20Z。",
    ]
