"""Somebody moves house to another region, and later leaves for good: the ledger says from when on."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.desk import desk_of
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.words import Words
from tests.browser.world import World

REGION = "CN-HE"


def test_mover__to_another_region__belongs_there_moves_out_and_leaves_for_good(
    opener: Opener, world: World, look: Look
) -> None:
    told, who = Words(look.language), world.stranger()
    with desk_of(world) as desk:
        desk.move_in([who], "chengdu-flat")
    opened = opener.open("/my/homes", look, session_of=who)
    page, hands = opened.page, opened.person
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    card = page.get_by_role("region", name=told["my.residence"])

    hands.press(card.get_by_text(told["my.move_region"]).first)
    hands.choose(card.get_by_label(told["key.region"]), REGION)
    hands.write(card.get_by_label(told["my.since"]), "2025-06-01")
    axe(page)
    with opened.watch.expect_refusal(r"/accounts/me/moves", 422):
        hands.press(card.get_by_role("button", name=told["my.move_region"]))
        expect(card.get_by_role("alert")).to_be_visible()
    hands.write(card.get_by_label(told["my.since"]), today)
    hands.press(card.get_by_role("button", name=told["my.move_region"]))
    expect(card.get_by_role("listitem")).to_have_count(2)

    hands.press(page.get_by_text(told["my.move_out"]).first)
    home = page.get_by_role("region", name=told.like("my.home_in"))
    hands.write(home.get_by_label(told["my.last_day_there"]), today)
    hands.press(home.get_by_role("button", name=told["my.move_out"]))
    expect(page.get_by_text(told.like("my.until_word")).first).to_be_visible()

    hands.press(card.get_by_text(told["my.end_membership"]).first)
    hands.write(card.get_by_label(told["my.last_day_there"]), today)
    hands.press(card.get_by_role("button", name=told["my.end_membership"]))
    expect(card.get_by_text(told["my.membership_ended"])).to_be_visible()
    expect(card.get_by_role("button", name=told["my.move_region"])).to_have_count(0)
    axe(page)
