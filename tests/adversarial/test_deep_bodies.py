"""A body that nests deeper than any parser can follow: a server process refuses it and lives."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.processes import Processes
from tests.patience import PATIENCE_S

DEEP = (b"[" * 100_000, b'{"a":' * 20_000, b"[" * 100_000 + b"]" * 100_000)
PATHS = ("/sessions", "/orders", "/donations", "/nowhere")


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    running = Processes(tmp_path_factory.mktemp("deep"))
    running.start_server()
    running.wait_ready()
    yield running
    running.stop()


@pytest.mark.parametrize("path", PATHS)
def test_server__sent_a_deep_body__refuses_it_and_lives(processes: Processes, path: str) -> None:
    for body in DEEP:
        for media in ("application/json", "application/problem+json", "x", None):
            headers = {} if media is None else {"Content-Type": media}
            answer = httpx.post(
                processes.settings.base_url + path, content=body, headers=headers, trust_env=False, timeout=30
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "input.too_deep"), (path, media)
    for encoding in ("utf-16", "utf-32"):
        answer = httpx.post(
            processes.settings.base_url + path,
            content=DEEP[0].decode().encode(encoding),
            headers={"Content-Type": "application/json"},
            trust_env=False,
            timeout=30,
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "input.not_json")
    answer = httpx.post(
        processes.settings.base_url + path, content=DEEP[0], headers={"Content-Type": "text/csv"}, trust_env=False
    )
    assert 400 <= answer.status_code < 500
    assert not processes.server_ended()
    assert httpx.get(f"{processes.settings.base_url}/ready", trust_env=False, timeout=PATIENCE_S).status_code == 200


def test_parser__beneath_the_door__raises_where_it_ran_off_the_stack() -> None:
    """Whatever else parses JSON (a node's answer, a file) is behind no door: the recursion limit holds there."""
    program = (
        "import web3, eth_account, backend.cli, json, sys\n"
        "try: json.loads('[' * 100_000)\n"
        "except RecursionError: print('raised', sys.getrecursionlimit())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "raised 1000"), ran.stderr[-500:]
