"""Activities and their CSV over HTTP, and every refusal with its code."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from backend.access.problems import install_problems
from backend.footprint.csv_intake import COLUMNS
from backend.kernel.clock import FixedClock
from backend.ledger.routes import router
from backend.ledger.tables import ActivityRow
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.api.ledger.callers import AFTER, BILL, TRIP, Caller, a_year_of_bills, joined, problem, rows_in
from tests.unit.footprint.bad_rows import rows_of


class TestActivities:
    def test_trip__is_kept_self_declared_in_the_kind_s_unit(self, alice: Caller, clock: FixedClock) -> None:
        joined(alice)
        clock.at = datetime(2025, 1, 2, 20, tzinfo=UTC)
        alice.renew()

        kept = alice.post("/activities", TRIP | {"unit": "passenger_mile"})

        assert kept.status_code == 201
        assert kept.json()["grade"] == "S"
        assert kept.json()["quantity"] == "20.1168"
        assert kept.json()["given"] == "12.5 passenger_mile"
        assert kept.json()["start"] == "2025-01-01T08:00:00Z"
        assert [one["id"] for one in alice.get("/activities").json()["activities"]] == [kept.json()["id"]]

    def test_days__are_those_of_the_place_as_they_were_entered(self, alice: Caller, later: tuple[str, str]) -> None:
        chinese = alice.post("/activities", TRIP | {"place": "CN-SC", "kind": "metro"}).json()

        assert (chinese["start"], chinese["end"]) == ("2024-12-31T16:00:00Z", "2025-01-01T16:00:00Z")
        assert (chinese["firstDay"], chinese["lastDay"]) == ("2025-01-01", "2025-01-01")
        hour = alice.post(
            "/activities", TRIP | {"from": "2025-01-02T07:30:00Z", "to": "2025-01-02T08:30:00Z"}
        ).json()  # over midnight in California
        assert (hour["firstDay"], hour["lastDay"]) == ("2025-01-01", "2025-01-02")

    def test_today__is_recorded_up_to_now_from_the_place_s_midnight_on(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        kept = alice.post("/activities", TRIP | {"from": "2026-01-15", "to": "now"}).json()

        assert (kept["start"], kept["end"]) == ("2026-01-15T08:00:00Z", "2026-01-15T12:00:00Z")
        assert (kept["firstDay"], kept["lastDay"]) == ("2026-01-15", "2026-01-15")
        timed = alice.post("/activities", TRIP | {"from": "2026-01-15T09:00:00Z", "to": "now"}).json()
        assert (timed["start"], timed["end"]) == ("2026-01-15T09:00:00Z", "2026-01-15T12:00:00Z")
        for start in ("2026-01-16", "1901-01-01"):
            refused = alice.post("/activities", TRIP | {"from": start, "to": "now"})
            assert problem(refused) == (422, "activity.span_invalid")

    def test_taking_back__is_offered_to_who_entered_it_until_a_year_it_concerns_is_handed_in(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        def offered(caller: Caller) -> list[bool]:
            return [one["canTakeBack"] for one in caller.get("/activities").json()["activities"]]

        bob.post(f"/homes/{later[0]}/members", {"sinceOn": "2025-01-01"})
        assert alice.post("/activities", BILL | {"home": later[0]}).json()["canTakeBack"]
        assert alice.post("/activities", TRIP).json()["canTakeBack"]
        assert (offered(alice), offered(bob)) == ([True, True], [False])

        bob.post("/statements/2025/close")
        bob.post("/statements/2025/submit")
        assert offered(alice) == [False, True]
        bill = alice.get("/activities").json()["activities"][0]["id"]
        refused = alice.client.delete(f"/activities/{bill}", headers=alice.headers)
        assert problem(refused) == (409, "activity.vintage_frozen")

    def test_home_s_energy__is_seen_by_its_members(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        bob.post(f"/homes/{later[0]}/members", {"sinceOn": "2025-01-01"})

        kept = alice.post("/activities", BILL | {"home": later[0]}).json()

        assert kept["isShared"]
        assert [one["id"] for one in bob.get("/activities").json()["activities"]] == [kept["id"]]

    def test_whole_day_of_today__is_refused_with_the_time_up_to_which_it_counts(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        today = {"from": AFTER.date().isoformat(), "to": AFTER.date().isoformat()}

        refused = alice.post("/activities", TRIP | today).json()

        assert refused["now"] == "2026-01-15T12:00:00Z"
        assert "give from and to as times" in refused["detail"]
        kept = alice.post("/activities", TRIP | {"from": "2026-01-15T09:00:00Z", "to": refused["now"]})
        assert kept.status_code == 201

    def test_before_joining__is_kept_and_said_to_count_for_nothing(self, alice: Caller, later: tuple[str, str]) -> None:
        early = alice.post("/activities", TRIP | {"from": "2024-12-30", "to": "2024-12-31"}).json()
        across = alice.post("/activities", TRIP | {"from": "2024-12-31", "to": "2025-01-01"}).json()
        since = alice.post("/activities", TRIP).json()

        assert [one["name"] for one in early["notes"]] == ["before_joining"]
        assert [one["name"] for one in across["notes"]] == ["partly_before_joining"]
        assert since["notes"] == []
        days = ("2024-12-01", "2024-12-02", "2025-01-03")
        rows = [f"travel,bus,5,passenger_km,{day},{day},US-CA,," for day in days]
        told = alice.post_csv("\n".join([",".join(COLUMNS), *rows])).json()
        assert told["leftOut"] == [
            {
                "name": "before_joining",
                "en": "2 of 3: over before you joined on 2025-01-01, so they count for nothing of yours",
                "zh": "3 项中有 2 项在您加入（2025-01-01）之前已结束，不计入您的账户。",
            }
        ]

    def test_pages__go_on_after_the_last_id(self, alice: Caller, later: tuple[str, str]) -> None:
        for meter in ("A", "B", "C"):
            alice.post("/activities", BILL | {"home": later[0], "meter": meter})

        first = alice.get("/activities", limit="2").json()["activities"]
        rest = alice.get("/activities", after=str(first[-1]["id"])).json()["activities"]

        assert (len(first), len(rest)) == (2, 1)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"kind": "teleport"}, "activity.kind_unknown"),
            ({"quantity": "-1"}, "quantity.negative"),
            ({"quantity": "1e3"}, "quantity.malformed"),
            ({"quantity": "999999999999999"}, "quantity.too_large"),
            ({"quantity": 1}, "input.invalid"),
            ({"unit": "kWh"}, "unit.wrong_dimension"),
            ({"unit": "furlong"}, "unit.unknown"),
            ({"place": "Mars"}, "place.unknown"),
            ({"from": "soon"}, "activity.day_malformed"),
            ({"from": "2025-01-02"}, "activity.span_invalid"),
            ({"from": "2025-01-01T00:00:00", "to": "2025-01-01T01:00:00"}, "time.malformed"),
            ({"from": "2026-01-15", "to": "2026-01-31"}, "activity.in_future"),
            ({"meter": "M1"}, "activity.meter_unexpected"),
            ({"evidence": "x" * 201}, "activity.text_too_long"),
            ({"evidence": "bill\n1"}, "text.control_character"),
            ({"evidence": "bill\x9b1"}, "input.invalid"),
            ({"evidence": "bill\0"}, "input.invalid"),
            ({"quantity": "12.5\0"}, "input.invalid"),
            ({"unit": "passenger_km\n"}, "unit.unknown"),
            (BILL | {"meter": "m-eyes\0"}, "input.invalid"),
            (BILL | {"meter": "-\u200b"}, "activity.meter_missing"),
            (BILL | {"meter": None}, "activity.meter_missing"),
            (BILL, "activity.home_missing"),
            (BILL | {"kind": "natural_gas", "unit": "m3"}, "footprint.factor_unknown"),
        ],
    )
    @pytest.mark.usefixtures("later")
    def test_bad_activity__is_refused_and_nothing_kept(
        self, alice: Caller, database: Database, change: dict[str, object], code: str
    ) -> None:
        assert problem(alice.post("/activities", TRIP | change)) == (422, code)
        assert rows_in(database, ActivityRow) == 0

    def test_energy_at_home__is_refused_where_it_would_count_twice_or_elsewhere(
        self, alice: Caller, bob: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        home, other = later
        assert alice.post("/activities", BILL | {"home": home}).status_code == 201

        elsewhere = BILL | {"home": home, "place": "CN-SC", "meter": "M3"}
        assert problem(alice.post("/activities", BILL | {"home": home})) == (409, "meter.overlap")
        assert problem(bob.post("/activities", BILL | {"home": other})) == (409, "meter.elsewhere")
        assert problem(bob.post("/activities", BILL | {"home": home, "meter": "M2"})) == (404, "home.unknown")
        assert problem(alice.post("/activities", elsewhere)) == (422, "activity.place_mismatch")
        allowed = alice.post("/activities", elsewhere).json()["allowed"]
        assert len(set(allowed)) == len(allowed)
        assert rows_in(database, ActivityRow) == 1

    @pytest.mark.parametrize(
        "same", ["m-eyes", "M EYES", "m\u200b-eyes", "\uff4d-eyes", "m\u2013ey\u00ades", "m-eyes\u3164", "m-ey\ufe0fes"]
    )
    def test_a_meter__however_it_is_spelt__is_one_meter(
        self, alice: Caller, database: Database, later: tuple[str, str], same: str
    ) -> None:
        assert alice.post("/activities", BILL | {"home": later[0], "meter": "m-eyes"}).status_code == 201

        again = alice.post("/activities", BILL | {"home": later[0], "meter": same})

        assert problem(again) == (409, "meter.overlap")
        assert rows_in(database, ActivityRow) == 1


class TestImport:
    def test_bad_rows__are_named_by_line_and_column_and_nothing_is_kept(
        self, alice: Caller, clock: FixedClock, database: Database
    ) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        text = a_year_of_bills() + "\nelectricity,grid_electricity,1,km,2025-01-01,2025-01-31,US-CAMX,M2,\n"

        refused = alice.post_csv(text, home=home)

        assert problem(refused) == (422, "activity.csv_refused")
        (row,) = rows_of(refused.json())
        assert row.place == ("14", "unit", "unit.wrong_dimension")
        assert row.fields == {"unit": "km", "accepted": ["kWh", "Wh", "MWh", "GJ", "MJ"]}
        assert row.message in refused.json()["detail"]
        assert rows_in(database, ActivityRow) == 0

    @pytest.mark.parametrize("column", ["meter", "evidence"])
    def test_control_character__is_named_by_line_and_column(
        self, alice: Caller, clock: FixedClock, database: Database, column: str
    ) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        cells = {"meter": "M2", "evidence": "bill"}
        cells[column] += "\x1b[2J"
        bad = f"electricity,grid_electricity,1,kWh,2025-01-01,2025-01-31,US-CAMX,{cells['meter']},{cells['evidence']}"

        refused = alice.post_csv(a_year_of_bills() + f"\n{bad}\n", home=home)

        assert problem(refused) == (422, "activity.csv_refused")
        assert [row.place for row in rows_of(refused.json())] == [("14", column, "text.control_character")]
        assert rows_in(database, ActivityRow) == 0

    def test_row_against_what_is_there__is_named_too(self, alice: Caller, clock: FixedClock) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        alice.post_csv(a_year_of_bills(), home=home)

        refused = alice.post_csv(a_year_of_bills(), home=home).json()

        assert refused["badRows"] == "12"
        assert [row.place for row in rows_of(refused)] == [
            (str(line), "meter", "meter.overlap") for line in range(2, 14)
        ]

    def test_other_media_type__is_refused(self, alice: Caller) -> None:
        joined(alice)

        assert problem(alice.post_csv(a_year_of_bills(), "application/json")) == (415, "activity.csv_expected")

    def test_not_utf_8__is_refused(self, alice: Caller) -> None:
        headers = alice.headers | {"Content-Type": "text/csv"}

        answer = alice.client.post("/activities/import", headers=headers, content=b"\xff\xfe")

        assert problem(answer) == (422, "csv.encoding_wrong")

    def test_too_large__is_refused_whatever_the_server_s_own_limit(self, alice: Caller, app: FastAPI) -> None:
        unlimited = FastAPI()
        unlimited.include_router(router)
        install_problems(unlimited)
        unlimited.state = app.state
        headers = alice.headers | {"Content-Type": "text/csv"}

        answer = a_client(unlimited).post("/activities/import", headers=headers, content=b"x" * 1_000_001)

        assert problem(answer) == (422, "csv.too_large")
        assert answer.json()["limitBytes"] == "1000000"
