"""Policies and personas over HTTP and at the terminal: by id, by digest, and who gains and loses by them."""

import json
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.kernel.digest import digest_of, sha256, to_hex
from backend.ledger.guards import Guards
from backend.ledger.persona import shipped_personas
from backend.ledger.policy import shipped_policies
from backend.ledger.policy_commands import app
from backend.ledger.rule_words import GUARD_WORDS, RULE_WORDS
from tests.api.ledger.callers import problem
from tests.web import TestClient

SHIPPED = shipped_policies()
POLICY_FILES = Path(__file__).parents[3] / "backend" / "ledger" / "policies"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


class TestRoutes:
    def test_policies__are_public_with_their_derivations(self, client: TestClient) -> None:
        listed = client.get("/policies").json()["policies"]

        assert [one["id"] for one in listed] == sorted(SHIPPED.by_id)
        whole = client.get("/policies/us-ca-home-electricity-2025").json()
        assert whole["creditClass"] == "US-CA/2025/SIM"
        assert whole["illustrative"]
        assert whole["categories"][0]["budgetGco2e"] == "459000"
        assert whole["source"]["rules"]["mint_step_kg"] == 10
        assert whole["path"] is None

    def test_lifestyle_policy__says_its_path_the_backcast_and_what_is_outside(self, client: TestClient) -> None:
        whole = client.get("/policies/gb-lifestyle-2026").json()

        assert whole["path"]["backcast"] is True
        assert whole["path"]["valueGco2e"] == "3152570"
        assert whole["path"]["outsideGco2e"] == str(3_152_570 - 2_152_000)
        assert [one["year"] for one in whole["path"]["anchors"]] == [2030, 2040, 2050]
        assert [one["term"] for one in whole["adjusters"]] == ["living_alone"]
        assert whole["outside"][0]["valueGco2e"] == "151323"
        assert all(one["reason"] for one in whole["outside"])

    def test_unknown_policy__is_not_found(self, client: TestClient) -> None:
        assert problem(client.get("/policies/nothing")) == (404, "policy.unknown")
        assert problem(client.get("/policies/" + "0" * 64)) == (404, "policy.unknown")

    @pytest.mark.parametrize("digest", SHIPPED.by_digest, ids=lambda digest: SHIPPED.at(digest).id)
    @pytest.mark.parametrize("prefix", ["", "0x"])
    def test_digest__of_every_revision__gives_the_very_bytes(
        self, client: TestClient, digest: bytes, prefix: str
    ) -> None:
        answer = client.get(f"/policies/{prefix}{digest.hex()}")

        assert sha256(answer.content) == digest
        assert answer.headers["content-type"] == "application/json"
        assert digest_of(answer.json()) == digest
        assert answer.json()["id"] == SHIPPED.at(digest).id

    def test_records__name_every_revision_by_its_digest(self, client: TestClient) -> None:
        records = client.get("/policies/records").json()["records"]

        assert {one["digest"] for one in records} == {to_hex(digest) for digest in SHIPPED.by_digest}
        for one in records:
            assert sha256(client.get(f"/policies/{one['digest']}").content) == bytes.fromhex(one["digest"][2:])

    def test_report__over_http__is_that_of_the_terminal(self, client: TestClient) -> None:
        against = SHIPPED.policy("us-ca-home-electricity-2025")

        answer = client.get("/policies/us-ca-home-electricity-2026/report", params={"against": against.digest.hex()})

        told = run("report", "us-ca-home-electricity-2026", "--against", against.id, "--json")
        assert answer.json() == json.loads(told)
        (report,) = answer.json()["reports"]
        assert (report["against"], report["backcast"], report["peopleUnderCap"]) == (against.id, True, 1000)
        desert = next(one for one in report["outcomes"] if one["persona"] == "us-ca-desert-alone")
        assert (desert["verdict"], desert["changeGco2e"]) == ("loses", "-26000")
        assert desert["before"]["footprintGco2e"] == desert["now"]["footprintGco2e"]

    def test_report__that_cannot_be__is_a_problem(self, client: TestClient) -> None:
        path = "/policies/us-ca-home-electricity-2026/report"
        assert problem(client.get(path, params={"against": "nothing"})) == (404, "policy.unknown")
        assert problem(client.get(path, params={"against": "gb-lifestyle-2026"}))[1] == "policy.not_comparable"

    def test_personas__are_public_with_every_result_they_had(self, client: TestClient) -> None:
        listed = client.get("/personas").json()["personas"]
        one = client.get("/personas/us-ca-newborn").json()

        assert [row["id"] for row in listed] == list(shipped_personas())
        assert one in listed
        assert one["bornOn"] == "2026-06-15"
        assert one["changes"][-1]["after"]["credit_gco2e"] == "0"
        assert problem(client.get("/personas/nobody")) == (404, "persona.unknown")


