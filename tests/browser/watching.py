"""What goes wrong behind a page, and fails its test: errors on the console, exceptions, refused or failed requests.

A page that asks for what it may not have makes an error on the console. Where a story wants the server's refusal (a
wrong signature, an order too large), it says so with `expect_refusal`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request, Response

ABANDONED = "net::ERR_ABORTED"
"""The page left, or changed its mind: nobody waits for that answer."""

_OF_A_RESPONSE = re.compile(r"^Failed to load resource: the server responded with a status of")
"""Chromium tells a refused request twice; the response says more."""


@dataclass
class Watch:
    """Everything that went wrong on one page and was not expected."""

    wrongs: list[str] = field(default_factory=list)
    is_told: bool = True
    """Whether anything counts: a test that does wrong on purpose says no."""
    _expected: list[tuple[re.Pattern[str], int]] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """From now on; before anything is loaded."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._tell(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    @contextmanager
    def expect_refusal(self, path: str, status: int) -> Iterator[None]:
        """Within it, answers of this status from paths that match the pattern are right."""
        expected = (re.compile(path), status)
        self._expected.append(expected)
        try:
            yield
        finally:
            self._expected.remove(expected)

    def expect_refusals(self, path: str, status: int) -> None:
        """The same until the page is closed."""
        self._expected.append((re.compile(path), status))

    def _tell(self, wrong: str) -> None:
        if self.is_told:
            self.wrongs.append(wrong)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _OF_A_RESPONSE.match(message.text):
            self._tell(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != ABANDONED:
            self._tell(f"no answer: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        is_expected = any(
            pattern.search(response.url) and response.status == status for pattern, status in self._expected
        )
        if response.status >= 400 and not is_expected:
            self._tell(f"{response.status}: {response.request.method} {response.url}")
