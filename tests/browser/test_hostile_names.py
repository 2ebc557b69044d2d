"""Titles, stories and names that people give themselves: whatever stands in them, a page shows letters.

The server's real answers, with every such text replaced on the way.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.views import VIEWS, View
from tests.browser.world import World

OF_PEOPLE = {"titleEn", "titleZh", "storyEn", "storyZh", "donorName", "words", "evidence"}
"""Fields of the API that somebody wrote as they liked."""

RIGHT_TO_LEFT = "\u202e"
HOSTILE = f'<img src=x onerror="window.ran=1"><script>window.ran=1</script>{RIGHT_TO_LEFT}"onload="window.ran=1'

_SPILLING = """mark => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const spilling = [];
  while (walker.nextNode())
    if (walker.currentNode.data.includes(mark)) {
      const around = getComputedStyle(walker.currentNode.parentElement).unicodeBidi;
      if (!["isolate", "isolate-override", "plaintext"].includes(around)) spilling.push(walker.currentNode.data);
    }
  return spilling;
}"""
"""Texts that would turn around what stands beside them."""


@dataclass
class Replacing:
    """Puts the hostile text into the answers a page gets."""

    replaced: int = 0

    def __call__(self, route: Route) -> None:
        answer = route.fetch()
        if not answer.headers.get("content-type", "").startswith("application/json"):
            route.fulfill(response=answer)
            return
        route.fulfill(response=answer, body=json.dumps(self._hostile(answer.json())))

    def _hostile(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self._hostile(each) for each in found]
        if not isinstance(found, dict):
            return found
        theirs = {key for key, value in found.items() if key in OF_PEOPLE and isinstance(value, str)}
        self.replaced += len(theirs)
        return {key: HOSTILE if key in theirs else self._hostile(value) for key, value in found.items()}


def _is_shown(page: Page) -> bool:
    return page.get_by_text("window.ran=1").count() > 0


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name.startswith(("charity", "verifier"))], ids=str)
def test_names__hostile__are_letters_on_every_page(opener: Opener, world: World, view: View) -> None:
    opened = opener.open("/", Look(), session_of=None if view.who is None else world.person(view.who))
    page, replacing = opened.page, Replacing()
    page.route(lambda url: "/assets/" not in url, replacing)
    page.goto(view.path)
    expect(page.locator("main h1")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert page.evaluate("() => window.ran") is None
    expect(page.locator("img[src=x]")).to_have_count(0)
    assert page.evaluate(_SPILLING, RIGHT_TO_LEFT) == []
    if view.name in {"charity", "charity-campaign"}:
        assert _is_shown(page) == (replacing.replaced > 0)
