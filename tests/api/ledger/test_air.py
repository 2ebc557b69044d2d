"""A year's co-pollutants beside its carbon: over HTTP for its owner, at the terminal from the document."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.footprint.kind import Grade
from backend.footprint.pollutant import pollutants_of
from backend.kernel.clock import FixedClock
from backend.ledger.air import air_of
from backend.ledger.commands import app as statement_command
from tests.api.ledger.callers import AFTER, Caller, a_year_of_bills, joined, problem
from tests.unit.ledger.years import sichuan_home, sichuan_travel, sichuanese

DRIVEN = """
travel,car_petrol,100,km,2025-06-01,2025-06-30,US-CA,,
travel,car_petrol,50,mile,2025-07-01,2025-07-02,US-CA,,"""


@pytest.fixture
def driver(alice: Caller, clock: FixedClock) -> Caller:
    home = joined(alice)
    clock.at = AFTER
    alice.renew()
    assert alice.post_csv(a_year_of_bills() + DRIVEN, home=home).status_code == 201
    return alice


def test_air__of_a_closed_year__has_both_sides_by_kind(driver: Caller) -> None:
    assert problem(driver.get("/statements/2025/air")) == (404, "statement.unknown")
    driver.post("/statements/2025/close")

    told = driver.get("/statements/2025/air").json()

    petrol, electric = told["kinds"]
    assert (petrol["kind"], electric["kind"]) == ("car_petrol", "grid_electricity")
    assert electric["footprintGco2e"] == "271800"
    nox = next(one for one in petrol["pollutants"] if one["pollutant"] == "NOx")
    assert nox["amountMg"] == "44461"  # 180.4672 km x 61.9 g of petrol x 3.98 g NOx a kg, up
    assert {one["amountMg"] for one in electric["pollutants"]} == {None}


def test_air__of_somebody_else__is_not_told(driver: Caller, bob: Caller) -> None:
    driver.post("/statements/2025/close")
    joined(bob)

    assert problem(bob.get("/statements/2025/air")) == (404, "statement.unknown")


def test_air__at_the_terminal__is_of_the_document(driver: Caller, tmp_path: Path) -> None:
    driver.post("/statements/2025/close")
    file = tmp_path / "statement.json"
    file.write_text(json.dumps(driver.get("/statements/2025").json()["document"]))

    told = CliRunner().invoke(statement_command, ["air", str(file), "--json"])
    shown = CliRunner().invoke(statement_command, ["air", str(file)], env={"COLUMNS": "200"})

    assert json.loads(told.stdout) == driver.get("/statements/2025/air").json()
    assert "44.461" in shown.stdout
    assert "not available" in shown.stdout


def test_air__of_shared_lines__counts_the_person_s_part_once() -> None:
    year = sichuanese([*sichuan_home("600", "40"), *sichuan_travel("120", grade=Grade.S)])
    values = {f"line.{at:04d}": line.fields(2025) for at, line in enumerate(year.lines)}

    by_kind = {one.kind: one for one in air_of(values)}

    assert sum(one.footprint_gco2e for one in by_kind.values()) == sum(line.amount.gco2e for line in year.lines)
    assert by_kind["natural_gas"].pollutants == tuple(pollutants_of("natural_gas", Decimal(40)))
