"""`tanyu verifier verify-draw` is for anybody, offline; other commands say plainly what was wrong with their input."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.issuance.commands import app as batch
from backend.issuance.commands import root_of
from backend.issuance.verification_commands import app as verification
from backend.issuance.verifier_commands import app as verifier
from backend.kernel.clock import from_unix_s, iso
from tests.unit.issuance.drawing import played
from tests.unit.issuance.world import World


def run(*arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(verifier, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.output)


def test_verify_draw__of_a_true_record__finds_nothing_and_of_a_changed_one__says_what(
    world: World, tmp_path: Path
) -> None:
    world.three_attested()
    record = played(world)
    kept = tmp_path / "draw.json"
    kept.write_text(json.dumps(record))
    assert run("verify-draw", str(kept)) == {
        "findings": [],
        "drawn": [one["statement"] for one in record["drawn"]],
    }
    kept.write_text(json.dumps(record | {"seed": "0x" + "11" * 32}))
    assert run("verify-draw", str(kept), code=1)["findings"][0].startswith("the seed is 0x")


def test_verify_draw__of_one_that_runs__says_until_when_and_finds_nothing_wrong(world: World, tmp_path: Path) -> None:
    world.three_attested()
    whole = played(world)
    running = whole | {"concludedAt": None, "seed": None, "drawn": []}
    kept = tmp_path / "draw.json"
    kept.write_text(json.dumps(running))
    problem = run("verify-draw", str(kept), code=1)
    assert problem["code"] == "draw.not_over"
    assert problem["revealUntil"] == iso(from_unix_s(whole["listed"]["revealUntil"]))
    kept.write_text(json.dumps(running | {"drawn": whole["drawn"]}))
    assert run("verify-draw", str(kept), code=1)["findings"] == ["it is not concluded and has a seed"]


@pytest.mark.parametrize("text", [None, "{", "[]", "7"])
def test_verify_draw__of_no_record__says_so(tmp_path: Path, text: str | None) -> None:
    kept = tmp_path / "draw.json"
    if text is not None:
        kept.write_text(text)
    assert run("verify-draw", str(kept), code=2)["code"] == "draw.record_unreadable"


def test_verifier__without_a_key__is_asked_for_one() -> None:
    assert run("queue", code=2)["code"] == "key.missing"


@pytest.mark.parametrize("root", ["0x12", "batch", "0x" + "zz" * 32])
@pytest.mark.parametrize("step", ["anchor", "claim"])
def test_batch_step__of_no_root__says_what_a_root_is(root: str, step: str) -> None:
    result = CliRunner().invoke(batch, [step, root, "--json"])
    assert result.exit_code == 2, result.output
    assert json.loads(result.output)["code"] == "batch.root_malformed"


def test_root__as_text__is_its_bytes() -> None:
    assert root_of("0x" + "11" * 32) == b"\x11" * 32


def test_open_draw__without_a_deployment__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYU_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(verification, ["open-draw", "--json"])
    assert json.loads(result.output)["code"] == "deployment.missing"
