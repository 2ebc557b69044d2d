"""The pages in Chromium: how soon the first one shows on a middling phone, and the market's while its book changes.

First page: cold cache, the network and processor of a middling phone as Lighthouse throttles them (150 ms, 1.6 Mbit/s,
a quarter of the processor); medians. JavaScript is counted as it goes over the wire packed by gzip. Market: 60 deltas a
second come out of the page's own WebSocket, with the server's book behind them, while somebody types. What decides is
the processor's time that the page's thread takes for one, of the 16.7 ms there are: how many frames a second are drawn
is also the affair of whoever else is on the machine.
"""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, expect, sync_playwright

from backend.api.web import DIST
from tests.browser.chromium import find_chromium
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.world import World, play_sample, world_of
from tests.patience import until

ROUNDS = 5
LATENCY_MS = 150
DOWN_BYTES_PER_S = 1_600_000 // 8
UP_BYTES_PER_S = 750_000 // 8
SLOWER = 4
"""How many times slower than this machine's the phone's processor is."""

UPDATES_PER_S = 60
UPDATE_MS_MOST = 8.0
"""Half of the time between two updates: the other half is for whoever types, and for a machine half as quick."""

WATCHED_S = 5
TYPED = "1234567890" * 2
MARKET = "/trade/CN-SC/2025/SIM"

VITALS = Path(__file__).with_name("web_vitals.js")
BUSY_BOOK = Path(__file__).with_name("busy_book.js")


@dataclass(frozen=True)
class Load:
    """One first load, in milliseconds where nothing else is said."""

    first_paint: float
    largest_paint: float
    blocked: float
    """Sum of what tasks took beyond 50 ms each."""
    shift: float
    scripts: tuple[str, ...]


def _as_phone(devtools: CDPSession) -> None:
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    conditions = {"offline": False, "latency": LATENCY_MS}
    speed = {"downloadThroughput": DOWN_BYTES_PER_S, "uploadThroughput": UP_BYTES_PER_S}
    devtools.send("Network.emulateNetworkConditions", conditions | speed)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _first_load(browser: Browser, world: World) -> Load:
    context = browser.new_context(base_url=world.url, viewport={"width": 360, "height": 740}, device_scale_factor=2)
    context.add_init_script(path=VITALS)
    page = context.new_page()
    _as_phone(context.new_cdp_session(page))
    page.goto("/")
    expect(page.locator("main h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    found: dict[str, Any] = page.evaluate("() => window.vitals()")
    context.close()
    return Load(**found | {"scripts": tuple(found["scripts"])})


def _gzip_bytes(script: str) -> int:
    """Of a file of the build as it is sent to who takes gzip."""
    path = DIST / "assets" / script
    packed = path.with_name(f"{path.name}.gz")
    return (packed if packed.exists() else path).stat().st_size


@dataclass(frozen=True)
class Busy:
    """A market page under updates."""

    updates: int
    taken_up: int
    """How many deltas the page took without asking for the book anew, up to the first that it did not take."""
    frames_per_s: float
    cpu_ms: float
    """What the page's thread took of the processor for one update: scripts, style, layout, all of it."""
    late_frames: int
    """Frames that came more than 50 ms after the one before."""
    input_delay_ms: float
    """The 95th of a hundred: from a key's press until the page began to work on it."""
    typed: str


def _cpu_ms(devtools: CDPSession) -> float:
    """What the page's thread has taken of the processor so far."""
    metrics = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000


def _busy_market(browser: Browser, world: World) -> Busy:
    opener = Opener(browser, world)
    opened = opener.open("/", Look(), session_of=world.person("trader"))
    opened.context.add_init_script(path=BUSY_BOOK)
    page = opened.page
    page.goto(MARKET)
    until(lambda: bool(page.evaluate("() => window.busy.isReady()")), "the book's snapshot")
    field = page.locator("main input:not([type=radio]):not([type=checkbox]):visible").first
    field.fill("")
    field.focus()
    devtools = opened.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_ms = _cpu_ms(devtools)
    page.evaluate("perS => window.busy.start(perS)", UPDATES_PER_S)
    pause_ms = WATCHED_S * 1000 / len(TYPED)
    for key in TYPED:
        page.keyboard.press(key, delay=1)
        page.wait_for_timeout(pause_ms)  # the measurement lasts as long as it lasts
    found: dict[str, Any] = page.evaluate("() => window.busy.stop()")
    taken_ms = _cpu_ms(devtools) - before_ms
    busy = Busy(typed=field.input_value(), cpu_ms=taken_ms / found["updates"], **found)
    opener.close()
    return busy


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        world = world_of(play_sample(Path(folder) / "sample"), Path(folder) / "world")
        world.start()
        try:
            yield world
        finally:
            world.stop()


Row = dict[str, object]


def _row(name: str, value: float, unit: str, goal: str | None = None, *, met: bool | None = None) -> Row:
    told: Row = {"name": f"pages: {name}", "value": value, "unit": unit}
    return told | {"baseline": None, "ratio": None, "goal": goal, "met": met}


def _load_rows(loads: list[Load]) -> list[Row]:
    largest = statistics.median(load.largest_paint for load in loads)
    script_kb = round(sum(map(_gzip_bytes, loads[0].scripts)) / 1000, 1)
    shift = statistics.median(load.shift for load in loads)
    return [
        _row("first contentful paint, phone", round(statistics.median(load.first_paint for load in loads)), "ms"),
        _row("largest contentful paint, phone", round(largest), "ms", "<= 2500", met=largest <= 2500),
        _row("blocked by long tasks, phone", round(statistics.median(load.blocked for load in loads)), "ms"),
        _row("layout shift, phone", round(shift, 3), "", "<= 0.1", met=shift <= 0.1),
        _row("JavaScript of the first page, gzip", script_kb, "kB", "<= 220", met=script_kb <= 220),
    ]


def _busy_rows(busy: Busy) -> list[Row]:
    frames, delay, taken = round(busy.frames_per_s, 1), round(busy.input_delay_ms, 1), busy.taken_up
    cpu_ms = round(busy.cpu_ms, 2)
    return [
        _row("market: deltas taken in 5 s, at 60/s", taken, "", f"{busy.updates}", met=taken == busy.updates),
        _row("market: processor for an update", cpu_ms, "ms", f"<= {UPDATE_MS_MOST:g}", met=cpu_ms <= UPDATE_MS_MOST),
        _row("market: frames drawn meanwhile", frames, "/s"),
        _row("market: frames more than 50 ms late", busy.late_frames, ""),
        _row("market: input delay, 95th of 100", delay, "ms", "<= 50", met=delay <= 50),
        _row("market: keys that arrived", len(busy.typed), "", f"{len(TYPED)}", met=busy.typed == TYPED),
    ]


def rows() -> list[Row]:
    """First load on a phone, and the market page under updates."""
    with _world() as world, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        loads = [_first_load(browser, world) for _ in range(ROUNDS)]
        busy = _busy_market(browser, world)
        browser.close()
    return _load_rows(loads) + _busy_rows(busy)
