"""`tanyu me` against the real routes: each act of a person from the command line."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from fastapi import FastAPI
from typer.testing import CliRunner

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer
from backend.kernel.clock import FixedClock
from backend.ledger import commands as statement_commands
from backend.ledger.key_commands import app as me
from backend.storage.database import Database
from tests.api.access_app import ALICE, BOB, ORIGIN
from tests.api.ledger.callers import AFTER, CHILD, NEW_YEAR, Caller
from tests.web import TestClient


class IntoApp(httpx.BaseTransport):
    """Carries requests into the app without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self.inner = TestClient(app, base_url=ORIGIN)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.inner.cookies.clear()
        answer = self.inner.request(
            request.method,
            str(request.url.copy_with(host="127.0.0.1", port=8000)),
            content=request.read(),
            headers={
                name: value for name, value in request.headers.items() if name in {"authorization", "content-type"}
            },
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture(autouse=True)
def _into_the_app(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=IntoApp(app)))


def said(*words: str, dev: int | None = 10, code: int = 0, ward: str | None = None) -> Any:
    """What a command prints as JSON."""
    options = [] if dev is None else ["--dev", str(dev)]
    options += [] if ward is None else ["--ward", ward]
    told = CliRunner().invoke(me, [*options, *words, "--json"])
    assert told.exit_code == code, told.output
    return json.loads(told.stdout)


def shown_to_people(*words: str, lang: str = "en") -> str:
    """What a command of Alice's prints without --json; her options stand after its name."""
    told = CliRunner().invoke(me, [*words, "--dev", "10", "--lang", lang])
    assert told.exit_code == 0, told.output
    return told.stdout


def homes() -> str:
    """Alice and Bob joined; the code of the home they share."""
    for dev, name in ((10, "alice"), (11, "bob")):
        said("join", "US-CA", "--identity", name, dev=dev)
    code = str(said("home", "register", "US-CA", "2025-01-01", "--grid-area", "US-CAMX")["code"])
    said("home", "move-in", code, "2025-01-01", dev=11)
    return code


class TestAccount:
    def test_notices__need_no_key_and_joining_tells_them(self) -> None:
        assert {one["name"] for one in said("notices", dev=None)} >= {"lost_key", "minor"}
        assert said("join", "US-CA", "--identity", "alice")["notices"]
        assert said("show")["address"] == ALICE.address
        people = CliRunner().invoke(me, ["--dev", "10", "show"])
        assert ALICE.address in people.stdout

    def test_no_key_or_two__is_bad_usage(self, tmp_path: Path) -> None:
        assert said("show", dev=None, code=2)["code"] == "key.missing"
        told = CliRunner().invoke(me, ["--keystore", str(tmp_path / "none"), "show", "--json"])
        assert (told.exit_code, json.loads(told.stdout)["code"]) == (2, "key.missing")

    def test_development_key__is_refused_on_another_chain(self, app: FastAPI) -> None:
        app.state.deployment = Deployment(1, "0x" + "00" * 32, 0, {}, {})

        assert said("show", code=1)["code"] == "chain.dev_key_refused"

    def test_keystore__signs_in(self, tmp_path: Path) -> None:
        key, password = tmp_path / "key.json", tmp_path / "password"
        key.write_text(json.dumps(Account.encrypt(ALICE.key, "secret", iterations=2)))
        password.write_text("secret\n")
        said("join", "US-CA", "--identity", "alice")

        told = CliRunner().invoke(me, ["--keystore", str(key), "--password-file", str(password), "show", "--json"])

        assert json.loads(told.stdout)["address"] == ALICE.address

    def test_new_key__joins_and_is_never_written_over(self, tmp_path: Path) -> None:
        key, password = tmp_path / "key.json", tmp_path / "password"
        own = ["--keystore", str(key), "--password-file", str(password)]
        make = ["new-key", str(key), "--password-file", str(password)]
        assert said(*make, dev=None, code=2)["code"] == "key.password_missing"
        password.write_text("\n")
        assert said(*make, dev=None, code=2)["code"] == "key.password_missing"
        assert not key.exists()
        password.write_text("secret\n")

        made = said(*make, dev=None)

        assert said("join", "US-CA", "--identity", "alice", *own, dev=None)["address"] == made["address"]
        assert said(*make, dev=None, code=2)["code"] == "file.unusable"
        assert said("show", *own, dev=None)["address"] == made["address"], "as it was"

    def test_rotation__moves_the_account(self) -> None:
        said("join", "US-CA", "--identity", "alice")

        moved = said("rotate", "--new-dev", "40")

        assert moved["address"] == dev_signer(40).address
        assert said("life", dev=40)["addresses"] == [ALICE.address, dev_signer(40).address]

    def test_moving_leaving_and_death(self, clock: FixedClock) -> None:
        homes()
        clock.at = AFTER
        assert said("move", "CN-SC", "2026-01-10")["region"] == "CN-SC"
        assert said("leave", "2026-01-12")["leftOn"] == "2026-01-12"
        assert said("report-death", BOB.address, "2026-01-01", "--identity", "bob")["leftOn"] == "2026-01-01"

    def test_hand_over__is_asked_for_taken_back_and_too_early(self, clock: FixedClock) -> None:
        said("join", "US-CA", "--identity", "alice")
        born = ["--born-on", "2007-01-08", "--ward-address", CHILD.address]
        assert said("join", "US-CA", "--identity", "child", *born)["guardian"] == ALICE.address
        assert said("show", ward=CHILD.address)["isMinor"] is True
        clock.at = NEW_YEAR.replace(day=9)
        waits = said("hand-over", CHILD.address, "--identity", "child", dev=40)
        assert waits["newAddress"] == dev_signer(40).address
        assert said("hand-over", CHILD.address, "--complete", dev=40, code=1)["code"] == "hand_over.waiting"
        assert said("hand-over", CHILD.address, "--withdraw", dev=40) == {"done": "yes"}


