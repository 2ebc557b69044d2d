"""`scripts/screens`: pictures of every page into docs/screens, in both languages, by day and by night, wide and narrow.

Of a world of its own with the sample year; WebP, as the browser itself writes it.
"""

import argparse
import base64
import shutil
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from backend.chain.artifacts import CHECKOUT
from tests.browser.chromium import find_chromium
from tests.browser.looks import LANGUAGES, SIZES, THEMES, Look
from tests.browser.opening import Opener
from tests.browser.views import VIEWS, View
from tests.browser.world import play_sample, world_of

SCREENS = CHECKOUT / "docs" / "screens"
QUALITY = 70
"""Of 100: letters stay clear, and the folder small."""


def take(page: Page, path: Path) -> int:
    """A picture of what the window shows; its bytes."""
    page.wait_for_load_state("networkidle")
    devtools = page.context.new_cdp_session(page)
    taken = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return path.write_bytes(base64.b64decode(taken["data"]))


def take_all(opener: Opener, folder: Path, view: View) -> int:
    """Pictures of one page in every look; their bytes together."""
    who = None if view.who is None else opener.world.person(view.who)
    total = 0
    for language, size, theme in product(LANGUAGES, SIZES, THEMES):
        opened = opener.open(view.path, Look(language, size, theme), session_of=who)
        total += take(opened.page, folder / f"{view.name}-{language}-{size}-{theme}.webp")
        opened.context.close()
    return total


def main() -> int:
    """Takes them all, or those of pages whose names contain a word. 1 if something went wrong behind a page."""
    parser = argparse.ArgumentParser(prog="scripts/screens", description="Pictures of the pages into docs/screens.")
    parser.add_argument("only", nargs="?", default="", help="only pages whose name contains this")
    only = parser.parse_args().only
    if not only:
        shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        world = world_of(play_sample(Path(folder) / "sample"), Path(folder) / "world")
        world.start()
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            opener = Opener(browser, world)
            for view in VIEWS:
                if only in view.name:
                    print(f"{view.name}: {take_all(opener, SCREENS, view) // 1024} kB", flush=True)  # noqa: T201
            wrongs = opener.close()
            browser.close()
        finally:
            world.stop()
    print(*wrongs, sep="\n")  # noqa: T201
    return 1 if wrongs else 0


if __name__ == "__main__":
    raise SystemExit(main())
