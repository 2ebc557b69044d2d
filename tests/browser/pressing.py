"""What every story presses: a button by its name, the wallet's door, and the consent before a signature."""

from playwright.sync_api import Locator, expect

from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World


def button(opened: Opened, name: str) -> Locator:
    """The button that is called exactly so."""
    return opened.page.get_by_role("button", name=name, exact=True)


def sign_in(opened: Opened, words: Words) -> None:
    """By the wallet that the browser has."""
    opened.person.press(button(opened, words["key.by_wallet"].replace("{wallet}", "Test wallet")))


def agree(opened: Opened, words: Words, *, saying: str) -> None:
    """Reads what will be signed, and signs it."""
    dialog = opened.page.get_by_role("dialog", name=words["key.sign_title"])
    expect(dialog).to_contain_text(words.like(saying))
    opened.person.press(dialog.get_by_role("button", name=words["key.sign"]))
    expect(dialog.get_by_text(words.like(saying))).to_have_count(0)


def at_desk(opener: Opener, world: World, look: Look, who: str) -> Opened:
    """A charity's desk, with its wallet at hand."""
    words = Words(look.language)
    opened = opener.open("/give/desk", look, wallet_of=world.person(who))
    sign_in(opened, words)
    expect(opened.page.get_by_role("heading", name=words["give.errands"])).to_be_visible()
    return opened
