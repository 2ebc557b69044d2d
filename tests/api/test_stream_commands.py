"""`tanyu market watch` on a real server."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from typer.testing import CliRunner

from backend.market import commands
from backend.storage.database import Database
from tests.api.stream_world import StreamWorld, streaming
from tests.unit.market.world import ANA, BO
from tests.web_socket import WAIT_S, until

CODE = "CN-SC~2025~SIM"


def watching(served: StreamWorld, happens: Callable[[], object], *options: str) -> Any:
    """What the command prints when something happens after it began to watch."""
    arguments = ["watch", CODE, "--url", served.base_url, *options]
    with ThreadPoolExecutor(1) as pool:
        result: Future[Any] = pool.submit(CliRunner().invoke, commands.app, arguments)

        def has_subscribed() -> bool:
            assert not result.done(), result.result().output
            return [len(kept.subscribers) for kept in list(served.stream.hub._kept.values())] == [1, 1]

        until(has_subscribed, "the command to subscribe")
        happens()
        return result.result(WAIT_S)


def test_watch__for_people__tells_best_prices_and_trades(database: Database) -> None:
    with streaming(database) as served:

        def happens() -> None:
            served.world.sell(ANA, 5, 101)
            until(lambda: served.stream._publisher._feed.head.sequence == 1, "the first to be told by itself")
            served.world.buy(BO, 2, 101)

        found = watching(served, happens, "--count", "5")

    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[0] == "book    buys: nobody; sells: nobody"
    assert "book    buys: nobody; sells: 3 kg at 0.000101 TTD" in lines
    assert "trade   2 kg at 0.000101 TTD (buy, trade 1)" in lines


def test_watch__as_json__is_one_update_a_line(database: Database) -> None:
    with streaming(database) as served:
        found = watching(served, lambda: served.world.sell(ANA, 5, 101), "--count", "3", "--json")

    assert found.exit_code == 0, found.output
    updates = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(update["channel"].split(":")[0], update["why"]) for update in updates] == [
        ("book", "subscribed"),
        ("trades", "subscribed"),
        ("book", None),
    ]


def test_watch__of_no_class__exits_with_its_code(database: Database) -> None:
    with streaming(database) as served:
        arguments = ["watch", "XX/2025/SIM", "--url", served.base_url, "--json"]
        found = CliRunner().invoke(commands.app, arguments)

    assert found.exit_code == 2
    assert json.loads(found.stdout)["code"] == "market.class_unknown"
