"""A donor: gives credits it saved, promises more, takes that back, and retires some for an occasion."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.charities import Charity
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.pressing import agree, button, sign_in
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until

GIFT_KG, RETIRED_KG = "2.5", "1.25"
NAME = "李家 & <b>Family</b>"
STORY = """
title_en = "All or nothing: a moor"
title_zh = "不达即退：一片沼泽"
story_en = "Below a hundred tonnes everything goes back."
story_zh = "不足一百吨则全部退还。"
"""
STORY_TITLES = {"en": "All or nothing: a moor", "zh": "不达即退：一片沼泽"}
OCCASION = "奶奶的八十岁生日 <i>80</i>"


def test_gift__under_a_name__is_final_and_followed_gram_by_gram(opener: Opener, world: World, look: Look) -> None:
    words, donor = Words(look.language), world.person("leshan-family-2")
    opened = opener.open("/give", look, wallet_of=donor)
    page, person = opened.page, opened.person
    title = "林光：一起注销一吨" if look.language == "zh" else "Forest Light: retire a tonne together"

    person.write(page.get_by_label(words["give.search"]), title[:2])
    person.press(page.get_by_role("link", name=title))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    sign_in(opened, words)
    person.write(page.get_by_label(words["give.how_much"]), GIFT_KG)
    person.press(page.get_by_label(words["give.name_shown"], exact=True))
    person.write(page.get_by_label(words["give.name_which"]), NAME)
    axe(page)
    person.press(button(opened, words["give.give_now"]))
    agree(opened, words, saying="give.sign_allow")
    agree(opened, words, saying="give.sign_gift")

    expect(page.get_by_text(words["give.given_final"])).to_be_visible()
    gifts = page.get_by_role("table", name=words["give.gifts"])
    expect(gifts.get_by_text(NAME, exact=True)).to_be_visible()
    assert opened.wallet is not None
    assert [data["primaryType"] for data in opened.wallet.signed] == ["Approve", "Donate"]
    assert opened.wallet.signed[1]["message"]["amountGco2e"] == "2500"

    person.press(page.get_by_role("link", name=words["give.given_see"]))
    expect(page.get_by_role("heading", level=1)).to_have_text(words["give.mine"])
    expect(page.get_by_text(f"{GIFT_KG}00 kg").first).to_be_visible()
    expect(page.get_by_text(words["give.part_held"]).first).to_be_visible()
    axe(page)


def test_pledge__of_a_tenth_of_what_is_sold__stands_until_it_is_ended(opener: Opener, world: World, look: Look) -> None:
    words, donor = Words(look.language), world.person("leshan-family-1")
    opened = opener.open("/give/campaign/2", look, wallet_of=donor)
    page, person = opened.page, opened.person

    sign_in(opened, words)
    person.press(page.get_by_label(words["give.way_pledge"], exact=True))
    expect(page.get_by_label(words["give.class"], exact=True)).to_have_value("CN-SC/2025/SIM")  # the one held
    person.write(page.get_by_label(words["give.pledge_most"]), "5")
    expect(page.get_by_text(words.like("give.pledge_share_says"))).to_be_visible()
    axe(page)
    person.press(button(opened, words["give.pledge"]))
    agree(opened, words, saying="give.pledge_share_says")

    person.press(page.get_by_role("link", name=words["give.pledged_see"]))
    expect(page.get_by_text(words.like("give.pledge_is_share"))).to_be_visible()
    person.press(button(opened, words["give.withdraw"]))
    agree(opened, words, saying="give.sign_withdraw")
    expect(page.get_by_text(words["give.pledge_state_withdrawn"])).to_be_visible()
    assert opened.wallet is not None
    assert [data["message"].get("shareBps") for data in opened.wallet.signed] == ["1000", None]


def test_retirement__for_an_occasion__has_a_certificate_that_passes_and_a_forged_one_does_not(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words, donor = Words(look.language), world.person("leshan-family-1")
    opened = opener.open("/give/retire", look, wallet_of=donor)
    page, person = opened.page, opened.person

    sign_in(opened, words)
    person.press(page.get_by_label(words["give.served_event"]))
    person.write(page.get_by_label(words["give.how_much_retire"]), RETIRED_KG)
    person.write(page.get_by_label(words["give.words_occasion"]), OCCASION)
    person.press(page.get_by_label(words["give.retire_receipt"], exact=True))
    with page.expect_download() as kept:
        person.press(button(opened, words["give.retire_now"]))
    assert json.loads(Path(kept.value.path()).read_text())["words"] == OCCASION
    agree(opened, words, saying="give.sign_retire_event")
    agree(opened, words, saying="give.sign_receipt_stays")
    assert opened.wallet is not None
    retire, receipt = opened.wallet.signed
    assert [retire["primaryType"], receipt["primaryType"]] == ["Retire", "RetirementReceipt"]
    assert retire["message"] == receipt["message"]

    expect(page.get_by_role("heading", name=words["give.certificate"])).to_be_visible()
    expect(page.get_by_text(OCCASION, exact=True)).to_be_visible()
    expect(page.get_by_text(words["give.receipt_stays"])).to_be_visible()
    expect(page.get_by_text(words["give.retired_receipt"]).first).to_be_visible()
    axe(page)
    with page.expect_download() as saved:
        person.press(button(opened, words["give.pdf"]))
    certificate = tmp_path / "certificate.pdf"
    saved.value.save_as(certificate)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(certificate.read_bytes() + b"\n% 1,250 kg")

    person.press(page.get_by_role("link", name=words["give.check"], exact=True).first)
    page.get_by_label(words["give.check_drop"]).set_input_files(certificate)
    expect(page.get_by_role("heading", name=words["give.verdict_genuine"])).to_be_visible()
    expect(page.get_by_text(OCCASION, exact=True)).to_be_visible()
    page.get_by_label(words["give.check_drop"]).set_input_files(forged)
    expect(page.get_by_role("heading", name=words["give.verdict_altered"])).to_be_visible()
    expect(page.get_by_text(OCCASION, exact=True)).to_have_count(0)
    axe(page)


def test_money_gift__buys_credits_that_go_to_the_campaign(opener: Opener, world: World, look: Look) -> None:
    words, donor = Words(look.language), world.person("leshan-family-3")
    with world.client(donor) as client:
        client.post("/faucet", {"account": donor.address})
        until(lambda: client.get("/balances")["money"]["held"] != "0", "money of the test")
    opened = opener.open("/give/campaign/1", look, wallet_of=donor)
    page, person = opened.page, opened.person

    sign_in(opened, words)
    person.press(page.get_by_label(words["give.way_money"], exact=True))
    person.choose(page.get_by_label(words["give.class"], exact=True), "CN-SC/2025/SIM")
    person.write(page.get_by_label(words["give.how_much"]), "2")
    expect(page.get_by_text(words["give.cost"])).to_be_visible()
    axe(page)
    person.press(button(opened, words["give.give_now"]))
    agree(opened, words, saying="give.sign_money")
    agree(opened, words, saying="give.sign_buy_gift")
    expect(page.get_by_text(words.like("give.bought"))).to_be_visible()
    axe(page)

    assert opened.wallet is not None
    (order,) = [data["message"] for data in opened.wallet.signed if data["primaryType"] == "Order"]
    assert (order["amountGco2e"], order["action"], int(order["ref"], 16)) == ("2000", "donate", 1)
    with world.client(donor) as client:
        until(lambda: bool(client.get("/donations/trails")), "the trade to become a gift")
        (trail,) = client.get("/donations/trails")
    assert (trail["campaignId"], trail["gift"]["amountGco2e"]) == ("1", "2000")


def test_refund__of_a_campaign_that_did_not_reach_its_target__is_claimed_and_comes_back(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words, donor, charity = Words(look.language), world.person("leshan-family-1"), Charity(world, "pool-charity")
    terms = ("--kind", "retire-pool", "--target", "100000000", "--funding", "all-or-nothing")
    campaign_id = charity.campaign(STORY, "hundred tonnes", *terms, folder=tmp_path)
    opened = opener.open(f"/give/campaign/{campaign_id}", look, wallet_of=donor)
    page, person = opened.page, opened.person
    sign_in(opened, words)
    person.write(page.get_by_label(words["give.how_much"]), GIFT_KG)
    person.press(button(opened, words["give.give_now"]))
    agree(opened, words, saying="give.sign_gift")
    expect(page.get_by_text(words["give.given_final"])).to_be_visible()
    with world.client() as client:
        until(lambda: client.get(f"/campaigns/{campaign_id}")["gifts"] == 1, "the gift")
        charity.command("close", campaign_id)
        until(lambda: client.get(f"/campaigns/{campaign_id}")["phase"] == "failed", "the campaign to be decided")

    page.goto("/give/mine")
    card = page.get_by_role("region", name=STORY_TITLES[look.language])
    expect(card.get_by_text(words["give.refund_yours"])).to_be_visible()
    axe(page)
    person.press(card.get_by_role("link", name=words["give.to_campaign"]))
    person.press(button(opened, words["give.refund"]))
    expect(page.get_by_text(words["give.refund_coming"])).to_be_visible()
    with world.client() as client:
        held = "heldGco2e"
        until(lambda: client.get(f"/campaigns/{campaign_id}")["total"][held] == "0", "the refund")
    person.press(button(opened, words["give.look_again"]))
    expect(page.get_by_text(words["give.refund_nothing"])).to_be_visible()
    axe(page)


def test_leaderboard__is_joined_under_a_name_and_left(opener: Opener, world: World, look: Look) -> None:
    words, name = Words(look.language), f"李家 <i>{look}</i>"
    opened = opener.open("/give/leaders", look, session_of=world.person("desert-house-1"))
    page, person = opened.page, opened.person
    person.choose(page.get_by_label(words["give.leaders_counted"]), "given")
    expect(page.get_by_text(words["give.leaders_off"])).to_be_visible()

    person.write(page.get_by_label(words["give.name_which"]), name)
    person.press(button(opened, words["give.leaders_join"]))
    expect(page.get_by_text(words["give.leaders_on"])).to_be_visible()
    board = page.get_by_role("table", name=words["give.leaders_given"])
    expect(board.get_by_text(name, exact=True)).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # nothing is to stand half beneath the head of the page
    axe(page)

    person.press(button(opened, words["give.leaders_leave"]))
    expect(page.get_by_text(words["give.leaders_off"])).to_be_visible()
    expect(board.get_by_text(name, exact=True)).to_have_count(0)
