"""The factor catalogue and footprints over HTTP and at the terminal."""

import json
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from backend.access.problems import install_problems
from backend.footprint.commands import app as factors_command
from backend.footprint.estimate_commands import app as footprint_command
from backend.footprint.factors import catalogue
from backend.footprint.freeze import freezes, frozen_for
from backend.footprint.kind import KINDS
from backend.footprint.matrix import PLACES
from backend.footprint.routes import router
from backend.kernel.clock import FixedClock
from backend.kernel.digest import sha256, to_hex
from tests.web import TestClient


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.state.clock = FixedClock(datetime(2026, 6, 30, tzinfo=UTC))
    app.include_router(router)
    install_problems(app)
    return TestClient(app)


def test_factors__all__are_listed_with_the_set_s_digest(client: TestClient) -> None:
    answer = client.get("/factors").json()

    assert answer["digest"] == to_hex(catalogue().digest)
    assert [one["id"] for one in answer["factors"]] == sorted(catalogue().by_id)


def test_factors__before_a_vintage_opens__are_the_frozen_set(client: TestClient) -> None:
    answer = client.get("/factors", params={"before": "2025-01-01", "kind": "grid_electricity", "region": "GB"}).json()

    assert [one["id"] for one in answer["factors"]] == [
        "electricity-gb-2016", "electricity-gb-2017", "electricity-gb-2018", "electricity-gb-2019",
        "electricity-gb-2020", "electricity-gb-2021", "electricity-gb-2022", "electricity-gb-2023",
        "electricity-gb-2024", "electricity-life-cycle-gb-2023",
    ]  # fmt: skip
    assert answer["digest"] != to_hex(catalogue().digest)


def test_factor__one__shows_its_whole_passport(client: TestClient) -> None:
    factor = client.get("/factors/electricity-cn-sc-2022").json()

    assert factor["value"] == "0.1404"
    assert factor["unit"] == "kgCO2/kWh"
    assert factor["gasBasis"] == "co2"
    assert factor["status"] == "seen-secondary"
    assert factor["uncertaintyBasis"] == "judgement"
    assert {"document", "table", "licence", "publishedOn", "reviewBy", "boundaryNote", "gwpSet"} <= factor.keys()


def test_factor__of_digest__is_the_very_bytes_that_have_it(client: TestClient) -> None:
    for record in freezes():
        for text in (to_hex(record.digest), record.digest.hex()):
            answer = client.get(f"/factors/{text}")
            assert sha256(answer.content) == record.digest
    whole = json.loads(client.get(f"/factors/{to_hex(catalogue().digest)}").content)
    assert [one["id"] for one in whole["factors"]] == sorted(catalogue().by_id)
    assert whole["grids"]["US-CA"] == ["US-CAMX", "US"]


def test_factors__of_a_vintage_or_words__are_told_with_their_flags(client: TestClient) -> None:
    frozen = client.get("/factors", params={"vintage": 2025}).json()
    found = client.get("/factors", params={"search": "hebei 2021"}).json()["factors"]

    assert frozen["digest"] == to_hex(frozen_for(2025).digest)
    assert [(one["id"], one["pastReview"], one["judgedAs"]) for one in found] == [
        ("electricity-cn-he-2021", True, "grid_province")
    ]
    compared = client.get("/factors/electricity-footprint-cn-2023").json()
    assert "shown to compare" in compared["reference"]
    assert "interval" in compared


def test_kinds__tell_what_each_may_be_given_in(client: TestClient) -> None:
    kinds = {one["name"]: one for one in client.get("/factors/kinds").json()["kinds"]}

    assert kinds.keys() == KINDS.keys()
    assert kinds["natural_gas"]["accepted"] == ["m3", "L", "m3_0C", "m3_15C", "m3_20C"]
    assert (kinds["natural_gas"]["isMetered"], kinds["bus"]["isMetered"]) == (True, False)
    assert kinds["flight_domestic_direct"]["instead"] == "flight_domestic"


def test_revisions_and_changes__are_told_with_their_digests(client: TestClient) -> None:
    told = client.get("/factors/revisions").json()
    changed = client.get("/factors/changes", params={"older": 1, "newer": 2}).json()

    assert [one["number"] for one in told["revisions"]] == [1, 2]
    assert [one["digest"] for one in told["freezes"]] == [to_hex(one.digest) for one in freezes()]
    assert (changed["older"], changed["newer"]) == tuple(one["digest"] for one in told["revisions"])
    assert len(changed["added"]) == told["revisions"][1]["factors"] - told["revisions"][0]["factors"]
    assert changed == client.get("/factors/changes").json()


def test_matrix__has_every_cell(client: TestClient) -> None:
    told = client.get("/factors/matrix").json()

    assert len(told["cells"]) == len(KINDS) * len(PLACES)
    refused = next(one for one in told["cells"] if (one["kind"], one["place"]) == ("natural_gas", "US-CA"))
    assert (refused["state"], refused["choice"]) == ("refused", None)
    assert "therms" in refused["reason"]
    assert client.get("/factors/matrix", params={"vintage": 2025}).json()["year"] == 2025


def test_choice__sichuan_in_2023__is_its_own_value_of_2022_with_flags(client: TestClient) -> None:
    told = client.get(
        "/factors/choice", params={"kind": "grid_electricity", "place": "CN-SC", "on": "2023-06-30"}
    ).json()

    assert [one["id"] for one in told["factors"]] == ["electricity-cn-sc-2022"]
    assert told["earns"] is True
    assert any("earlier year" in flag for flag in told["flags"])
    assert any("CO2 only" in flag for flag in told["flags"])


