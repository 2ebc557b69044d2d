"""Every page, in both languages, by day and by night: it is there, accessible, and nothing goes wrong behind it."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.looks import VIEWPORTS, Language, Look, Size
from tests.browser.opening import Opener
from tests.browser.views import VIEWS, View
from tests.browser.world import World
from tests.patience import until

FITS = "width => innerWidth === width && document.documentElement.scrollWidth <= width"
"""Whether nothing of the page stands outside a window of that width."""


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

    for width, height in VIEWPORTS.values():
        page.set_viewport_size({"width": width, "height": height})
        until(partial(page.evaluate, FITS, width), f"{view} to fit into {width} px")
