"""A year that a verifier sent back: read, closed anew, undone, handed in, and followed to the mint."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import axe
from tests.browser.desk import desk_of
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

REASON = "the July bill is hard to read"
CORRECTION = "the meter of March was read twice"


def test_year__that_was_returned__is_closed_undone_handed_in_and_followed_to_the_mint(
    opener: Opener, world: World, look: Look
) -> None:
    told = Words(look.language)
    people = [world.stranger() for _ in range(3)]
    with desk_of(world) as desk:
        statements = desk.hand_in(people, "coastal")
        desk.return_(statements[0], REASON)
        opened = opener.open("/my/year/2025", look, wallet_of=people[0])
        page, hands = opened.page, opened.person
        hands.press(page.get_by_role("button", name=told.like("key.by_wallet")))
        expect(page.get_by_text(REASON)).to_be_visible()
        axe(page)

        _closes_undoes_and_hands_in(opened, told)

        desk.attest(people)
        hands.press(page.get_by_role("link", name=told["my.nav_overview"], exact=True))
        hands.press(page.get_by_role("link", name=told["my.nav_year"], exact=True))
        expect(_done(page, told["my.step.attested"])).to_be_visible()
        desk.mint(world, "US-CA/2025/SIM", people)
        desk.note(people[0], CORRECTION, 1500)

    page.reload()
    expect(_done(page, told["my.step.minted"])).to_be_visible()
    expect(page.get_by_text(told["my.mints"].replace("{amount}", "80 kg"))).to_be_visible()
    corrections = page.get_by_role("region", name=told["my.corrections"])
    expect(corrections.get_by_text(CORRECTION)).to_be_visible()
    expect(corrections.get_by_text("1.500 kg")).to_be_visible()
    axe(page)
    with page.expect_download() as saved:
        hands.press(page.get_by_role("button", name=told["my.paper_claim"]))
    assert saved.value.suggested_filename == "tanyu-2025-claim.json"


def _closes_undoes_and_hands_in(opened: Opened, told: Words) -> None:
    page, hands = opened.page, opened.person
    hands.press(page.get_by_role("button", name=told["my.close_again"]))
    expect(page.get_by_text(told["my.closed_what"])).to_be_visible()
    expect(page.get_by_role("heading", name=told["my.credit_of"])).to_be_visible()

    hands.press(page.get_by_role("button", name=told["my.reopen"]))
    hands.press(page.get_by_role("button", name=told["my.close_year"]))
    hands.press(page.get_by_role("button", name=told["my.submit"]))
    hands.press(page.get_by_role("dialog").get_by_role("button", name=told["my.submit_now"]))
    expect(page.get_by_text(told["my.submitted_what"])).to_be_visible()

    hands.press(page.get_by_role("link", name=told["my.nav_activities"], exact=True))
    expect(page.get_by_role("heading", name=told["my.recorded_all"])).to_be_visible()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("button", name=told.like("my.take_back"))).to_have_count(0)


def _done(page: Page, step: str) -> Locator:
    return page.locator("li.done").filter(has_text=step)
