"""Two who share a home: one registers it, the other moves in with its code, and both sign how they share its energy."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

PARTS = ("70", "30")


def test_housemates__move_in_and_sign_another_split__which_holds_once_both_have(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    founder, mate = _signed_in(opener, world, look), _signed_in(opener, world, look)
    _founds_a_home(founder, told, today.isoformat())
    _moves_in(mate, told, _code_of(founder, told), today.isoformat())

    founder.page.reload()
    _proposes(founder, told, (today + timedelta(days=3)).isoformat())
    _signs(founder, told)
    expect(founder.page.get_by_text(told.like("my.split_waits"))).to_be_visible()
    expect(founder.page.get_by_role("button", name=told["my.split_agree"])).to_have_count(0)

    mate.page.reload()
    expect(mate.page.get_by_text(told.like("my.split_waits"))).to_be_visible()
    axe(mate.page)
    _signs(mate, told)
    expect(mate.page.get_by_text(told["my.split_holds"])).to_be_visible()
    for part in PARTS:
        expect(mate.page.get_by_text(f"{part} %").first).to_be_visible()


def _signed_in(opener: Opener, world: World, look: Look) -> Opened:
    told, who = Words(look.language), world.stranger()
    with world.client(who) as client:
        client.post("/accounts", {"region": "CN-SC", "identity": f"a housemate, {who.address}"})
    opened = opener.open("/my/homes", look, wallet_of=who)
    opened.person.press(opened.page.get_by_role("button", name=told.like("key.by_wallet")))
    expect(opened.page.get_by_text(told["my.no_home"])).to_be_visible()
    return opened


def _founds_a_home(opened: Opened, told: Words, day: str) -> None:
    card = opened.page.get_by_role("region", name=told["my.register_home"])
    opened.person.write(card.get_by_label(told["my.lived_since"]), day)
    opened.person.press(card.get_by_role("button", name=told["my.register"]))
    expect(opened.page.get_by_role("heading", name=told["my.members"])).to_be_visible()
    expect(opened.page.get_by_role("link", name=told["my.add_activity"])).to_be_visible()


def _code_of(opened: Opened, told: Words) -> str:
    opened.person.press(opened.page.get_by_role("button", name=told["my.show_code"]))
    return opened.page.locator("main code").inner_text()


def _moves_in(opened: Opened, told: Words, code: str, day: str) -> None:
    card = opened.page.get_by_role("region", name=told["my.move_in"])
    opened.person.write(card.get_by_label(told["my.code"]), code)
    opened.person.write(card.get_by_label(told["my.since"]), day)
    opened.person.press(card.get_by_role("button", name=told["my.move_in"]))
    expect(opened.page.get_by_text(told["my.splits_equal"])).to_be_visible()


def _proposes(opened: Opened, told: Words, day: str) -> None:
    page, hands = opened.page, opened.person
    hands.press(page.get_by_text(told["my.split_propose"]).first)
    propose = page.get_by_role("button", name=told["my.split_propose"])
    for field, part in zip(page.get_by_label(told.like("my.split_of")).all(), PARTS, strict=True):
        hands.write(field, part)
    hands.write(page.locator("form").filter(has=propose).get_by_label(told["my.since"]), day)
    hands.press(propose)


def _signs(opened: Opened, told: Words) -> None:
    page: Page = opened.page
    opened.person.press(page.get_by_role("button", name=told["my.split_agree"]))
    dialog = page.get_by_role("dialog")
    for part in PARTS:
        expect(dialog.get_by_text(f"{part} %").first).to_be_visible()
    opened.person.press(
        dialog.get_by_role("button", name=told.like("key.by_wallet")).or_(
            dialog.get_by_role("button", name=told["key.sign"])
        )
    )
    expect(dialog).to_be_hidden()
