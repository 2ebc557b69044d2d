"""What a page of somebody else's can do to a person who is signed in here: nothing. And what our own pages may do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from backend.access.client import message_to_sign
from backend.access.session import COOKIE_HTTP
from backend.api.web import PAGES
from backend.chain.keys import personal_sign
from backend.kernel.digest import to_hex
from tests.browser.opening import Opened, Opener
from tests.browser.other_site import other_site
from tests.browser.world import World
from tests.patience import until

HOSTS = ("127.0.0.1", "localhost")
"""Where the other page is: on another site than ours, or on ours under another origin, whom cookies reach too."""

INSTEAD_OF_A_PAGE = "chrome-error://chromewebdata/"


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    with other_site() as port:
        yield port


@pytest.fixture
def victim(opener: Opener, world: World) -> Opened:
    """Somebody who is signed in and goes on to another page."""
    opened = opener.open("/", session_of=world.stranger())
    opened.watch.is_told = False  # what the other page does wrong is its own business
    return opened


def _is_signed_in(opened: Opened) -> bool:
    """As the server sees the victim's cookie."""
    return opened.context.request.get("/sessions/me").ok


@pytest.mark.parametrize("host", HOSTS)
class TestAnotherOrigin:
    def test_form__posted_to_us__changes_nothing(
        self, victim: Opened, world: World, other_port: int, host: str
    ) -> None:
        page = victim.page
        page.goto(f"http://{host}:{other_port}/")
        with page.expect_navigation() as landing:
            page.evaluate(
                """url => {
                  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
                  form.enctype = "text/plain";
                  form.append(Object.assign(document.createElement("input"), { name: '{"name": "', value: 'x"}' }));
                  document.body.append(form);
                  form.submit();
                }""",
                f"{world.url}/api-keys",
            )

        assert landing.value.status == (403 if host == "localhost" else 401)
        assert victim.context.request.get("/api-keys").json() == []
        assert _is_signed_in(victim)

    def test_fetch__with_the_person_s_cookie__reads_nothing_and_ends_nothing(
        self, victim: Opened, world: World, other_port: int, host: str
    ) -> None:
        page = victim.page
        page.goto(f"http://{host}:{other_port}/")
        asked: list[Any] = page.evaluate(
            """async url => {
              const attempt = (path, options) =>
                fetch(url + path, { credentials: "include", ...options }).then(answer => answer.type, () => "refused");
              return [
                await attempt("/sessions/me", {}),
                await attempt("/sessions", { method: "DELETE" }),
                await attempt("/sessions/me", { mode: "no-cors" }),
                await attempt("/sessions/nonce", { method: "POST", headers: { "Content-Type": "application/json" } }),
              ];
            }""",
            world.url,
        )

        # Of the third, without CORS, a page on the same site may know that there was an answer, never which.
        assert [asked[at] for at in (0, 1, 3)] == ["refused"] * 3
        assert asked[2] in {"refused", "opaque"}
        assert _is_signed_in(victim)

    def test_websocket__of_the_stream__is_not_opened(
        self, victim: Opened, world: World, other_port: int, host: str
    ) -> None:
        page = victim.page
        page.goto(f"http://{host}:{other_port}/")

        assert _opens_stream(page, world.url) is False

    def test_frame__around_one_of_our_pages__stays_empty(
        self, victim: Opened, world: World, other_port: int, host: str
    ) -> None:
        page = victim.page
        page.goto(f"http://{host}:{other_port}/")
        with page.expect_event("framenavigated", lambda frame: frame.url == INSTEAD_OF_A_PAGE):
            page.evaluate(
                "url => void document.body.append(Object.assign(document.createElement('iframe'), { src: url }))",
                f"{world.url}/my",
            )

        assert [frame.url for frame in page.frames[1:]] == [INSTEAD_OF_A_PAGE]

    def test_window__opened_on_one_of_our_pages__is_out_of_reach(
        self, victim: Opened, world: World, other_port: int, host: str
    ) -> None:
        page = victim.page
        page.goto(f"http://{host}:{other_port}/")
        with page.context.expect_page() as opened:
            page.evaluate("url => { window.reached = open(url); }", world.url)
        ours = opened.value
        expect(ours.locator("main")).to_be_visible()

        assert ours.evaluate("() => window.opener") is None
        assert page.evaluate("() => window.reached.closed") is True  # to the opener: another browsing context group


def _opens_stream(page: Page, url: str) -> bool:
    opens: bool = page.evaluate(
        """url => new Promise(done => {
          const socket = new WebSocket(url.replace("http", "ws") + "/stream");
          socket.onopen = () => { socket.close(); done(true); };
          socket.onerror = () => done(false);
        })""",
        url,
    )
    return opens


def _refused(page: Page, times: int) -> list[str]:
    """What the browser refused, once it was told that many times."""
    until(lambda: page.evaluate("() => window.refused.length") >= times, f"{times} refusals")
    told: list[str] = page.evaluate("() => window.refused.sort()")
    return told


class TestOurOwn:
    def test_session__begun_in_a_browser__is_a_cookie_that_no_script_reads(self, opener: Opener, world: World) -> None:
        page, signer = opener.open("/").page, world.stranger()
        post = (
            "([path, body]) => fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })"
        )
        nonce: dict[str, Any] = page.evaluate(
            f"given => ({post})(given).then(found => found.json())", ["/sessions/nonce", ""]
        )
        message = message_to_sign(nonce, signer.address)
        body = json.dumps({"message": message, "signature": to_hex(personal_sign(signer, message))})
        page.evaluate(f"given => ({post})(given).then(() => undefined)", ["/sessions", body])

        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == (COOKIE_HTTP, True, "Strict")
        assert page.evaluate("() => document.cookie") == ""
        assert page.context.request.get("/sessions/me").json()["address"] == signer.address

    def test_policy__of_every_page__lets_in_the_stream_and_no_script_or_style_written_in_it(
        self, opener: Opener, world: World, other_port: int
    ) -> None:
        opened = opener.open("/")
        opened.watch.is_told = False
        for path in ("/", *(f"/{name}" for name in PAGES)):
            opened.page.goto(path)
            expect(opened.page.locator("main")).to_be_visible()
            opened.page.evaluate(
                """elsewhere => {
                  window.refused = [];
                  addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
                  const script = Object.assign(document.createElement("script"), { textContent: "window.ran = 1" });
                  document.body.append(script);
                  const style = Object.assign(document.createElement("style"), { textContent: "p { color: red }" });
                  document.body.append(style);
                  document.body.setAttribute("style", "color: red");
                  document.body.setAttribute("onclick", "window.ran = 1");
                  document.body.click();
                  return fetch(elsewhere).then(() => true, () => false);
                }""",
                f"http://127.0.0.1:{other_port}/",
            )

            refused = ["script-src-attr", "script-src-elem", "style-src-attr", "style-src-elem"]
            if path != "/audit":  # may ask any node
                refused.insert(0, "connect-src")
            assert _refused(opened.page, len(refused)) == refused, path
            assert opened.page.evaluate("() => window.ran") is None, path
            assert _opens_stream(opened.page, world.url), path
