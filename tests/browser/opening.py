"""Opening pages as somebody: a browser context of their own, signed in by cookie or with a wallet, watched."""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from backend.access.session import COOKIE_HTTP
from backend.chain.keys import Signer
from tests.browser.hands import Person
from tests.browser.looks import LOCALES, VIEWPORTS, Look
from tests.browser.wallet import Wallet
from tests.browser.watching import Watch
from tests.browser.world import World

WAIT_MS = 60_000
"""How long Playwright waits for what a page is to show; generous, as every wait of the tests is."""


@dataclass
class Opened:
    """A page somebody looks at."""

    page: Page
    watch: Watch
    person: Person
    wallet: Wallet | None

    @property
    def context(self) -> BrowserContext:
        """The browser profile it is in: cookies, storage."""
        return self.page.context


@dataclass
class Opener:
    """Opens pages of a world, each in a fresh profile of the browser; remembers them for the end of the test."""

    browser: Browser
    world: World
    opened: list[Opened] = field(default_factory=list)

    def open(self, path: str = "/", look: Look | None = None, *, session_of: Signer | None = None,
             wallet_of: Signer | None = None) -> Opened:  # fmt: skip
        """A page at a path of ours.

        `session_of`: somebody who is signed in already (the cookie only; the page has no key to sign with).
        `wallet_of`: somebody whose wallet the browser has; not signed in before the story does it.
        """
        look = look or Look()
        width, height = VIEWPORTS[look.size]
        context = self.browser.new_context(
            base_url=self.world.url,
            viewport={"width": width, "height": height},
            has_touch=look.size == "mobile",
            locale=LOCALES[look.language],
            color_scheme=look.theme,
            reduced_motion="reduce",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        context.set_default_timeout(WAIT_MS)
        wallet = None if wallet_of is None else Wallet(wallet_of, self.world.rpc_url)
        if wallet is not None:
            wallet.install(context)
        if session_of is not None:
            self._bring_session(context, session_of)
        page, watch = context.new_page(), Watch()
        watch.attach(page)
        opened = Opened(page, watch, Person(page, look.hands), wallet)
        self.opened.append(opened)
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        return opened

    def _bring_session(self, context: BrowserContext, person: Signer) -> None:
        """The cookie as the server sets it when a person signs in."""
        with self.world.client(person) as client:
            assert client.proof is not None
            token = client.proof.headers("GET", "/", b"")["Authorization"].removeprefix("Bearer ")
        name, url = COOKIE_HTTP, self.world.url
        context.add_cookies([{"name": name, "value": token, "url": url, "httpOnly": True, "sameSite": "Strict"}])

    def keep_pictures(self, folder: Path, name: str) -> list[Path]:
        """A picture of each page as it is, for whoever looks into a failure."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = []
        for number, opened in enumerate(self.opened):
            if not opened.page.is_closed():
                kept.append(folder / f"{name}-{number}.png")
                opened.page.screenshot(path=kept[-1], full_page=True)
        return kept

    def close(self) -> list[str]:
        """Closes all; what went wrong behind the pages."""
        for opened in self.opened:
            opened.context.close()
        return [wrong for opened in self.opened for wrong in opened.watch.wrongs]