def test_footprint__of_wood__shows_both_sides(client: TestClient) -> None:
    told = client.get(
        "/footprint",
        params={"kind": "wood_logs", "quantity": "100", "unit": "kg", "place": "CN-SC", "on": "2025-07-01"},
    ).json()

    assert told["footprintGco2e"] == "4699"
    assert told["choice"]["earns"] is False
    particles = next(one for one in told["pollutants"] if one["pollutant"] == "PM2.5")
    assert (particles["amountMg"], particles["lowerMg"], particles["upperMg"]) == ("1088466", "544233", "2176932")
    fuels = client.get("/footprint/fuels", params={"place": "GB"}).json()["fuels"]
    assert {"wood_logs", "natural_gas_net", "coal"} <= {one["kind"] for one in fuels}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/factors/{'0' * 64}", 404, "footprint.factor_set_unknown"),
        ("/factors?revision=9", 404, "footprint.revision_unknown"),
        ("/factors?vintage=2025&before=2025-01-01", 422, "footprint.set_ambiguous"),
        ("/factors/changes?older=7", 404, "footprint.revision_unknown"),
        ("/factors/choice?kind=natural_gas&place=US-CA", 422, "footprint.factor_unknown"),
        ("/footprint?kind=bus&quantity=1&unit=km&place=GB", 422, "unit.wrong_dimension"),
        ("/footprint?kind=bus&quantity=-1&unit=passenger_km&place=GB", 422, "quantity.negative"),
        ("/footprint/fuels?place=Mars", 422, "place.unknown"),
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

    @pytest.mark.parametrize(
        ("arguments", "path"),
        [
            (["matrix", "--vintage", "2025"], "/factors/matrix?vintage=2025"),
            (["revisions"], "/factors/revisions"),
            (["kinds"], "/factors/kinds"),
            (["list", "--vintage", "2025", "--region", "CN-HE"], "/factors?vintage=2025&region=CN-HE"),
            (["list", "--kind", "metro"], "/factors?kind=metro"),
            (["search", "hebei", "2022"], "/factors?search=hebei%202022"),
            (["changes", "--older", "1", "--newer", "2"], "/factors/changes?older=1&newer=2"),
        ],
    )
    def test_command__as_json_and_for_people__says_what_the_route_says(
        self, client: TestClient, arguments: list[str], path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.footprint.commands.today", lambda: datetime(2026, 6, 30, tzinfo=UTC).date())
        told = CliRunner().invoke(factors_command, [*arguments, "--json"])
        shown = CliRunner().invoke(factors_command, arguments, env={"COLUMNS": "250"})

        assert (told.exit_code, shown.exit_code) == (0, 0)
        assert json.loads(told.stdout) == client.get(path).json()
        assert shown.stdout.strip()

    def test_check__of_the_shipped_catalogue__finds_no_fault_and_tells_late_reviews(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = CliRunner().invoke(factors_command, ["check", "--json"])
        assert told.exit_code == 0
        assert json.loads(told.stdout)["faults"] == []

        monkeypatch.setattr("backend.footprint.commands.faults", lambda: ["some row: something"])
        shown = CliRunner().invoke(factors_command, ["check"], env={"COLUMNS": "200"})
        assert shown.exit_code == 1
        assert "some row: something" in shown.stdout

    def test_list__with_late_reviews__warns_and_succeeds(self) -> None:
        told = CliRunner().invoke(factors_command, ["list", "--region", "CN-HE"], env={"COLUMNS": "250"})

        assert told.exit_code == 0
        assert "past their review date" in told.stdout
        assert "look again" in told.stdout

    def test_matrix__for_people__shows_every_kind_and_why_a_cell_is_refused(self) -> None:
        told = CliRunner().invoke(factors_command, ["matrix"], env={"COLUMNS": "400"}).stdout

        assert all(kind in told for kind in KINDS)
        assert "REFUSED: gas in the United States is billed by energy" in told
        assert "proxy: 0.16272 (GB 2025) ±55 %" in told

    def test_footprint__of_one_activity__shows_both_sides(self) -> None:
        arguments = ["of", "wood_logs", "100", "kg", "--place", "GB", "--on", "2025-07-01"]
        told = json.loads(CliRunner().invoke(footprint_command, [*arguments, "--json"]).stdout)
        shown = CliRunner().invoke(footprint_command, arguments, env={"COLUMNS": "250"}).stdout

        assert told["footprintGco2e"] == "4699"
        assert "4699 g CO2e" in shown
        assert "1088.466 g" in shown
        petrol = ["of", "car_petrol", "1", "km", "--place", "GB"]
        assert "not available" in CliRunner().invoke(footprint_command, petrol, env={"COLUMNS": "250"}).stdout

    def test_fuels__side_by_side__show_carbon_and_air(self) -> None:
        shown = CliRunner().invoke(footprint_command, ["fuels", "--place", "US-CA"], env={"COLUMNS": "250"})
        told = CliRunner().invoke(footprint_command, ["fuels", "--place", "US-CA", "--json"])

        assert shown.exit_code == 0
        assert "refused" in shown.stdout
        assert {"wood_logs", "coal"} <= {one["kind"] for one in json.loads(told.stdout)["fuels"]}

    def test_footprint__wrong_unit__exits_with_the_accepted_ones(self) -> None:
        told = CliRunner().invoke(footprint_command, ["of", "bus", "1", "km", "--place", "GB", "--json"])

        assert told.exit_code == 2
        assert json.loads(told.stdout)["accepted"] == ["passenger_km", "passenger_mile"]

    def test_bad_date__is_bad_usage(self) -> None:
        assert CliRunner().invoke(factors_command, ["list", "--before", "soon"]).exit_code == 2
