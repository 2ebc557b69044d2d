"""The README's example of a whole act, run as a stranger would: a key, HTTP, and what GET /signing says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from typer.testing import CliRunner

from backend.chain.artifacts import CHECKOUT
from backend.chain.keys import dev_signer
from backend.chain.typed_data import digest, typed_data
from backend.cli import app
from tests.e2e.processes import Processes
from tests.patience import PATIENCE_S, until

BUYER = 10


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    running = Processes(tmp_path_factory.mktemp("signing"))
    running.start_server()
    running.wait_ready()
    yield running
    running.stop()


def signing(processes: Processes) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(
        f"{processes.settings.base_url}/signing", trust_env=False, timeout=PATIENCE_S
    ).json()
    return found


def test_example__places_an_order(processes: Processes) -> None:
    processes.people.pay(BUYER, 10**9)
    index = next(i for i in range(200) if dev_signer(i).address == processes.people.person(BUYER).address)
    example = CHECKOUT / "docs" / "examples" / "place_an_order.py"

    def placed() -> bool:
        ran = subprocess.run(
            [sys.executable, str(example), processes.settings.base_url, str(index)],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            assert "market.money_insufficient" in ran.stderr or "market.payment" in ran.stderr, ran.stderr
            return False
        found = httpx.get(
            f"{processes.settings.base_url}/orders/{ran.stdout.strip()}", trust_env=False, timeout=PATIENCE_S
        )
        return bool(found.json()["state"] == "open")

    until(placed, "the order, once the index knows the buyer's money")


def test_signing__of_every_message__is_what_the_contracts_check(processes: Processes) -> None:
    found = signing(processes)
    assert (found["chainId"], found["contracts"]) == (31337, processes.deployment.addresses)
    names = [one["primaryType"] for one in found["messages"]]
    assert {"Order", "Cancel", "CancelAll", "Approve", "Retire", "Donate", "Transfer", "Permit"} <= set(names)
    examples = {"address": "0x" + "11" * 20, "uint256": 7, "bytes32": b"\x09" * 32, "string": "buy", "bool": True}
    for one in found["messages"]:
        name = one["primaryType"]
        fields = one["types"][name]
        assert one["typeString"] == f"{name}({','.join(f['type'] + ' ' + f['name'] for f in fields)})"
        if name == "Permit":
            continue
        message = {field["name"]: examples.get(field["type"], 7) for field in fields}
        whole = {"domain": one["domain"], "types": one["types"], "primaryType": name, "message": message}
        theirs = _hash_eip191_message(encode_typed_data(full_message=whole))
        assert one["contract"] in typed_data(name).contracts
        assert theirs == digest(name, processes.deployment.domain(one["contract"]), message), name


def test_signing_command__says_the_same(processes: Processes) -> None:
    path = str(processes.settings.deployment_path)
    ran = CliRunner().invoke(app, ["signing", "--deployment", path, "--json"])
    assert ran.exit_code == 0
    assert signing(processes) == json.loads(ran.stdout)
    shown = CliRunner().invoke(app, ["signing", "--deployment", path]).stdout
    for one in signing(processes)["messages"]:
        assert one["typeString"] in shown
        assert one["domain"]["verifyingContract"] in shown