class TestShown:
    def test_report__for_people__tells_each_category_of_each_month(self, clock: FixedClock) -> None:
        homes()
        clock.at = AFTER

        shown = shown_to_people("report", "2025")

        assert shown.count("not measured") == 12, "each month once"
        assert "38.983 kg" in shown
        assert "Gco2e" not in shown

    def test_account__for_people__has_no_none_and_a_line_for_each_notice(self) -> None:
        shown = shown_to_people("join", "US-CA", "--identity", "me")

        assert "None" not in shown
        assert "court. Your ledger" in shown
        assert "丢失" not in shown
        assert len(shown.splitlines()) > 16

    def test_notices__in_chinese__are_told_in_chinese_only(self) -> None:
        shown = shown_to_people("notices", lang="zh")

        assert "丢失地址的密钥" in shown
        assert "Whoever loses" not in shown

    def test_joining_within_a_year_that_only_whole_years_earn__says_so(self, clock: FixedClock) -> None:
        clock.at = AFTER

        opened = said("join", "US-CA", "--identity", "alice")
        assert [one["name"] for one in opened["notes"]] == ["part_year"]
        assert "2026 earns no credit" in shown_to_people("report", "2026")
        assert "2026 年不产生碳信用" in shown_to_people("report", "2026", lang="zh")
        assert said("report", "2026")["forecast"]["creditGco2e"] == "0"

    def test_joining_on_the_first_day_or_under_another_policy__says_nothing_of_it(self) -> None:
        assert said("join", "US-CA", "--identity", "alice")["notes"] == []

    def test_options__after_the_name__count_before_those_in_front(self) -> None:
        homes()

        told = CliRunner().invoke(me, ["--dev", "10", "show", "--dev", "11", "--json"])

        assert json.loads(told.stdout)["address"] == BOB.address

    def test_language__without_lang__is_the_terminals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        homes()
        monkeypatch.delenv("LC_ALL", raising=False)
        monkeypatch.delenv("LC_MESSAGES", raising=False)
        monkeypatch.setenv("LANG", "zh_CN.UTF-8")

        assert "地址" in CliRunner().invoke(me, ["show", "--dev", "10"]).stdout


class TestHomes:
    def test_home__without_a_grid_area_where_there_is_a_choice__is_refused_naming_it(self) -> None:
        said("join", "US-CA", "--identity", "alice")

        refused = said("home", "register", "US-CA", "2025-01-01", code=1)

        assert refused["code"] == "home.grid_area_missing"
        assert refused["allowed"] == ["US-CA", "US-CAMX"]

    def test_home__before_joining_or_beside_another__is_taken_with_a_note_and_a_way_out(self) -> None:
        said("join", "GB", "--identity", "alice")
        first = said("home", "register", "GB", "2024-12-01")
        second = said("home", "register", "GB", "2025-01-01")
        said("home", "move-out", first["code"], "2024-12-31")
        third = said("home", "register", "GB", "2025-01-01")

        assert [one["name"] for one in first["notes"]] == ["before_joining"]
        assert [one["name"] for one in second["notes"]] == ["other_home"]
        assert f"move out of {first['code']}" in second["notes"][0]["en"]
        assert first["code"] not in third["notes"][0]["en"], "it was left before"


