"""A charity at its desk: opens a campaign by its wallet; retires from a pool after its second signer has signed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.pressing import agree, at_desk, button
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until


def by_two(words: Words, desks: tuple[Opened, Opened], asking: Locator, errand: Path, *, saying: str) -> None:
    """An errand: made at the charity's desk, signed by its second signer at another, sent from the charity's."""
    charity, second = desks
    with charity.page.expect_download() as asked:
        charity.person.press(asking)
    asked.value.save_as(errand)

    second.page.get_by_label(words["give.errand_open"]).set_input_files(errand)
    expect(second.page.get_by_text(words.like(saying))).to_be_visible()
    with second.page.expect_download() as signed:
        second.person.press(button(second, words["give.errand_sign"]))
        agree(second, words, saying=saying)
    signed.value.save_as(errand)

    errands = charity.page.get_by_role("region", name=words["give.errands"])
    errands.get_by_label(words["give.errand_open"]).set_input_files(errand)
    charity.person.press(button(charity, words["give.errand_send"]))
    agree(charity, words, saying=saying)
    expect(charity.page.get_by_text(words["give.sent_by_wallet"])).to_be_visible()


def test_retirement__before_the_decision__goes_to_the_second_signer_and_back(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    charity = at_desk(opener, world, look, "pool-charity")
    second = at_desk(opener, world, look, "pool-charity-second")
    charity.person.write(charity.page.get_by_label(words["give.how_much_retire"]).first, "1.5")
    asking = button(charity, words["give.ask_second"]).first
    by_two(words, (charity, second), asking, tmp_path / "errand.json", saying="give.errand_retire")
    assert charity.wallet is not None
    assert charity.wallet.asked[-1][0] == "eth_sendTransaction"
    axe(charity.page)


def test_campaign__opened_and_closed_by_two__is_seen_by_everybody(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    charity = at_desk(opener, world, look, "pool-charity")
    second = at_desk(opener, world, look, "pool-charity-second")
    page, person = charity.page, charity.person
    title = f"A quiet forest, {look}"
    for label, text in (
        ("title_En", title),
        ("title_Zh", f"静林，{look}"),
        ("story_En", "Trees."),
        ("story_Zh", "树。"),
    ):
        person.write(page.get_by_label(words[f"give.{label}"], exact=True), text)
    opening = page.get_by_role("region", name=words["give.open_campaign"])
    person.write(opening.get_by_label(words["give.target"]), "250")
    today = datetime.now(UTC).date()
    person.write(opening.get_by_label(words["give.opens_on"]), today.isoformat())
    person.write(opening.get_by_label(words["give.closes_on"]), (today + timedelta(days=90)).isoformat())
    asking = button(charity, words["give.open_now"])
    by_two(words, (charity, second), asking, tmp_path / "open.json", saying="give.errand_start")
    for text in (title, "Trees.", "树。"):
        expect(second.page.get_by_role("blockquote").get_by_text(text, exact=True)).to_be_visible()
    axe(second.page)

    until(lambda: seen(world, title).get("phase") == "collecting", "the campaign to be indexed")
    assert seen(world, title)["opensAt"] == f"{today}T00:00:00Z"
    person.press(button(charity, words["give.look_again"]))
    named = title if look.language == "en" else f"静林，{look}"
    asking = page.get_by_role("region", name=named).get_by_role("button", name=words["give.close_early"])
    by_two(words, (charity, second), asking, tmp_path / "close.json", saying="give.errand_close")
    until(lambda: seen(world, title).get("phase") == "closed", "the close to be indexed")


def seen(world: World, title: str) -> dict[str, Any]:
    """The campaign of that English title, as everybody sees it; empty if there is none."""
    with world.client() as client:
        found: dict[str | None, dict[str, Any]] = {
            (one["story"] or {}).get("titleEn"): one for one in client.get("/campaigns")
        }
    return found.get(title, {})
