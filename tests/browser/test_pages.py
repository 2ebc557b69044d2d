"""Every page, in both languages, by day and by night: it is there, accessible, and nothing goes wrong behind it."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.looks import Language, Look, Size
from tests.browser.opening import Opener

PAGES = ("/", "/my", "/trade", "/give", "/audit", "/verifier", "/operator")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "size"), [("en", "desktop"), ("zh", "mobile")])
def test_page__by_day_and_by_night__has_no_serious_finding(
    opener: Opener, path: str, language: Language, size: Size
) -> None:
    opened = opener.open(path, Look(language, size))
    page = opened.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
