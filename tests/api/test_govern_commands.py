"""`tanyu market govern`, `rules`, `spread`, `history` against the real routes: tried, done, and read again."""

import json
import re
from functools import partial

import httpx
import pytest
from typer.testing import CliRunner, Result

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.chain.keys import DevRole
from backend.cli import app
from backend.market import commands
from backend.market.govern_commands import TimeOfDayMalformed, second_of_day
from backend.market.rule_words import rule_text
from backend.market.words import ENGLISH
from tests.api.market_app import market_app
from tests.unit.market.world import World
from tests.web import TestClient

CODE = "CN-SC/2025/SIM"
runner = CliRunner()


class IntoApp(httpx.BaseTransport):
    """Carries requests into the app without a socket."""

    def __init__(self, world: World) -> None:
        self.inner = TestClient(market_app(world), base_url="http://127.0.0.1:8000")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url.copy_with(host="127.0.0.1", port=8000))
        answer = self.inner.request(request.method, url, content=request.read(), headers=dict(request.headers))
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture(autouse=True)
def _into_app(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (commands, signed_in):
        monkeypatch.setattr(module, "ApiClient", partial(ApiClient, transport=IntoApp(world)))


def market(*args: str) -> Result:
    return runner.invoke(app, ["market", *args])


def govern(*args: str, dev: int = DevRole.OPERATOR) -> Result:
    return market("govern", "--dev", str(int(dev)), *args)


def told(result: Result) -> object:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_rules__tried_and_then_set__change_only_what_is_named() -> None:
    act = ("rules", CODE, "--mode", "call", "--calls", "02:00,14:30", "--tick", "0.000005", "--why", "thin")
    before = told(market("rules", CODE, "--json"))

    tried = govern(*act, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "nothing was done" in tried.stdout
    assert "02:00, 14:30" in tried.stdout
    assert told(market("rules", CODE, "--json")) == before
    done = govern(*act)
    assert done.exit_code == 0, done.output
    assert "done, journal line 1" in done.stdout

    after = told(market("rules", CODE, "--json"))
    assert isinstance(after, dict)
    assert isinstance(before, dict)
    day = before["rules"]["day"] | {"calls": [7200, 52_200]}
    assert after["rules"] == before["rules"] | {"mode": "call", "modePinned": True, "tick": "5", "day": day}


def test_mode__that_is_to_be_earned__is_unpinned_and_its_spread_can_be_read() -> None:
    pinned = market("spread", CODE)
    assert "pinned by governance, so not measured" in pinned.stdout
    assert told(govern("rules", CODE, "--earn", "--calls", "02:00", "--why", "let it earn it", "--json")) == {
        "sequence": 1,
        "changes": [
            {"field": "modePinned", "before": True, "after": False},
            {"field": "calls", "before": [], "after": [7200]},
        ],
    }
    assert "earned by its spread" in market("spread", CODE).stdout


def test_stop_resume_and_reference__are_told_in_the_history_with_who_and_why() -> None:
    for act in (
        ("reference", CODE, "0.0002", "--why", "the last tender"),
        ("stop", CODE, "--cancel-only", "--why", "a wrong price"),
        ("resume", CODE, "--why", "it was right"),
    ):
        done = govern(*act)
        assert done.exit_code == 0, done.output

    history = market("history", CODE)

    assert history.exit_code == 0, history.output
    for words in ("the last tender", "a wrong price", "it was right", "phase: cancel only -> volatility call"):
        assert words in history.stdout
    rules = market("rules", CODE)
    assert "0.00018 to 0.00022" in rules.stdout
    assert "reference price: - -> 0.0002 TTD per kg" in history.stdout
    for words in ("0.000001 TTD per kg", "1,000,000 TTD per kg", "10 %", "1,000,000 kg", "volatility call"):
        assert words in rules.stdout
    assert "bandBps" not in rules.stdout


def test_prices__that_no_base_unit_makes__are_refused() -> None:
    for act in (("reference", CODE, "0.0000001"), ("rules", CODE, "--tick", "free")):
        refused = govern(*act, "--why", "?", "--json")
        assert (refused.exit_code, json.loads(refused.stdout)["code"]) == (2, "market.figure_inexact")


def test_rules_and_history__in_chinese__are_told_in_it_and_times_to_the_second() -> None:
    govern("reference", CODE, "0.0002", "--why", "the last tender")

    rules, history = market("rules", CODE, "--lang", "zh").stdout, market("history", CODE, "--lang", "zh").stdout

    assert "围绕参考价的价格区间" in rules
    assert "参考价：- -> 每 kg 0.0002 TTD" in history
    assert re.search(r" [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} ", history)


def test_act__of_anybody_else_or_that_cannot_be_done__is_refused_with_its_code() -> None:
    by_other = govern("stop", CODE, "--why", "I want it", "--json", dev=12)
    assert (by_other.exit_code, json.loads(by_other.stdout)["code"]) == (1, "market.not_the_operator")
    going_on = govern("resume", CODE, "--why", "nothing was wrong", "--dry-run", "--json")
    assert (going_on.exit_code, json.loads(going_on.stdout)["code"]) == (1, "market.not_stopped")
    nonsense = govern("rules", CODE, "--calls", "25:00", "--why", "?", "--json")
    assert (nonsense.exit_code, json.loads(nonsense.stdout)["code"]) == (2, "market.time_of_day_malformed")


@pytest.mark.parametrize(("text", "second"), [("00:00", 0), ("14:30", 52_200), ("23:59:59", 86_399), ("24:00", 86_400)])
def test_time_of_day__written__is_read_and_told_again(text: str, second: int) -> None:
    assert second_of_day(text) == second
    assert rule_text("opensS", second, ENGLISH) == text


@pytest.mark.parametrize("text", ["", "1:00", "24:01", "12:60", "noon", "-1:00", "12:00:60"])
def test_time_of_day__of_another_form__is_refused(text: str) -> None:
    with pytest.raises(TimeOfDayMalformed):
        second_of_day(text)
