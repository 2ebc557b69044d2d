"""INV-08 from a journal alone: what holds is found to hold, and every way to falsify a line is found and named."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from backend.audit.ack import Ack, check_ack
from backend.audit.commands import app
from backend.audit.replay import audit_journal
from backend.storage.database import Database
from tests.integration.audit.journal_story import FORGERIES, Day, Forgery, Rows, all_forgeries

root = typer.Typer()
root.add_typer(app)


@root.command()
def other() -> None:
    """Typer makes `audit` a subcommand only beside another one."""


def _run(*args: str | Path) -> Result:
    return CliRunner().invoke(root, ["audit", *map(str, args)])


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    database = Database.at(tmp_path_factory.mktemp("market") / "market.db")
    SQLModel.metadata.create_all(database.writer)
    told = Day(database)
    told.tell()
    yield told
    database.close()


@pytest.fixture(scope="module")
def rows(day: Day) -> Rows:
    return day.rows()


def test_journal__of_an_honest_day__holds_in_every_check(rows: Rows, tmp_path: Path) -> None:
    report = audit_journal(rows.written(tmp_path))
    assert report.findings == ()
    assert [check.name for check in report.checks if not report.counts[check.name]] == []
    assert {row["kind"] for row in rows.lines} == {"place", "cancel", "funding", "expire", "bust"}
    assert sum(len(row["trades"]) for row in rows.lines) >= 5


@pytest.mark.parametrize(("forgery", "rechained"), list(all_forgeries()), ids=str)
def test_journal__falsified__is_found_and_its_line_named(
    rows: Rows, tmp_path: Path, forgery: Forgery, rechained: bool
) -> None:
    forged = rows.copy()
    line = forgery.apply(forged)
    if rechained:
        forged.rechain()
    expected = forgery.check_rechained if rechained else forgery.check
    found = {(finding.check, finding.where.line) for finding in audit_journal(forged.written(tmp_path)).findings}
    if expected is None:
        assert found == set(), "a consistent rewriting: only what left the operator's hands can tell"
    elif rechained and forgery.moves:
        assert expected in {check for check, named in found if named}
    else:
        assert (expected, line) in found


@pytest.mark.parametrize("forgery", FORGERIES, ids=str)
def test_ack__of_a_rewritten_history__proves_it(day: Day, rows: Rows, tmp_path: Path, forgery: Forgery) -> None:
    """However well it was done: the head that was signed for the last order is not in the rewritten journal."""
    forged = rows.copy()
    forgery.apply(forged)
    forged.rechain()
    last = max(day.acks)
    path = tmp_path / "ack.json"
    path.write_text(day.reply(last).model_dump_json())
    changed = [row["hash"] for row in forged.lines][:last] != [row["hash"] for row in rows.lines][:last]
    report = check_ack(Ack.load(path), forged.written(tmp_path))
    assert (("ack.kept", last) in {(finding.check, finding.where.line) for finding in report.findings}) is changed


def test_ack__every_one_of_an_honest_day__is_kept(day: Day, rows: Rows, tmp_path: Path) -> None:
    journal = rows.written(tmp_path)
    path = tmp_path / "ack.json"
    for sequence in day.acks:
        path.write_text(day.reply(sequence).model_dump_json())
        assert check_ack(Ack.load(path), journal).findings == ()


def test_ack__that_nobody_signed__is_told_apart_from_a_rewritten_history(day: Day, rows: Rows, tmp_path: Path) -> None:
    rows.written(tmp_path)
    reply = json.loads(day.reply(4).model_dump_json())
    path = tmp_path / "ack.json"
    for changed in ({"sequence": 5}, {"journalHead": "0x" + "11" * 32}, {"signature": "0x" + "00" * 65}):
        path.write_text(json.dumps(reply | changed))
        shown = _run("ack", path, "--journal", tmp_path / "journal.jsonl", "--json")
        assert shown.exit_code == 1
        assert "ack.signed" in {finding["check"] for finding in json.loads(shown.stdout)["findings"]}


def test_commands__journal_and_ack__exit_0_1_and_2(day: Day, rows: Rows, tmp_path: Path) -> None:
    file, reply = rows.written(tmp_path).path, tmp_path / "ack.json"
    reply.write_text(day.reply(4).model_dump_json())
    for held in (_run("journal", file), _run("ack", reply, "--journal", file)):
        assert held.exit_code == 0, held.output
        assert "every promise above holds" in held.stdout
        assert rows.header["head"]["hash"] in held.stdout
    forged = rows.copy()
    line = next(forgery for forgery in FORGERIES if forgery.name == "trade price").apply(forged)
    shown = _run("journal", forged.written(tmp_path).path)
    assert shown.exit_code == 1
    assert f"INV-08 journal.trades: trade at journal line {line}" in shown.stdout
    body = json.loads(_run("journal", file, "--json").stdout)
    assert body["findings"][0]["where"]["line"] == line
    assert body["covered"]["journalOperator"] == rows.header["operator"]
    missing = tmp_path / "none.json"
    unreadable: list[tuple[list[str | Path], str]] = [
        (["journal", missing], "audit.journal_missing"),
        (["journal", reply], "audit.journal_malformed"),
        (["ack", missing, "--journal", file], "audit.ack_missing"),
        (["ack", file, "--journal", file], "audit.ack_malformed"),
        (["journal", file, "--rpc", "http://127.0.0.1:9"], "audit.source_unclear"),
    ]
    for args, code in unreadable:
        wrong = _run(*args, "--json")
        assert (wrong.exit_code, json.loads(wrong.stdout)["code"]) == (2, code)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": "1"},
        {"sequence": True},
        {"time": "yesterday"},
        {"hash": "0xzz"},
        {"trades": [{"tradeId": 1}]},
        {"trades": [{"tradeId": 1, "buyId": 1, "sellId": 2, "lots": 3, "pricePerKg": "4"}]},
    ],
)
def test_journal__row_of_another_form__is_unreadable_and_named(
    rows: Rows, tmp_path: Path, change: dict[str, object]
) -> None:
    forged = rows.copy()
    forged.lines[2].update(change)
    shown = _run("journal", forged.written(tmp_path).path, "--json")
    assert shown.exit_code == 2
    assert json.loads(shown.stdout)["row"] == 4
