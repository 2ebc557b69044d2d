"""The world, the browser, and pages in it that are watched: nothing may go wrong behind a story's back.

In the long profile each story is told in sixteen ways, and every telling gets a world of its own.
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from backend.chain.artifacts import CHECKOUT
from tests.browser.chromium import find_chromium
from tests.browser.looks import looks_of
from tests.browser.opening import WAIT_MS, Opener
from tests.browser.world import World, play_sample, world_of
from tests.conftest import LONG_TIMEOUT_S

PICTURES = CHECKOUT / "build" / "browser"
"""Where the pages of failed tests are kept as pictures."""

expect.set_options(timeout=WAIT_MS)


def _scope_of_world(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ARG001 - pytest names the fixture
    return "function" if config.getoption("--full") else "session"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "look" in metafunc.fixturenames:
        looks = looks_of(metafunc.module.__name__, full=metafunc.config.getoption("--full"))
        metafunc.parametrize("look", looks, ids=str)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first that wants the world waits until its year has been played."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    opener = getattr(item, "funcargs", {}).get("opener")
    if call.when == "call" and report.failed and opener is not None:
        kept = opener.keep_pictures(PICTURES, re.sub(r"\W+", "-", item.nodeid))
        report.sections.append(("pictures", "\n".join(map(str, kept))))
    return report


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped Tanyu with the sample year, to copy."""
    return play_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope=_scope_of_world)
def world(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running Tanyu. In a usual run the stories share it: each has people of its own, and counts on no silence."""
    made = world_of(sample, tmp_path_factory.mktemp("world"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opener(browser: Browser, world: World) -> Iterator[Opener]:
    """Opens pages. The test fails if anything went wrong behind one of them that the story did not expect."""
    made = Opener(browser, world)
    yield made
    assert made.close() == []
