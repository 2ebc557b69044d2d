"""A year so far, why it changed, taking back, and the position over HTTP."""

import pytest

from backend.kernel.clock import FixedClock, iso
from tests.api.ledger.callers import BILL, Caller, a_year_of_bills, problem


class TestReport:
    def test_open_year__has_months_quarters_reminders_forecast_and_a_deadline(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        alice.post("/activities", BILL | {"home": later[0]})

        told = alice.get("/statements/2025/report").json()

        assert (told["state"], told["creditClass"], told["region"]) == ("open", "US-CA/2025/SIM", "US-CA")
        assert [len(told["months"]), len(told["quarters"])] == [12, 4]
        assert len(told["reminders"]) == 12, "self-declared only: nothing is measured"
        assert told["forecast"]["creditGco2e"] == "0"
        assert told["submitBefore"].startswith("2026-05-01")
        assert problem(alice.get("/statements/2031/report")) == (404, "policy.unknown")

    def test_stranger__sees_nothing(self, alice: Caller, later: tuple[str, str]) -> None:
        assert later
        for path in ("/statements/2025/report", "/position", "/statements/2025/versions", "/accounts/me/life"):
            assert problem(alice.client.get(path)) == (401, "auth.required")


class TestWhy:
    def test_between_versions_and_times__the_causes_are_told(
        self, alice: Caller, later: tuple[str, str], clock: FixedClock
    ) -> None:
        alice.post("/statements/2025/close")
        alice.post_csv(a_year_of_bills(), home=later[0])
        alice.post("/statements/2025/close")

        versions = alice.get("/statements/2025/versions").json()["versions"]
        told = alice.get("/statements/2025/changes", fromVersion="1", toVersion="2").json()
        by_time = alice.get("/statements/2025/changes", **{"from": "2026-01-15T11:00:00Z", "to": iso(clock.at)}).json()

        assert [(one["version"], one["isCurrent"]) for one in versions] == [(1, False), (2, True)]
        assert {one["cause"] for one in told["changes"]} == {"line_added", "fill"}
        moved = int(told["footprintAfterGco2e"]) - int(told["footprintBeforeGco2e"])
        assert sum(int(one["deltaGco2e"]) for one in told["changes"]) == moved
        assert by_time == told

    @pytest.mark.parametrize(
        "query",
        [
            {"fromVersion": "1"},
            {"fromVersion": "1", "toVersion": "2", "from": "2026-01-01T00:00:00Z"},
            {"to": "2026-01-01T00:00:00Z"},
        ],
    )
    def test_unclear_question__is_refused(self, alice: Caller, later: tuple[str, str], query: dict[str, str]) -> None:
        assert later

        assert problem(alice.get("/statements/2025/changes", **query)) == (422, "statement.comparison_unclear")

    def test_no_question__tells_all_since_joining_and_then_the_last_closing_anew(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        alice.post_csv(a_year_of_bills(), home=later[0])
        recorded = alice.get("/statements/2025/changes").json()
        alice.post("/statements/2025/close")
        alice.post("/statements/2025/close")
        again = alice.get("/statements/2025/changes").json()

        assert [one["cause"] for one in recorded["changes"]].count("line_added") == 12
        assert sum(int(one["deltaGco2e"]) for one in recorded["changes"]) == 0, "declared grams stand for the default"
        assert again["changes"] == []

    def test_unknown_version__is_not_found(self, alice: Caller, later: tuple[str, str]) -> None:
        assert later

        answer = alice.get("/statements/2025/changes", fromVersion="1", toVersion="2")

        assert problem(answer) == (404, "statement.version_unknown")


class TestUndo:
    def test_activity_and_closing__can_be_taken_back(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        kept = alice.post("/activities", BILL | {"home": later[0]}).json()["id"]
        assert alice.post("/statements/2025/close").status_code == 201

        stranger = bob.client.delete(f"/activities/{kept}", headers=bob.headers)
        gone = alice.client.delete(f"/activities/{kept}", headers=alice.headers)
        again = alice.client.delete(f"/activities/{kept}", headers=alice.headers)

        assert problem(stranger) == (404, "activity.unknown")
        assert gone.status_code == 204
        assert problem(again) == (404, "activity.unknown")
        assert alice.get("/activities").json()["activities"] == []
        assert alice.post("/statements/2025/reopen").status_code == 204
        assert problem(alice.get("/statements/2025")) == (404, "statement.unknown")
        assert problem(alice.post("/statements/2025/reopen")) == (404, "statement.unknown")


class TestPosition:
    def test_position__is_whole(self, alice: Caller, later: tuple[str, str]) -> None:
        assert later
        alice.post("/statements/2025/close")

        told = alice.get("/position").json()

        assert told["netGco2e"] == str(459_000 - int(told["footprintGco2e"]))
        assert int(told["netGco2e"]) < 0
        assert [one["vintage"] for one in told["vintages"]] == [2025]
        assert (told["mintedGco2e"], told["retiredGco2e"]) == ("0", "0")
