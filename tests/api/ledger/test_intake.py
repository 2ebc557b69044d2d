"""Files over HTTP: told first, recorded on consent; the utility's signature; and every refusal with its code."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from Crypto.Signature import eddsa
from fastapi import FastAPI

from backend.access.body_limit import BodyLimit
from backend.access.problems import install_problems
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer, personal_sign
from backend.footprint.csv_intake import parse_activities, template
from backend.footprint.kind import Category
from backend.kernel.digest import to_hex
from backend.ledger.intake_routes import STREAMED
from backend.ledger.routes import router
from backend.ledger.tables import ActivityRow
from backend.ledger.utility import delivery_text
from backend.storage.database import Database
from tests.api.access_app import ALICE, BOB, a_client
from tests.api.ledger.callers import BILL, CHILD, Caller, a_year_of_bills, problem, rows_in
from tests.unit.footprint.feeds import (
    ELECTRICITY,
    THERMS,
    block,
    electricity,
    feed,
    hours,
    meter_reading,
    usage_point,
)
from tests.unit.footprint.test_trip import BERLIN, LONDON, PARIS, at, gpx, point
from tests.web import TestClient

GREEN_BUTTON, GPX, CSV = "/activities/green-button", "/activities/gpx", "/activities/import"
XML = "application/xml"
JAN = int(datetime(2025, 1, 1, 8, tzinfo=UTC).timestamp())
MONTH = electricity(hours(JAN, [100] * 744))
TRIP = gpx(point(LONDON, at(0)) + point(PARIS, at(60)))
JOURNEY = {"kind": "rail", "place": "GB"}


class TestConsent:
    def test_green_button__is_told_by_month_and_kept_only_when_confirmed(
        self, alice: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        told = alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1")

        assert told.status_code == 200
        assert told.json()["kept"] == 0
        assert told.json()["ids"] == []
        (planned,) = told.json()["activities"]
        assert (planned["quantity"], planned["unit"], planned["grade"]) == ("74.4", "kWh", "S")
        assert (planned["firstDay"], planned["lastDay"]) == ("2025-01-01", "2025-01-31")
        assert planned["evidence"] == f"Green Button sha256:{sha256(MONTH.encode()).hexdigest()}"
        assert told.json()["months"] == [
            {
                "meter": "M1",
                "kind": "grid_electricity",
                "month": "2025-01",
                "coveredSeconds": 744 * 3600,
                "wholeSeconds": 744 * 3600,
            }
        ]
        assert rows_in(database, ActivityRow) == 0

        kept = alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1", confirm=told.json()["confirm"])

        assert kept.status_code == 201
        assert (kept.json()["kept"], rows_in(database, ActivityRow)) == (1, 1)
        (seen,) = alice.get("/activities").json()["activities"]
        assert (seen["source"], seen["isShared"], seen["given"]) == ("green_button", True, "74400 Wh")

    @pytest.mark.parametrize("change", [{"meter": "M2"}, {"file": electricity(hours(JAN, [101] * 744))}])
    def test_anything_else_than_what_was_confirmed__is_not_kept(
        self, alice: Caller, database: Database, later: tuple[str, str], change: dict[str, str]
    ) -> None:
        confirm = alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1").json()["confirm"]
        asked = {"file": MONTH, "meter": "M1"} | change

        answer = alice.ask(GREEN_BUTTON, asked["file"], XML, home=later[0], meter=asked["meter"], confirm=confirm)

        assert problem(answer) == (409, "intake.confirmation_wrong")
        assert rows_in(database, ActivityRow) == 0

    def test_somebody_else_s_consent__is_none(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        bob.post(f"/homes/{later[0]}/members", {"sinceOn": "2025-01-01"})
        confirm = alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1").json()["confirm"]

        answer = bob.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1", confirm=confirm)

        assert problem(answer) == (409, "intake.confirmation_wrong")

    def test_csv__is_told_and_kept_only_when_confirmed(
        self, alice: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        told = alice.ask(CSV, a_year_of_bills(), "text/csv", home=later[0])

        assert (told.status_code, rows_in(database, ActivityRow)) == (200, 0)
        assert [row["line"] for row in told.json()["activities"]] == list(range(2, 14))

        kept = alice.ask(CSV, a_year_of_bills(), "text/csv", home=later[0], confirm=told.json()["confirm"])

        assert (kept.status_code, kept.json()["kept"], rows_in(database, ActivityRow)) == (201, 12, 12)

    def test_telling__says_every_refusal_that_recording_would_meet(
        self, alice: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        alice.post("/activities", BILL | {"home": later[0]})

        assert problem(alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="m-1")) == (409, "meter.overlap")
        assert problem(alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="m-1", onlyNew="true")) == (
            422,
            "intake.nothing_new",
        )
        assert rows_in(database, ActivityRow) == 1

    def test_only_new__keeps_the_rest_of_a_longer_export(
        self, alice: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        both = electricity(hours(JAN, [100] * (744 + 672)))
        assert alice.hand_in(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1").status_code == 201

        kept = alice.hand_in(GREEN_BUTTON, both, XML, home=later[0], meter="M1", onlyNew="true").json()

        assert [row["quantity"] for row in kept["activities"]] == ["67.2"]
        assert rows_in(database, ActivityRow) == 2

    def test_electricity_and_gas_of_one_file__are_told_by_point(self, alice: Caller, later: tuple[str, str]) -> None:
        """California's gas in therms counts by Britain's factor: it costs and never earns."""
        two = feed(
            usage_point("U/1"),
            meter_reading("U/1", 1, ELECTRICITY, block(hours(JAN, [1]))),
            usage_point("U/2", "1"),
            meter_reading("U/2", 1, THERMS, block(hours(JAN, [1]))),
        )

        told = alice.ask(GREEN_BUTTON, two, XML, home=later[0], meter=["U/1=1", "U/2=2"]).json()

        assert [(one["kind"], one["quantity"], one["meter"]) for one in told["activities"]] == [
            ("grid_electricity", "0.001", "1"),
            ("natural_gas_gross", "0.029307108", "2"),
        ]


class TestTemplate:
    def test_template__is_a_csv_that_can_be_read_and_has_every_category(self, client: TestClient) -> None:
        answer = client.get("/activities/template")

        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.text == template()
        assert {activity.kind.category for _, activity in parse_activities(answer.text)} == set(Category)


class TestGpx:
    def test_trip__is_told_then_kept_self_declared(
        self, alice: Caller, database: Database, later: tuple[str, str]
    ) -> None:
        kept = alice.hand_in(GPX, TRIP, "application/gpx+xml", **JOURNEY)

        assert kept.status_code == 201
        (planned,) = kept.json()["activities"]
        assert (planned["kind"], planned["grade"]) == ("rail", "S")
        assert rows_in(database, ActivityRow) == 1

    @pytest.mark.usefixtures("later")
    def test_same_journey_again_cut_otherwise_or_by_another_mode__is_refused(self, alice: Caller) -> None:
        alice.hand_in(GPX, TRIP, XML, **JOURNEY)
        longer = gpx(point(BERLIN, at(30)) + point(BERLIN, at(90)))

        assert problem(alice.ask(GPX, TRIP, XML, kind="bus", place="GB")) == (409, "trip.overlap")
        assert problem(alice.ask(GPX, longer, XML, **JOURNEY)) == (409, "trip.overlap")

    @pytest.mark.usefixtures("later")
    def test_track_without_times__takes_the_days_given(self, alice: Caller) -> None:
        untimed = gpx(point(LONDON) + point(PARIS))

        told = alice.ask(GPX, untimed, XML, **JOURNEY, **{"from": "2025-02-01", "to": "2025-02-02"})

        assert told.json()["activities"][0]["start"] == "2025-02-01T00:00:00Z"
        assert problem(alice.ask(GPX, untimed, XML, **JOURNEY)) == (422, "gpx.no_time")

    @pytest.mark.usefixtures("later")
    def test_gaps__are_told(self, alice: Caller) -> None:
        gapped = gpx(point(LONDON, at(0)) + point(LONDON, at(1)), point(PARIS, at(60)))

        (told,) = alice.ask(GPX, gapped, XML, **JOURNEY).json()["leftOut"]
        assert told["en"] == "trip 1: 1 gaps are counted as straight lines"
        assert told["zh"] == "第 1 次出行：轨迹中断 1 处，按直线计算。"


def signed(file: str, account: str, meters: dict[str, str], utility: str = "dev-power") -> dict[str, str]:
    """The parameters of a delivery that a development utility signed."""
    text = delivery_text(utility, account, sha256(file.encode()).digest(), meters)
    if utility == "dev-power":
        return {"utility": utility, "signature": to_hex(personal_sign(dev_signer(80), text))}
    seed = sha256(b"tanyu development utility").digest()
    key = eddsa.import_private_key(seed)
    signature = eddsa.new(key, "rfc8032").sign(text.encode())
    return {"utility": utility, "signature": to_hex(signature)}


class TestDelivery:
    @pytest.mark.parametrize("utility", ["dev-power", "dev-energy"])
    def test_file_signed_for_this_account_and_meter__is_grade_m(
        self, alice: Caller, later: tuple[str, str], utility: str
    ) -> None:
        delivery = signed(MONTH, ALICE.address, {"U/1": "M1"}, utility)

        kept = alice.hand_in(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1", **delivery)

        assert kept.status_code == 201
        assert {row["grade"] for row in kept.json()["activities"]} == {"M"}
        assert kept.json()["activities"][0]["evidence"].endswith(f" signed by {utility}")
        assert {row["grade"] for row in alice.get("/activities").json()["activities"]} == {"M"}

    @pytest.mark.parametrize(
        "delivery",
        [
            signed(MONTH, BOB.address, {"U/1": "M1"}),
            signed(MONTH, ALICE.address, {"U/1": "M2"}),
            signed(MONTH + " ", ALICE.address, {"U/1": "M1"}),
            signed(MONTH, ALICE.address, {"U/1": "M1"}) | {"utility": "dev-energy"},
            signed(MONTH, ALICE.address, {"U/1": "M1"}, "dev-energy") | {"utility": "dev-power"},
            signed(MONTH, ALICE.address, {"U/1": "M1"}) | {"signature": "0x" + "11" * 65},
        ],
    )
    def test_signature_over_anything_else__is_refused(
        self, alice: Caller, database: Database, later: tuple[str, str], delivery: dict[str, str]
    ) -> None:
        answer = alice.ask(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1", **delivery)

        assert problem(answer) == (403, "utility.delivery_unsigned")
        assert answer.json()["expected"].startswith("Tanyu meter delivery v1\nutility: ")
        assert rows_in(database, ActivityRow) == 0

    def test_utility_unknown_or_unfit_or_half_given__is_refused(
        self, alice: Caller, app: FastAPI, later: tuple[str, str]
    ) -> None:
        delivery = signed(MONTH, ALICE.address, {"U/1": "M1"})
        asked: dict[str, Any] = {"home": later[0], "meter": "M1"}

        unknown = alice.ask(GREEN_BUTTON, MONTH, XML, **asked, utility="enron", signature=delivery["signature"])
        assert problem(unknown) == (404, "utility.unknown")
        half = alice.ask(GREEN_BUTTON, MONTH, XML, **asked, utility="dev-power")
        assert problem(half) == (422, "utility.delivery_incomplete")
        app.state.deployment = Deployment(1, "0x" + "00" * 32, 0, {}, {})
        assert problem(alice.ask(GREEN_BUTTON, MONTH, XML, **asked, **delivery)) == (403, "chain.dev_key_refused")

    def test_guardian__brings_its_ward_s_delivery(self, alice: Caller, later: tuple[str, str]) -> None:
        child = {"region": "US-CA", "identity": "child", "bornOn": "2020-02-02", "ward": CHILD.address}
        alice.post("/accounts", child)
        alice.post(f"/homes/{later[0]}/members", {"sinceOn": "2025-01-01"}, ward=CHILD.address)
        delivery = signed(MONTH, CHILD.address, {"U/1": "M1"})

        kept = alice.hand_in(GREEN_BUTTON, MONTH, XML, home=later[0], meter="M1", ward=CHILD.address, **delivery)

        assert kept.status_code == 201


class TestRefusals:
    @pytest.mark.parametrize(
        ("file", "asked", "refusal"),
        [
            (MONTH, {}, (422, "green_button.meter_unnamed")),
            (MONTH, {"meter": "U/9=1"}, (422, "green_button.point_unknown")),
            (MONTH, {"meter": ["1", "2"]}, (422, "green_button.point_twice")),
            (MONTH, {"meter": "表"}, (422, "activity.meter_unreadable")),
            (electricity(hours(JAN - 20 * 365 * 86_400, [1])), {"meter": "1"}, (422, "footprint.factor_unknown")),
            (MONTH[:-30], {"meter": "1"}, (422, "xml.malformed")),
            ("<!DOCTYPE x><x/>", {"meter": "1"}, (422, "xml.forbidden")),
            ("<html/>", {"meter": "1"}, (422, "xml.namespace_wrong")),
            ("<a>" * 99, {"meter": "1"}, (422, "xml.namespace_wrong")),
            (electricity(hours(JAN, [-1])), {"meter": "1"}, (422, "green_button.reading_negative")),
            (electricity(hours(JAN + 400 * 86_400, [1])), {"meter": "1"}, (422, "activity.in_future")),
            (MONTH, {"meter": "1", "home": "nowhere"}, (404, "home.unknown")),
            (MONTH, {"meter": "1", "confirm": "0x12"}, (422, "input.invalid")),
        ],
    )
    def test_file_that_cannot_be_taken__is_refused_and_nothing_kept(
        self, alice: Caller, later: tuple[str, str], file: str, asked: dict[str, Any], refusal: tuple[int, str]
    ) -> None:
        assert problem(alice.ask(GREEN_BUTTON, file, XML, **({"home": later[0]} | asked))) == refusal
        assert alice.get("/activities").json()["activities"] == []

    @pytest.mark.usefixtures("later")
    def test_home_not_named__is_refused(self, alice: Caller) -> None:
        assert problem(alice.ask(GREEN_BUTTON, MONTH, XML, meter="1")) == (422, "activity.home_missing")

    @pytest.mark.parametrize("path", [GREEN_BUTTON, GPX])
    def test_stranger_or_another_media_type__is_refused_before_the_file_is_read(
        self, alice: Caller, client: TestClient, path: str
    ) -> None:
        assert problem(alice.ask(path, MONTH, "application/json", **JOURNEY)) == (415, "intake.xml_expected")
        stranger = client.post(path, content=MONTH, headers={"Content-Type": XML}, params=JOURNEY)
        assert problem(stranger) == (401, "auth.required")

    @pytest.mark.parametrize("path", STREAMED)
    def test_body_that_is_too_large__is_refused_while_it_streams(self, alice: Caller, app: FastAPI, path: str) -> None:
        served = FastAPI()
        served.include_router(router)
        install_problems(served)
        served.state = app.state
        served.add_middleware(BodyLimit, streamed=dict.fromkeys(STREAMED, 100_000))
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            yield MONTH[:200].encode() if path == GREEN_BUTTON else TRIP[:50]
            for _ in range(100):
                sent += 10_000
                yield b" " * 10_000

        headers = alice.headers | {"Content-Type": XML}
        answer = a_client(served).post(path, headers=headers, content=endless(), params=JOURNEY)

        assert problem(answer) == (413, "input.too_large")


class TestReplacement:
    def test_replaced_meter__goes_on_under_its_new_number(self, alice: Caller, later: tuple[str, str]) -> None:
        home = later[0]
        alice.post("/activities", BILL | {"home": home})
        body = {"category": "electricity", "old": "M1", "new": "N2", "on": "2025-02-01"}

        assert alice.post(f"/homes/{home}/meters/replacements", body).status_code == 201

        february = BILL | {"home": home, "from": "2025-02-01", "to": "2025-02-28"}
        assert problem(alice.post("/activities", february)) == (409, "meter.out_of_service")
        assert alice.post("/activities", february | {"meter": "N2"}).status_code == 201
        assert problem(alice.post(f"/homes/{home}/meters/replacements", body)) == (404, "meter.unknown")

    def test_replacement_said_wrongly__is_taken_back_by_who_lives_there(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        path = f"/homes/{later[0]}/meters/replacements"
        alice.post("/activities", BILL | {"home": later[0]})
        alice.post(path, {"category": "electricity", "old": "M1", "new": "N2", "on": "2025-02-01"})
        said = {"category": "electricity", "new": "N2"}

        assert problem(bob.client.delete(path, headers=bob.headers, params=said)) == (404, "home.unknown")
        assert alice.client.delete(path, headers=alice.headers, params=said).status_code == 204
        again = alice.client.delete(path, headers=alice.headers, params=said)
        assert problem(again) == (404, "meter.replacement_unknown")

    def test_stranger_s_home_or_an_impossible_day__is_refused(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        alice.post("/activities", BILL | {"home": later[0]})
        path = f"/homes/{later[0]}/meters/replacements"
        body = {"category": "electricity", "old": "M1", "new": "N2", "on": "2025-01-15"}

        assert problem(bob.post(path, body)) == (404, "home.unknown")
        assert problem(alice.post(path, body)) == (422, "meter.replacement_invalid")
