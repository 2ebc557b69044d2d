"""`tanyu batch` shows what the server answers, as a table or as JSON."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.issuance import commands
from backend.kernel.errors import Unavailable

BATCH = {
    "id": 1,
    "creditClass": "US-CA/2025/SIM",
    "state": "anchored",
    "people": 3,
    "surplusesGco2e": "262500",
    "deficitsGco2e": "632730",
    "verifiers": ["0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"],
    "threshold": 2,
    "minted": 1,
    "claims": 4,
    "root": "0x" + "ab" * 32,
    "txHash": None,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int]]]:
    """What was asked of the server, which answers with one batch."""
    questions: list[tuple[str, dict[str, int]]] = []

    def answer(_url: str | None, path: str, **params: int) -> Any:
        questions.append((path, params))
        return [BATCH] if path == "/batches" else BATCH

    monkeypatch.setattr(commands, "_get", answer)
    return questions


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands.app, list(arguments), env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.output
    return result.output


def test_batch_list__as_json__is_what_the_server_said(asked: list[tuple[str, dict[str, int]]]) -> None:
    assert json.loads(run("list", "--limit", "5", "--after", "2", "--json")) == [BATCH]
    assert asked == [("/batches", {"limit": 5, "after": 2})]


def test_batch_list__for_people__is_a_table(asked: list[tuple[str, dict[str, int]]]) -> None:
    shown = run("list")
    assert len(asked) == 1
    for expected in ("US-CA/2025/SIM", "anchored", "262500", "1 of 2", "1 of 4", "0x" + "ab" * 32):
        assert expected in shown


def test_batch_show__one_root__shows_its_fields(asked: list[tuple[str, dict[str, int]]]) -> None:
    shown = run("show", "0x" + "ab" * 32)
    assert asked == [("/batches/0x" + "ab" * 32, {})]
    assert "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65" in shown
    assert "txHash" not in shown


def test_batch_list__no_server__fails_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object, **_params: object) -> None:
        raise Unavailable("nothing listens there")

    monkeypatch.setattr(commands, "_get", gone)
    result = CliRunner().invoke(commands.app, ["list"])
    assert result.exit_code == 1
    assert "nothing listens there" in result.output
