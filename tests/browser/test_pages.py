"""Every page, in both languages, by day and by night: it is there, accessible, and nothing goes wrong behind it."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.looks import VIEWPORTS, Language, Look, Size
from tests.browser.opening import Opener
from tests.browser.views import VIEWS, View
from tests.browser.world import World


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize(("language", "size"), [("en", "desktop"), ("zh", "mobile")])
def test_page__by_day_and_by_night__has_no_serious_finding(
    opener: Opener, world: World, view: View, language: Language, size: Size
) -> None:
    who = None if view.who is None else world.person(view.who)
    page = opener.open(view.path, Look(language, size), session_of=who).page
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "zh" else "en")
    expect(page.locator("main h1")).to_have_count(1)

    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)

    for size_told, (width, height) in VIEWPORTS.items():
        page.set_viewport_size({"width": width, "height": height})
        wider: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{view} is {wider} px wider than the window ({size_told})"
