"""The network goes away while somebody looks at the pages, and comes back."""

import pytest
from playwright.sync_api import expect

from tests.browser.looks import LANGUAGES, Language, Look
from tests.browser.opening import Opener
from tests.browser.words import Words


@pytest.mark.parametrize("language", LANGUAGES)
def test_page__whose_code_does_not_come__says_so_and_comes_once_the_network_is_back(
    opener: Opener, language: Language
) -> None:
    words, opened = Words(language), opener.open("/", Look(language))
    opened.watch.is_told = False  # the network is taken away on purpose
    page = opened.page
    again = page.get_by_role("button", name=words["shell.again"], exact=True)

    opened.context.set_offline(offline=True)
    page.get_by_role("navigation").get_by_role("link", name=words["shell.trade"], exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words["shell.page_unloaded"])
    again.click()
    expect(page.get_by_role("alert")).to_contain_text(words["shell.offline"])

    opened.context.set_offline(offline=False)
    again.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["trade.title"])
    expect(page.get_by_role("alert")).to_have_count(0)
