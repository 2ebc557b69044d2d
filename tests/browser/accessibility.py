"""What axe finds on a page (WCAG 2.2 AA)."""

from functools import cache
from typing import Any

from playwright.sync_api import Page

from backend.api.web import WEB

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
FATAL = ("serious", "critical")


_SETTLED = """() => new Promise(done => {
  let [last, same] = ["", 0];
  const look = () => {
    const now = `${document.querySelectorAll("main *").length} ${document.body.scrollHeight}`;
    same = now === last && document.querySelector(".loading") === null ? same + 1 : 0;
    last = now;
    if (same > 20) done(); else requestAnimationFrame(look);
  };
  look();
})"""
"""axe asks what stands where: a part that arrives meanwhile moves the rest, and a text is held against another ground.
"""


@cache
def _axe() -> str:
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def axe(page: Page) -> None:
    """Fails if axe has a serious or critical finding on the page as it stands."""
    page.evaluate(_SETTLED)
    page.evaluate(_axe())  # by the devtools: the page's own policy would let no such script in
    found: list[dict[str, Any]] = page.evaluate(
        "async rules => (await axe.run({ runOnly: rules, resultTypes: ['violations'] })).violations", list(RULES)
    )
    wrongs = [
        f"{finding['impact']} {finding['id']}: {finding['help']}: {node['html'][:200]}"
        for finding in found
        if finding["impact"] in FATAL
        for node in finding["nodes"]
    ]
    assert wrongs == [], "\n".join([page.url, *wrongs])