class TestCommands:
    def test_list__flags_what_is_illustrative_and_a_backcast(self) -> None:
        rows = [line for line in run("list").splitlines() if "-2026" in line]

        assert len(rows) == 4
        assert all("illustrative, backcast" in row for row in rows)
        assert [one["id"] for one in json.loads(run("list", "--json"))["policies"]] == sorted(SHIPPED.by_id)

    def test_show__by_id_digest_or_file__is_the_same(self) -> None:
        policy = SHIPPED.policy("gb-lifestyle-2026")

        by_id, by_digest, by_file = (
            json.loads(run("show", name, "--json"))
            for name in (policy.id, to_hex(policy.digest), str(POLICY_FILES / "gb-lifestyle-2026.toml"))
        )

        assert by_id == by_digest == by_file
        told = run("show", policy.id)
        assert "BACKCAST" in told
        assert told.count("region cap") == 1
        assert "only a whole year mints, without a gap" in told
        assert "whole_years_only" not in told
        assert "1,000.570 kg" in told
        assert "assumption" in told

    def test_report__without_a_policy__is_of_all_that_govern_the_newest_vintage(self) -> None:
        found = json.loads(run("report", "--json"))

        assert [one["policy"] for one in found["reports"]] == [one.id for one in SHIPPED.of_vintage(2026)]
        assert found["groups"][0]["people"] == len(shipped_personas())
        regions = {row["value"] for row in found["groups"] if row["aspect"] == "region"}
        assert regions == {"CN-HE", "CN-SC", "GB", "US-CA"}

    def test_report__of_a_file_nobody_shipped__shows_who_would_lose(self, tmp_path: Path) -> None:
        text = (POLICY_FILES / "us-ca-home-electricity-2025.toml").read_text("utf-8")
        file = tmp_path / "candidate.toml"
        file.write_text(text.replace("budget_kg = 459", "budget_kg = 259"), "utf-8")

        report, *_ = json.loads(run("report", str(file), "--against", "us-ca-home-electricity-2025", "--json"))[
            "reports"
        ]

        lost = {one["persona"]: one["changeGco2e"] for one in report["outcomes"]}
        assert lost["us-ca-desert-alone"] == "-200000"
        assert report["digest"] not in {to_hex(digest) for digest in SHIPPED.by_digest}
        table = run("report", str(file))
        assert "us-ca-newborn" in table
        assert "us-ca-newborn cannot be closed: no day of membership in 2025" in table
        assert "statement.not_a_member" not in table, "a code is no verdict"
        assert "groups" in table

    def test_report__of_what_is_no_policy__exits_with_2_and_says_what(self, tmp_path: Path) -> None:
        file = tmp_path / "broken.toml"
        file.write_text("id = 1", "utf-8")

        for name, expected in (
            (str(file), "policy.malformed"),
            (str(tmp_path / "absent.toml"), "document.unreadable"),
            ("nothing", "policy.unknown"),
        ):
            assert json.loads(run("report", name, "--json", code=2))["code"] == expected
        run("report", "--against", "gb-lifestyle-2026", code=2)

    def test_records__list_every_revision(self) -> None:
        assert to_hex(SHIPPED.policy("cn-sc-home-travel-2025").digest) in run("records")

    def test_explain__tells_a_persona_line_by_line(self) -> None:
        told = run("explain", "us-ca-newborn")

        assert "| 2026-06 | electricity | grid_electricity | M | 740 kWh | 2/15 | 0.2265 | 22,348 |" in told
        assert set(json.loads(run("explain", "us-ca-newborn", "--json"))) == {
            "facts", "factors", "lines", "months", "margin", "sums",
        }  # fmt: skip
        assert json.loads(run("explain", "nobody", "--json", code=2))["code"] == "persona.unknown"
        assert "us-ca-newborn" in run("explain", "nobody", code=2), "what there is"
        assert "gb-lifestyle-2026" in run("show", "nothing", code=2)

    def test_show__of_a_policy_that_lists_other_regions__names_them_and_why(self, tmp_path: Path) -> None:
        text = (POLICY_FILES / "us-ca-home-electricity-2025.toml").read_text("utf-8")
        file = tmp_path / "listing.toml"
        listed = '[rules]\nsettle_regions = ["GB", "CN-SC"]\nsettle_regions_note = "three markets agreed"'
        file.write_text(text.replace("[rules]", listed), "utf-8")

        told = run("show", str(file))

        assert "a deficit is settled by credits of its region, and of" in told
        assert "GB, CN-SC" in told
        assert "three markets agreed" in told

    def test_rules_and_guards__each__has_words(self) -> None:
        assert set(GUARD_WORDS) == {one.name for one in fields(Guards)}
        written = {rule for one in SHIPPED.by_id.values() for rule in one.source["rules"]}
        optional = {"settle_within_days", "settle_regions", "settle_regions_note"}
        assert written - {"region_cap_kg"} == set(RULE_WORDS) - optional, "the cap has a row of its own"