class TestYear:
    def test_report_close_why_reopen_submit_position(self, clock: FixedClock) -> None:
        homes()
        clock.at = AFTER
        assert len(said("report", "2025")["reminders"]) == 12
        assert said("close", "2025")["version"] == 1
        assert said("reopen", "2025") == {"done": "yes"}
        assert said("close", "2025")["version"] == 2
        assert [one["version"] for one in said("versions", "2025")["versions"]] == [1, 2]
        assert said("why", "2025", "--version", "1", "--version", "2")["changes"] == []
        assert int(said("why", "2025", "--from", "2025-06-01T00:00:00Z")["footprintBeforeGco2e"]) > 1_019_999
        assert said("why", "2025")["changes"] == []
        assert said("why", "2025", "--version", "1", code=1)["code"] == "statement.comparison_unclear"
        assert said("submit", "2025")["state"] == "submitted"
        assert said("position")["netGco2e"].startswith("-")
        assert [one["vintage"] for one in said("statements")["statements"]] == [2025]
        assert said("take-back", "1", code=2)["code"] == "activity.unknown"
        assert "2025-Q1" in CliRunner().invoke(me, ["--dev", "10", "report", "2025"]).stdout


class TestSharing:
    def test_vehicle__is_registered_joined_read_and_left(self, clock: FixedClock) -> None:
        homes()
        clock.at = AFTER
        code = said("vehicle", "register", "car_petrol", "US-CA", "2025-01-01", "--plate", "7ABC123")["code"]
        said("vehicle", "join", code, "2025-01-01", dev=11)
        said("vehicle", "read", code, "2025-01-01", "100", "--evidence", "photo")
        assert said("vehicle", "read", code, "2025-07-01", "600")["countedKm"] == "500"
        assert len(said("vehicle", "readings", code)["readings"]) == 2
        assert said("vehicle", "leave", code, "2025-06-30", dev=11)["code"] == code
        assert said("vehicle", "take-back", code, code=1)["code"] == "odometer.reading_relied"
        said("vehicle", "read", code, "2025-09-01", "700")
        assert said("vehicle", "take-back", code) == {"done": "yes"}
        assert [one["code"] for one in said("vehicle", "list")["vehicles"]] == [code]

    def test_split__is_proposed_signed_and_listed_and_the_home_left(self, clock: FixedClock) -> None:
        code = homes()
        clock.at = AFTER
        parts = [f"{ALICE.address}=4000", f"{BOB.address}=6000"]
        split = said("split", "propose", code, "2026-02-01", *parts)
        said("split", "sign", code, str(split["id"]))
        assert said("split", "sign", code, str(split["id"]), dev=11)["agreedAt"]
        assert said("split", "sign", code, "9", dev=11, code=2)["code"] == "split.unknown"
        assert said("split", "list", code)["splits"][0]["signed"] == [ALICE.address, BOB.address]
        assert said("home", "move-out", code, "2026-01-10", dev=11)["code"] == code
        assert said("split", "propose", code, "2026-02-01", "nobody=x", code=2)["code"] == "input.invalid"


class TestStatementFiles:
    def test_compare__two_documents__tells_why(self, tmp_path: Path, clock: FixedClock, app: FastAPI) -> None:
        homes()
        clock.at = AFTER
        said("close", "2025")
        document = Caller(TestClient(app, base_url=ORIGIN), ALICE).get("/statements/2025").json()["document"]
        file = tmp_path / "one.json"
        file.write_text(json.dumps(document))

        told = CliRunner().invoke(statement_commands.app, ["compare", str(file), str(file), "--json"])

        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["changes"] == []

    def test_close_overdue__of_this_database__says_what_it_did(
        self, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        homes()
        monkeypatch.setenv("DATABASE_URL", database.url)
        monkeypatch.setenv("TANYU_DATA_DIR", str(tmp_path))

        told = CliRunner().invoke(statement_commands.app, ["close-overdue", "--json"])

        assert told.exit_code == 0, told.output
        done = json.loads(told.stdout)
        assert [one["vintage"] for one in done["submitted"]] == [2025, 2025]
        assert done["failed"] == []
