"""A charity at its desk: opens a campaign by its wallet; retires from a pool after its second signer has signed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until


def button(opened: Opened, name: str) -> Locator:
    return opened.page.get_by_role("button", name=name, exact=True)


def at_desk(opener: Opener, world: World, look: Look, who: str) -> Opened:
    words = Words(look.language)
    opened = opener.open("/give/desk", look, wallet_of=world.person(who))
    opened.person.press(button(opened, words["key.by_wallet"].replace("{wallet}", "Test wallet")))
    expect(opened.page.get_by_role("heading", name=words["give.errands"])).to_be_visible()
    return opened


def agree(opened: Opened, words: Words, *, saying: str) -> None:
    dialog = opened.page.get_by_role("dialog", name=words["key.sign_title"])
    expect(dialog).to_contain_text(words.like(saying))
    opened.person.press(dialog.get_by_role("button", name=words["key.sign"]))
    expect(dialog.get_by_text(words.like(saying))).to_have_count(0)


def test_retirement__before_the_decision__goes_to_the_second_signer_and_back(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    charity = at_desk(opener, world, look, "pool-charity")
    charity.person.write(charity.page.get_by_label(words["give.how_much_retire"]).first, "1.5")
    with charity.page.expect_download() as asked:
        charity.person.press(button(charity, words["give.ask_second"]))
    errand = tmp_path / "errand.json"
    asked.value.save_as(errand)

    second = at_desk(opener, world, look, "pool-charity-second")
    second.page.get_by_label(words["give.errand_open"]).set_input_files(errand)
    expect(second.page.get_by_text(words.like("give.errand_retire"))).to_be_visible()
    with second.page.expect_download() as signed:
        second.person.press(button(second, words["give.errand_sign"]))
        agree(second, words, saying="give.errand_retire")
    signed.value.save_as(errand)

    charity.page.get_by_label(words["give.errand_open"]).set_input_files(errand)
    charity.person.press(button(charity, words["give.errand_send"]))
    agree(charity, words, saying="give.errand_retire")
    expect(charity.page.get_by_text(words["give.sent_by_wallet"])).to_be_visible()
    assert charity.wallet is not None
    assert charity.wallet.asked[-1][0] == "eth_sendTransaction"
    axe(charity.page)


def test_campaign__opened_at_the_desk__is_found_by_everybody(opener: Opener, world: World, look: Look) -> None:
    words = Words(look.language)
    charity = at_desk(opener, world, look, "pool-charity")
    page, person = charity.page, charity.person
    title = f"A quiet forest, {look}"
    for label, text in (("title_En", title), ("title_Zh", "静林"), ("story_En", "Trees."), ("story_Zh", "树。")):
        person.write(page.get_by_label(words[f"give.{label}"], exact=True), text)
    opening = page.get_by_role("region", name=words["give.open_campaign"])
    person.write(opening.get_by_label(words["give.target"]), "250")
    closes_on = (datetime.now(UTC) + timedelta(days=90)).date()
    person.write(opening.get_by_label(words["give.closes_on"]), closes_on.isoformat())
    person.press(button(charity, words["give.open_now"]))
    agree(charity, words, saying="give.sign_open")
    expect(page.get_by_text(words["give.sent_by_wallet"])).to_be_visible()

    with world.client() as client:
        until(
            lambda: title in {(one["story"] or {}).get("titleEn") for one in client.get("/campaigns")},
            "the campaign to be indexed",
        )
