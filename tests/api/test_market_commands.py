"""`tanyu market` against the real routes."""

import json
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from typer.testing import CliRunner

from backend.access.client import ApiClient
from backend.cli import app
from backend.market import commands
from backend.storage.database import Database
from tests.api.market_app import ORIGIN, market_app
from tests.unit.market.world import ANA, BO, World
from tests.web import TestClient

runner = CliRunner()


class IntoApp(httpx.BaseTransport):
    """Carries requests into the app without a socket."""

    def __init__(self, world: World) -> None:
        self.inner = TestClient(market_app(world), base_url=ORIGIN)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.request(request.method, str(request.url.copy_with(host="127.0.0.1", port=8000)))
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """ANA sells 5 at 100, BO took 2 and bids 90 for 1."""
    made = World(database)
    made.start()
    made.sell(ANA, 5, 100)
    made.buy(BO, 2, 100)
    made.buy(BO, 1, 90)
    monkeypatch.setattr(commands, "ApiClient", partial(ApiClient, transport=IntoApp(made)))
    yield made
    made.stop()


@pytest.mark.usefixtures("world")
def test_classes__for_people__are_listed_with_what_an_order_must_keep_to() -> None:
    result = runner.invoke(commands.app, ["classes"], env={"COLUMNS": "80"})
    listed = json.loads(runner.invoke(commands.app, ["classes", "--json"]).stdout)

    assert result.exit_code == 0, result.output
    (one,) = (line for line in result.stdout.splitlines() if "CN-SC/2025/SIM" in line)
    rules = next(rules for rules in listed if rules["classCode"] == "CN-SC/2025/SIM")
    assert f"{rules['lotsMin']} to {rules['lotsMax']}" in one
    assert rules["feeBps"] == "30"
    assert "0.3 %" in one


@pytest.mark.usefixtures("world")
def test_book__as_json__is_what_the_server_says() -> None:
    result = runner.invoke(commands.app, ["book", "CN-SC/2025/SIM", "--json"])

    assert result.exit_code == 0, result.output
    book = json.loads(result.stdout)
    assert book["asks"] == [{"pricePerKg": "100", "lots": "3", "orders": 1}]
    assert book["bids"] == [{"pricePerKg": "90", "lots": "1", "orders": 1}]


@pytest.mark.usefixtures("world")
def test_book__for_people__shows_sells_above_buys_in_payment_tokens() -> None:
    result = runner.invoke(commands.app, ["book", "CN-SC/2025/SIM"])

    assert result.exit_code == 0, result.output
    assert "CN-SC/2025/SIM" in result.stdout
    assert "TTD per kg" in result.stdout
    assert result.stdout.index("0.0001") < result.stdout.index("0.00009")


@pytest.mark.usefixtures("world")
def test_trades__both_ways__show_the_trade() -> None:
    as_json = runner.invoke(commands.app, ["trades", "CN-SC~2025~SIM", "--limit", "5", "--json"])
    for_people = runner.invoke(commands.app, ["trades", "CN-SC/2025/SIM"])

    assert [trade["lots"] for trade in json.loads(as_json.stdout)] == ["2"]
    assert "matched" in for_people.stdout
    assert "0.0001" in for_people.stdout


@pytest.mark.usefixtures("world")
def test_ticker_and_queue__for_people_and_as_json__show_where_the_class_stands() -> None:
    ticker = runner.invoke(app, ["market", "ticker", "CN-SC/2025/SIM"])
    queue = runner.invoke(app, ["market", "queue", "CN-SC/2025/SIM"])

    assert "2 kg, trades: 1" in ticker.stdout
    assert ticker.stdout.index("0.0001") < ticker.stdout.index("0.00009")
    assert json.loads(runner.invoke(app, ["market", "ticker", "CN-SC/2025/SIM", "--json"]).stdout)["askPerKg"] == "100"
    assert "order by order" in queue.stdout
    places = json.loads(runner.invoke(app, ["market", "queue", "CN-SC/2025/SIM", "--json"]).stdout)
    assert [(place["lots"], place["place"]) for place in places["asks"]] == [("3", 1)]


@pytest.mark.usefixtures("world")
def test_auction__told_in_either_language__says_what_it_would_make() -> None:
    english = runner.invoke(app, ["market", "auction", "CN-SC/2025/SIM", "--lang", "en"])
    chinese = runner.invoke(app, ["market", "auction", "CN-SC/2025/SIM", "--lang", "zh"])

    assert "continuous" in english.stdout
    assert "would be traded" in english.stdout
    assert "该价下的余量" in chinese.stdout


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("command", ["book", "trades"])
def test_unknown_class__exits_with_its_code(command: str) -> None:
    result = runner.invoke(commands.app, [command, "XX/2025/SIM", "--json"])

    assert result.exit_code == 2
    assert json.loads(result.stdout)["code"] == "market.class_unknown"


@pytest.mark.usefixtures("world")
def test_bad_usage__exits_with_two() -> None:
    assert runner.invoke(commands.app, ["book", "CN-SC/2025/SIM", "--depth", "0"]).exit_code == 2


@pytest.mark.usefixtures("world")
def test_candles__both_ways__show_what_was_traded() -> None:
    as_json = runner.invoke(commands.app, ["candles", "CN-SC/2025/SIM", "--interval", "1m", "--json"])
    for_people = runner.invoke(commands.app, ["candles", "CN-SC/2025/SIM"])

    assert [(candle["closePerKg"], candle["volumeLots"]) for candle in json.loads(as_json.stdout)] == [("100", "2")]
    assert for_people.exit_code == 0, for_people.output
    assert "close" in for_people.stdout
    assert "0.0001" in for_people.stdout
