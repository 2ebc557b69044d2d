"""`tanyu trade` against the real routes: what it tells before it signs, what it does, what it shows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.cli import app
from backend.kernel.clock import SystemClock, iso
from backend.market import trade_setup_commands
from backend.storage.database import Database
from tests.api.trader_world import Desk
from tests.unit.market.world import ANA, BO, World

CODE = "CN-SC/2025/SIM"
ANA_KEY, BO_KEY = ("--dev", "10"), ("--dev", "11")
runner = CliRunner()


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    world = World(database)
    world.clock.at = SystemClock().now()
    world.start()
    made = Desk.of(world)
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=made.line))
    monkeypatch.setenv("TANYU_PORT", "8000")
    yield made
    world.stop()


def trade(*words: str, answer: str | None = None) -> Result:
    return runner.invoke(app, ["trade", *words], input=answer)


def as_json(*words: str) -> Any:
    result = trade(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*words: str) -> tuple[int, str]:
    result = trade(*words, "--json")
    return result.exit_code, json.loads(result.stdout)["code"]


@pytest.mark.usefixtures("desk")
def test_order__from_a_dry_run_to_its_end__by_commands_alone() -> None:
    dry = trade(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", "--dry-run")
    assert "Sell 5 kg CO2e of CN-SC/2025/SIM at 0.1 TTD per kg" in dry.stdout
    assert "Wholly filled it brings at least 0.4985 TTD at today's fee" in dry.stdout
    assert "nothing was placed" in dry.stdout
    assert as_json(*ANA_KEY, "orders") == []

    ack = as_json(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", "--name", "first", "--yes")
    assert ack["lotsOpen"] == "5"
    got = as_json(*BO_KEY, "buy", CODE, "2", "--market", "--retire", "--for", ANA.address, "--yes")
    assert got["fills"] == [{"tradeId": 1, "lots": "2", "pricePerKg": "100000"}]

    life = as_json(*ANA_KEY, "order", "first")
    assert [(step["step"], step["lots"]) for step in life["life"]] == [("accepted", "5"), ("matched", "2")]
    assert life["order"]["orderHash"] == ack["orderHash"]
    (fill,) = as_json(*BO_KEY, "fills")
    assert (fill["side"], fill["state"], fill["isTaker"]) == ("buy", "matched", True)
    assert as_json(*BO_KEY, "fees") == as_json(*BO_KEY, "movements") == []

    assert as_json(*ANA_KEY, "cancel", "first")["lotsMatched"] == "2"
    assert "what was matched of it stands: 2 kg." in trade(*ANA_KEY, "cancel", "first").stdout
    (over,) = as_json(*ANA_KEY, "orders", "--all")
    assert (over["state"], over["reason"]) == ("cancelled", "by_maker")


@pytest.mark.usefixtures("desk")
def test_order__that_is_not_wanted_after_all__is_not_signed() -> None:
    asked = trade(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", answer="n\n")

    assert asked.exit_code == 1
    assert "- Sell 5 kg CO2e" in asked.stderr
    assert as_json(*ANA_KEY, "orders", "--all") == []
    wanted = trade(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", answer="y\n")
    assert "5 kg wait in the book" in wanted.stdout


@pytest.mark.usefixtures("desk")
def test_replace__by_number__is_told_and_done() -> None:
    given = as_json(*ANA_KEY, "number", "--count", "2")
    as_json(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", "--number", given["to"], "--yes")

    dry = as_json(*ANA_KEY, "replace", given["to"], "--kg", "3", "--dry-run")
    assert (dry["order"]["amountGco2e"], dry["verdict"]) == ("3000", None)
    new = as_json(*ANA_KEY, "replace", given["to"], "--kg", "3", "--price", "0.11", "--yes")
    (left,) = as_json(*ANA_KEY, "orders")
    assert (left["orderHash"], left["number"], left["pricePerKg"]) == (new["orderHash"], given["to"], "110000")


@pytest.mark.usefixtures("desk")
def test_everything__of_a_class_or_all__is_cancelled() -> None:
    for price in ("0.1", "0.2"):
        as_json(*ANA_KEY, "sell", CODE, "1", "--price", price, "--yes")
    assert as_json(*ANA_KEY, "cancel-all", "--class", "US-CA/2025/SIM")["orderHashes"] == []
    assert as_json(*ANA_KEY, "cancel-all", "--dry-run")["says"] == "2 open orders would leave the book."
    assert len(as_json(*ANA_KEY, "cancel-all")["orderHashes"]) == 2


@pytest.mark.usefixtures("desk")
def test_heartbeat__on_and_off__says_until_when() -> None:
    assert "cancelled at" in trade(*ANA_KEY, "heartbeat", "60").stdout
    assert as_json(*ANA_KEY, "heartbeat", "0") == {"until": None}


def test_tables__for_people__fit_into_80_columns(desk: Desk) -> None:
    desk.world.sell(ANA, 999_999, 999_999)
    desk.world.buy(BO, 1_000, 999_999)
    desk.world.buy(BO, 1_000, 1)
    for words in (
        (*BO_KEY, "orders"),
        (*BO_KEY, "orders", "--all"),
        (*BO_KEY, "fills"),
        (*BO_KEY, "balances"),
        (*ANA_KEY, "order", "1"),
    ):
        shown = trade(*words)
        assert shown.exit_code == 0, shown.output
        assert max(map(len, shown.stdout.splitlines())) <= 80, shown.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("buy", CODE, "5"), "market.options_contradict"),
        (("buy", CODE, "5", "--price", "0.1", "--market"), "market.options_contradict"),
        (("buy", CODE, "5", "--price", "0.1", "--retire", "--donate", "1"), "market.options_contradict"),
        (("replace", "7"), "market.options_contradict"),
        (("cancel", "7", "--deadline", "2026-01-01T00:00:00Z"), "market.options_contradict"),
        (("buy", CODE, "1.5", "--price", "0.1"), "market.figure_inexact"),
        (("buy", CODE, "5", "--price", "0.0000001"), "market.figure_inexact"),
        (("buy", "XX/2025/SIM", "5", "--price", "0.1"), "market.class_unknown"),
        (("buy", CODE, "5", "--price", "0.1", "--for", "0x12"), "market.field_out_of_range"),
        (("buy", CODE, "5", "--price", "0.1", "--for", BO.address), "market.beneficiary_not_maker"),
        (("buy", CODE, "5", "--price", "0.1", "--in-force", "gtd"), "market.options_contradict"),
        (("buy", CODE, "5", "--price", "0.1", "--good-until", "2999-01-01T00:00:00Z"), "market.options_contradict"),
        (("buy", CODE, "5", "--price", "0.1", "--good-until", "soon"), "time.malformed"),
        (("buy", CODE, "5", "--price", "0.1", "--in-force", "ioc", "--post-only"), "market.instruction_out_of_place"),
        (("order", "nobody"), "market.order_not_named"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_misuse__is_told_by_its_code_before_anything_is_signed(words: tuple[str, ...], code: str) -> None:
    assert refused(*ANA_KEY, *words) == (2, code)


@pytest.mark.usefixtures("desk")
def test_good_until__after_the_signed_expiry__says_to_sign_for_longer() -> None:
    gtd = ("buy", CODE, "5", "--price", "0.1", "--in-force", "gtd", "--good-until")
    too_late = trade(*BO_KEY, *gtd, iso(SystemClock().now() + timedelta(hours=25)), "--dry-run")
    assert too_late.exit_code == 2
    assert "24 h from now: give more --hours" in too_late.stderr
    longer = trade(*BO_KEY, *gtd, iso(SystemClock().now() + timedelta(hours=25)), "--hours", "26", "--dry-run")
    assert longer.exit_code == 0, longer.output


def test_refusal__over_a_price__tells_money_as_all_else_does(desk: Desk) -> None:
    desk.world.sell(ANA, 3, 100_000)
    order = ("buy", CODE, "3", "--price", "0.12", "--post-only")
    assert "0.12 TTD per kg would meet the best opposite price, 0.1 TTD" in trade(*BO_KEY, *order, "--dry-run").stdout
    refusal = trade(*BO_KEY, *order, "--yes")
    assert refusal.exit_code == 1
    assert "0.12 TTD per kg would meet the best opposite price, 0.1 TTD" in refusal.stderr
    too_high = trade(*BO_KEY, "buy", CODE, "1", "--price", "2000000", "--yes")
    assert "2,000,000 TTD per kg is above the highest price, 1,000,000 TTD" in too_high.stderr


@pytest.mark.usefixtures("desk")
def test_nobody__is_asked_for_a_key() -> None:
    assert refused("orders") == (2, "key.missing")
    assert refused("buy", CODE, "1", "--price", "1", "--yes") == (2, "key.missing")


def test_api_key__made_used_listed_and_revoked(desk: Desk, tmp_path: Path) -> None:
    def refused_now(*words: str) -> tuple[int, str]:
        desk.world.clock.at = SystemClock().now()  # however long the commands before took
        return refused(*words)

    file = tmp_path / "bot.json"
    made = as_json(*ANA_KEY, "api-key", "make", "bot", str(file), "--scope", "read", "--scope", "cancel")
    assert "secret" not in made
    assert file.stat().st_mode & 0o77 == 0
    as_json(*ANA_KEY, "sell", CODE, "1", "--price", "0.1", "--yes")

    desk.world.clock.at = SystemClock().now()
    assert len(as_json("--api-key", str(file), "orders")) == 1
    desk.world.clock.at = SystemClock().now()
    assert len(as_json("--api-key", str(file), "cancel-all")["orderHashes"]) == 1
    assert refused("--api-key", str(file), "sell", CODE, "1", "--price", "0.1", "--yes") == (2, "key.missing")
    (listed,) = as_json(*ANA_KEY, "api-key", "list")
    assert (listed["keyId"], listed["scopes"]) == (made["keyId"], ["read", "cancel"])
    assert "bot" in trade(*ANA_KEY, "api-key", "list").stdout
    as_json(*ANA_KEY, "api-key", "revoke", made["keyId"])
    assert refused_now("--api-key", str(file), "orders") == (1, "api_key.wrong")


@pytest.mark.usefixtures("desk")
def test_hard_cancel__asks_first_and_tells_its_deadline() -> None:
    as_json(*ANA_KEY, "sell", CODE, "1", "--price", "0.1", "--name", "mine", "--yes")
    dry = as_json(*ANA_KEY, "cancel", "mine", "--hard", "--dry-run")
    assert "nobody can settle it" in dry["says"]
    assert trade(*ANA_KEY, "cancel", "mine", "--hard", answer="n\n").exit_code == 1

    done = as_json(*ANA_KEY, "cancel", "mine", "--hard", "--yes")
    again = as_json(*ANA_KEY, "cancel", "mine", "--hard", "--yes", "--deadline", done["deadline"])
    assert done == again
    assert done["chain"]["state"] == "new"
    told = trade(*ANA_KEY, "cancel", "mine", "--hard", "--yes", "--deadline", done["deadline"]).stdout
    assert "left the book" in told
    assert f"On the chain: waits to be sent. `--hard --deadline {done['deadline']}` asks again." in told


@pytest.mark.usefixtures("desk")
def test_trade__in_chinese__tells_before_and_after_it_signs_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    dry = trade(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", "--dry-run", "--lang", "zh")
    assert dry.exit_code == 0, dry.output
    assert "将要签署；未提交：" in dry.stdout
    assert "全部成交后按今日手续费至少得 0.4985 TTD" in dry.stdout
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    asked = trade(*ANA_KEY, "sell", CODE, "5", "--price", "0.1", answer="y\n")
    assert "签署？" in asked.output
    assert "未成交 5 kg" not in asked.stdout
    assert "5 kg 在订单簿中等待" in asked.stdout

    listed = trade(*ANA_KEY, "orders").stdout
    assert "每 kg TTD" in listed
    assert "卖出" in listed
    assert "sell" in trade(*ANA_KEY, "orders", "--lang", "en").stdout


def test_faucet__a_second_time_in_a_day__says_when_there_is_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trade_setup_commands, "CHAIN_WAIT_S", 0)
    tomorrow = iso((desk.world.clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0))

    first, again = trade(*ANA_KEY, "faucet"), trade(*ANA_KEY, "faucet")

    assert "Test money for your account." in first.stdout
    assert f"more from {tomorrow} on" in again.stdout
    assert as_json(*ANA_KEY, "faucet")["nextAt"] == tomorrow
