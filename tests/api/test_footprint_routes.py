"""The factor catalogue over HTTP and at the terminal."""

import json

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from backend.access.problems import install_problems
from backend.footprint.commands import app as factors_command
from backend.footprint.factors import catalogue
from backend.footprint.routes import router
from backend.kernel.digest import to_hex
from tests.web import TestClient


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(router)
    install_problems(app)
    return TestClient(app)


def test_factors__all__are_listed_with_the_set_s_digest(client: TestClient) -> None:
    answer = client.get("/factors").json()

    assert answer["digest"] == to_hex(catalogue().digest)
    assert [one["id"] for one in answer["factors"]] == sorted(catalogue().by_id)


def test_factors__before_a_vintage_opens__are_the_frozen_set(client: TestClient) -> None:
    answer = client.get("/factors", params={"before": "2025-01-01", "kind": "grid_electricity", "region": "GB"}).json()

    assert [one["id"] for one in answer["factors"]] == ["electricity-gb-2023", "electricity-gb-2024"]
    assert answer["digest"] != to_hex(catalogue().digest)


def test_factor__one__shows_its_whole_passport(client: TestClient) -> None:
    factor = client.get("/factors/electricity-cn-sc-2022").json()

    assert factor["value"] == "0.1404"
    assert factor["unit"] == "kgCO2/kWh"
    assert factor["gasBasis"] == "co2"
    assert factor["status"] == "seen-secondary"
    assert factor["uncertaintyBasis"] == "judgement"
    assert {"document", "table", "licence", "publishedOn", "reviewBy", "boundaryNote", "gwpSet"} <= factor.keys()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/factors/nothing", 404, "footprint.factor_not_found"),
        ("/factors?kind=teleport", 422, "activity.kind_unknown"),
        ("/factors?region=Mars", 422, "place.unknown"),
        ("/factors?before=soon", 422, "input.invalid"),
    ],
)
def test_factors__bad_question__is_a_problem_with_its_code(
    client: TestClient, path: str, status: int, code: str
) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


class TestCommand:
    def test_list__as_json__is_what_the_route_says(self, client: TestClient) -> None:
        told = CliRunner().invoke(factors_command, ["list", "--kind", "metro", "--json"])

        assert told.exit_code == 0
        assert json.loads(told.stdout) == client.get("/factors", params={"kind": "metro"}).json()

    def test_list__for_people__names_each_factor(self) -> None:
        told = CliRunner().invoke(factors_command, ["list", "--region", "US-CAMX"], env={"COLUMNS": "200"})

        assert told.exit_code == 0
        assert "electricity-us-camx-2022" in told.stdout

    def test_show__one__has_its_passport(self) -> None:
        told = CliRunner().invoke(factors_command, ["show", "electricity-gb-2024", "--json"])

        assert json.loads(told.stdout)["value"] == "0.20705"

    def test_show__past_its_review_date__warns(self) -> None:
        told = CliRunner().invoke(factors_command, ["show", "electricity-gb-2023"], env={"COLUMNS": "200"})

        assert told.exit_code == 0
        assert "past its review date" in told.stdout

    @pytest.mark.parametrize(
        ("arguments", "exit_code", "code"),
        [
            (["show", "nothing", "--json"], 2, "footprint.factor_not_found"),
            (["list", "--kind", "teleport", "--json"], 2, "activity.kind_unknown"),
        ],
    )
    def test_bad_question__exits_with_its_code(self, arguments: list[str], exit_code: int, code: str) -> None:
        told = CliRunner().invoke(factors_command, arguments)

        assert told.exit_code == exit_code
        assert json.loads(told.stdout)["code"] == code

    def test_bad_date__is_bad_usage(self) -> None:
        assert CliRunner().invoke(factors_command, ["list", "--before", "soon"]).exit_code == 2
