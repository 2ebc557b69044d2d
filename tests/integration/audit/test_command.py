"""`tanyu audit` as people and machines call it: what it prints and how it exits."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from backend.audit.commands import app
from backend.audit.history import History
from backend.audit.terminal import BEYOND_HISTORY, PROMISES
from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from tests.integration.audit.tampering import field_tamperings

root = typer.Typer()
root.add_typer(app)


@root.command()
def other() -> None:
    """Typer makes `audit` a subcommand only beside another one."""


def _run(*args: str | Path) -> Result:
    return CliRunner().invoke(root, ["audit", *map(str, args)])


@pytest.fixture(scope="module")
def deployment_file(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deployment") / "deployment.json"
    deployment.save(path)
    return path


def test_audit__of_a_node__exits_0_and_records_what_can_be_repeated(
    history: History, node: LocalNode, deployment_file: Path, tmp_path: Path
) -> None:
    recorded = tmp_path / "history.json"
    live = _run("--rpc", node.url, "--deployment", deployment_file, "--record", recorded, "--json")
    assert live.exit_code == 0
    again = _run("--from-file", recorded, "--json")
    assert again.exit_code == 0
    assert json.loads(live.stdout) == json.loads(again.stdout)
    body: dict[str, Any] = json.loads(live.stdout)
    assert (body["format"], body["holds"], body["findings"]) == ("tanyu-audit/1", True, [])
    assert body["covered"]["headHash"] == history.head_hash
    assert {check["invariant"] for check in body["checks"]} >= {f"INV-0{n}" for n in (1, 2, 3, 4, 5, 6, 9)}


def test_audit__for_people__shows_each_promise_and_the_verdict(history: History, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    history.save(path)
    shown = _run("--from-file", path)
    assert shown.exit_code == 0
    assert "every promise above holds" in shown.stdout
    told = PROMISES.keys() | set(re.findall(r"INV-\d\d", BEYOND_HISTORY))
    assert told == {"EVIDENCE", *(f"INV-{number:02}" for number in range(1, 10))}, "each has a row or is named beneath"
    assert BEYOND_HISTORY in shown.stdout
    assert history.head_hash in shown.stdout
    assert len(_run("--from-file", path, "--details").stdout) > len(shown.stdout)


def test_audit__of_a_falsified_history__exits_1_and_says_what_where(history: History, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    chosen = next(t for t in field_tamperings(history, one_of_a_kind=True) if t.name == "CarbonCredit.Issued.amount")
    chosen.applied(history).save(path)
    shown = _run("--from-file", path)
    assert shown.exit_code == 1
    assert "INV-01" in shown.stdout
    body = json.loads(_run("--from-file", path, "--json").stdout)
    first = next(finding for finding in body["findings"] if finding["invariant"] == "INV-02")
    assert first.keys() == {"invariant", "check", "subject", "expected", "found", "where"}
    assert first["where"].keys() == {"block", "transaction", "logIndex"}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], "audit.source_unclear"),
        (["--rpc", "http://127.0.0.1:9"], "audit.source_unclear"),
        (["--rpc", "http://127.0.0.1:9", "--deployment", "/nowhere.json"], "deployment.missing"),
        (["--from-file", "/nowhere.json"], "audit.history_missing"),
    ],
)
def test_audit__nothing_to_read__exits_2_with_a_code(args: list[str], code: str) -> None:
    assert _run(*args).exit_code == 2
    failed = _run(*args, "--json")
    assert (failed.exit_code, json.loads(failed.stdout)["code"]) == (2, code)


def test_audit__no_answer_or_unknown_block__exits_2(node: LocalNode, deployment_file: Path) -> None:
    dead = _run("--rpc", "http://127.0.0.1:9", "--deployment", deployment_file, "--json")
    assert (dead.exit_code, json.loads(dead.stdout)["code"]) == (2, "chain.unreachable")
    ahead = _run("--rpc", node.url, "--deployment", deployment_file, "--block", "999999999", "--json")
    assert (ahead.exit_code, json.loads(ahead.stdout)["code"]) == (2, "audit.block_unknown")
    for block in ("yesterday", "xyz", "-5", "1.5", "0x", "9" * 30, "\u0663", ""):
        wrong = _run("--rpc", node.url, "--deployment", deployment_file, "--block", block, "--json")
        assert (wrong.exit_code, json.loads(wrong.stdout)["code"]) == (2, "audit.block_malformed"), block


def test_audit__of_another_chain__says_so_before_anything_else(deployment_file: Path) -> None:
    with LocalNode() as other_node:
        for block in ("latest", "999999999"):
            wrong = _run("--rpc", other_node.url, "--deployment", deployment_file, "--block", block, "--json")
            assert (wrong.exit_code, json.loads(wrong.stdout)["code"]) == (2, "chain.wrong_network")
