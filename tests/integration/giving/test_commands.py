"""`tanyu give` and `tanyu retire` against a served API."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import typer
import uvicorn
from typer.testing import CliRunner

from backend.giving.certificate_commands import app as retire
from backend.giving.commands import give
from backend.giving.kinds import Funding
from tests.integration.giving.world import POOL_STORY, World


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    """A server in a thread, with one campaign that got one gift."""
    campaign_id = world.open(world.pool, "shown", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    world.donor(0, 10_000)
    world.give(0, campaign_id, 2_500)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(world.client().app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_give__campaigns_campaign_and_gifts__are_shown_and_printed_as_json(url: str) -> None:
    shown = CliRunner().invoke(give, ["campaigns", "--url", url], env={"COLUMNS": "200"})
    listed = json.loads(CliRunner().invoke(give, ["campaigns", "--url", url, "--json"]).stdout)
    one = json.loads(CliRunner().invoke(give, ["campaign", "1", "--url", url, "--json"]).stdout)
    gifts = json.loads(CliRunner().invoke(give, ["gifts", "1", "--url", url, "--json"]).stdout)

    assert "A quieter sky" in shown.stdout
    assert listed == [one]
    assert one["total"]["donatedGco2e"] == "2500"
    assert [gift["amountGco2e"] for gift in gifts] == ["2500"]
    table = CliRunner().invoke(give, ["gifts", "1", "--url", url], env={"COLUMNS": "300"})
    assert gifts[0]["receiptId"] in table.stdout


@pytest.mark.parametrize("app", [give, retire])
def test_receipt__for_people__says_honestly_what_it_is(url: str, app: typer.Typer) -> None:
    gift = json.loads(CliRunner().invoke(give, ["gifts", "1", "--url", url, "--json"]).stdout)[0]

    ran = CliRunner().invoke(app, ["receipt", gift["receiptId"], "--url", url], env={"COLUMNS": "300"})

    assert ran.exit_code == 0
    assert "not an offset and no proof of a reduction" in ran.stdout


def test_unknown_campaign__is_the_servers_problem_and_exit_code_1(url: str) -> None:
    ran = CliRunner().invoke(give, ["campaign", "99", "--url", url, "--json"])

    assert (ran.exit_code, json.loads(ran.stdout)["code"]) == (2, "campaign.unknown")


def test_no_server__says_how_to_start_one() -> None:
    ran = CliRunner().invoke(give, ["campaigns", "--url", "http://127.0.0.1:1"])

    assert ran.exit_code == 1
    assert "scripts/run" in ran.stderr
