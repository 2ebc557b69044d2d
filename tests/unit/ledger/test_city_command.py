"""`tanyu city report`: from files, and over the sample year's people in a database, each checked alone."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend.cli import app
from backend.kernel.clock import SystemClock, iso
from backend.ledger import city_books
from backend.ledger.city_books import close_region
from backend.ledger.city_engine import Engine
from backend.ledger.city_report import report_of
from backend.ledger.city_told import CityUnsettled, told_of
from backend.ledger.deadline import due_of
from backend.ledger.person import persons
from backend.ledger.policy import Policy, PolicyUnknown
from backend.ledger.tables import PersonRow
from backend.storage.database import Database
from tests.unit.ledger.cities import city
from tests.unit.ledger.people import play_sample_year, some_books
from tests.unit.ledger.years import CALIFORNIA, SICHUAN

runner = CliRunner()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYU_DATA_DIR", str(tmp_path / "data"))


def test_report__of_files__is_json_of_totals_in_which_nobody_is_one_of_a_few(tmp_path: Path) -> None:
    small = city(tmp_path, 60)

    told = runner.invoke(
        app,
        ["city", "report", "CN-SC", "2025", "--persons", str(small.persons), "--lines", str(small.lines), "--json"],
    )

    assert told.exit_code == 0, told.output
    report = json.loads(told.output)
    assert (report["people"], report["closedApart"], report["refused"]) == (60, 1, 0)
    assert report["policy"] == SICHUAN.id
    assert all(one["people"] >= SICHUAN.minimum_batch for one in report["footprints"])
    assert int(report["budgetGco2e"]) > 0


def test_report__of_people_without_lines__asks_for_both(tmp_path: Path) -> None:
    small = city(tmp_path, 3)

    told = runner.invoke(app, ["city", "report", "CN-SC", "2025", "--persons", str(small.persons), "--json"])

    assert told.exit_code == 2
    assert "city.one_file_only" in told.output


def test_report__of_a_region_that_no_policy_governs__says_so() -> None:
    told = runner.invoke(app, ["city", "report", "FR", "2025", "--json"])

    assert told.exit_code == 2
    assert PolicyUnknown.code in told.output


def test_report__while_people_may_still_hand_in_their_year__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: due_of(2025, "CN-SC") - timedelta(seconds=1))

    told = runner.invoke(app, ["city", "report", "CN-SC", "2025", "--json"])

    assert told.exit_code != 0
    assert CityUnsettled.code in told.output


@pytest.fixture
def settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The sample year, after everybody's time to hand it in."""
    with database.write() as session:
        play_sample_year(session, some_books())
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setattr(SystemClock, "now", lambda _: due_of(2025, "CN-SC"))
    return database


def report(code: int = 0) -> dict[str, Any]:
    told = runner.invoke(app, ["city", "report", "CN-SC", "2025", "--json"])
    assert told.exit_code == code, told.output
    return dict(json.loads(told.stdout))


def test_report__of_this_tanyu__is_told_once_whatever_changes_after(settled: Database) -> None:
    first = report()
    with settled.write() as session:
        person = next(one for one in persons(session) if one.region == "CN-SC")
        session.get_one(PersonRow, person.person_id).erased_at = due_of(2025, "CN-SC")
    with settled.read() as session, Engine() as engine:
        books = some_books()
        anew = report_of(engine, SICHUAN, close_region(session, engine, books, SICHUAN).closed)

    assert report() == first
    assert first["people"] == anew.people + 1, "a second report would have told the difference"
    assert first["toldAt"] == iso(due_of(2025, "CN-SC"))


def test_report__in_which_a_figure_differs__is_told_nobody_and_not_kept(
    settled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(city_books, "people_row", lambda *_: ())
        found = report(code=1)
    assert set(found) == {"policy", "differing"}
    assert found["differing"] > 5
    with settled.read() as session:
        assert told_of(session, "CN-SC", 2025) is None
    assert report()["people"] == found["differing"]


@pytest.mark.parametrize("policy", [SICHUAN, CALIFORNIA], ids=["Sichuan", "California"])
def test_region__of_the_sample_year__closes_as_each_person_does_alone(database: Database, policy: Policy) -> None:
    books = some_books()
    with database.write() as session:
        play_sample_year(session, books)

    with database.read() as session, Engine() as engine:
        checked = close_region(session, engine, books, policy)
        report = report_of(engine, policy, checked.closed)

    assert checked.differing == 0
    assert report.people > 5
    assert (report.apart, report.refused) == (0, 0)
