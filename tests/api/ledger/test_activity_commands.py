"""`tanyu activities` against the real routes, and offline."""

import json
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.chain.deployment import Deployment
from backend.footprint.csv_intake import MEANING
from backend.ledger import activity_commands
from backend.ledger.tables import ActivityRow
from backend.storage.database import Database
from tests.api.access_app import ALICE, ORIGIN
from tests.api.ledger.callers import BILL, CHILD, Caller, a_year_of_bills, rows_in
from tests.api.ledger.test_intake import MONTH, TRIP
from tests.unit.footprint.test_trip import LONDON, PARIS, gpx, point
from tests.web import TestClient

runner = CliRunner()

REPLACED = ("--category", "electricity", "--old", "M1", "--new", "N2", "--on", "2025-02-01")


class IntoApp(httpx.BaseTransport):
    """Carries requests into the app without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self.inner = TestClient(app, base_url=ORIGIN)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = b"".join(request.stream)  # type: ignore[arg-type] # a synchronous client's stream
        answer = self.inner.request(
            request.method,
            str(request.url.copy_with(host="127.0.0.1", port=8000)),
            content=content,
            headers={name: value for name, value in request.headers.items() if name not in {"host", "content-length"}},
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def home(app: FastAPI, later: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Alice's home, with the command talking to the app."""
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=IntoApp(app)))
    return later[0]


def run(*arguments: str) -> Result:
    return runner.invoke(activity_commands.app, list(arguments))


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def a_file(folder: Path, data: bytes | str, name: str = "file.bin") -> str:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def test_import__is_told_first_and_recorded_with_its_confirmation(
    home: str, tmp_path: Path, database: Database
) -> None:
    asked = ("import", a_file(tmp_path, MONTH), "--home", home, "--meter", "M1", "--dev", "10")

    shown = run(*asked)
    first = told(*asked)

    assert first["kept"] == 0
    assert f"--confirm {first['confirm']}" in shown.output
    assert rows_in(database, ActivityRow) == 0
    assert told(*asked, "--confirm", first["confirm"])["kept"] == 1
    assert rows_in(database, ActivityRow) == 1


def test_import__csv_and_tracks__are_seen_by_their_content(home: str, tmp_path: Path) -> None:
    rows = told("import", a_file(tmp_path, a_year_of_bills(), "bills.xml"), "--home", home, "--dev", "10")
    trip = told("import", a_file(tmp_path, TRIP, "trip.csv"), "--kind", "rail", "--place", "GB", "--dev", "10")

    assert (len(rows["activities"]), len(trip["activities"])) == (12, 1)


def test_import__with_a_keystore(home: str, tmp_path: Path) -> None:
    keystore, password = tmp_path / "key.json", tmp_path / "password"
    keystore.write_text(json.dumps(Account.encrypt(ALICE.key, "secret", kdf="pbkdf2", iterations=1)))
    password.write_text("secret\n")
    asked = ("import", a_file(tmp_path, MONTH), "--home", home, "--meter", "M1")

    answer = told(*asked, "--keystore", str(keystore), "--password-file", str(password))

    assert answer["kept"] == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--dev", "10", "--home", "nowhere", "--meter", "M1"), "home.unknown"),
        (("--dev", "10"), "green_button.meter_unnamed"),
        ((), "key.missing"),
        (("--dev", "10", "--keystore", "k"), "key.missing"),
        (("--keystore", "k", "--password-file", "nowhere"), "key.password_missing"),
        (("--keystore", "k", "--password-file", "/"), "key.password_missing"),
    ],
)
@pytest.mark.usefixtures("home")
def test_import__refusals__have_their_code(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    result = run("import", a_file(tmp_path, MONTH), *arguments, "--json")

    assert result.exit_code == (1 if code.startswith("green_button.") else 2), (
        "what the server finds in a file is a finding"
    )
    assert json.loads(result.stdout)["code"] == code


def test_import__development_key_on_a_real_chain__is_refused(home: str, tmp_path: Path, app: FastAPI) -> None:
    app.state.deployment = Deployment(1, "0x" + "00" * 32, 0, {}, {})

    result = run("import", a_file(tmp_path, MONTH), "--home", home, "--dev", "10", "--json")

    assert json.loads(result.stdout)["code"] == "chain.dev_key_refused"


def test_read__offline__shows_totals_metres_and_rows(tmp_path: Path) -> None:
    (meter,) = told("read", a_file(tmp_path, MONTH))
    (track,) = told("read", a_file(tmp_path, TRIP), "--kind", "bus")
    rows = told("read", a_file(tmp_path, a_year_of_bills()))

    assert (meter["what"], meter["quantity"], meter["unit"]) == ("U/1", "74.4", "kWh")
    assert meter["sha256"] == sha256(MONTH.encode()).hexdigest()
    assert 342_000 < track["metres"] < 345_000
    assert [row["what"] for row in rows] == [f"line {line}" for line in range(2, 14)]
    assert "U/1" in run("read", a_file(tmp_path, MONTH)).output


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"<x", "xml.malformed"), (b"a\xff,b", "csv.encoding_wrong"), (b"a,b", "activity.csv_refused")],
)
def test_read__what_is_no_file_of_ours__has_its_code(tmp_path: Path, data: bytes, code: str) -> None:
    result = run("read", a_file(tmp_path, data), "--json")

    assert result.exit_code == 2
    assert json.loads(result.stdout)["code"] == code


def test_read__no_file(tmp_path: Path) -> None:
    result = run("read", str(tmp_path / "nothing"), "--json")

    assert json.loads(result.stdout)["code"] == "activities.file_unreadable"


def test_template__can_be_read(tmp_path: Path) -> None:
    printed = run("template").stdout

    assert len(told("read", a_file(tmp_path, printed))) == 9
    assert told("template") == {"csv": printed}


def test_template__help__says_what_each_column_holds() -> None:
    shown = " ".join(run("template", "--help").output.replace("│", " ").split())

    assert all(f"{name}: {meaning[:20]}" in shown for name, meaning in MEANING.items())


def test_list__shows_what_was_recorded_and_how_it_came_in(home: str, alice: Caller) -> None:
    alice.post("/activities", BILL | {"home": home})

    (row,) = told("list", "--dev", "10")["activities"]

    assert (row["source"], row["grade"]) == ("manual", "S")
    assert "manual" in run("list", "--dev", "10").output


def test_add__records_one_activity_that_take_back_names(home: str, database: Database) -> None:
    bus = ("add", "bus", "12.5", "passenger_km", "--from", "2025-01-02", "--place", "US-CA", "--dev", "10")
    bill = ("--home", home, "--meter", "M1", "--evidence", "bill", "--dev", "10")
    power = (
        "add",
        "grid_electricity",
        "1.2",
        "MWh",
        "--from",
        "2025-01-01",
        "--to",
        "2025-01-31",
        "--place",
        "US-CAMX",
    )

    trip, kept = told(*bus), told(*power, *bill)

    assert (trip["start"], trip["end"]) == ("2025-01-02T08:00:00Z", "2025-01-03T08:00:00Z")
    assert (kept["quantity"], kept["evidence"], kept["isShared"]) == ("1200", "bill", True)
    assert rows_in(database, ActivityRow) == 2
    assert "meter.overlap" in run(*power, *bill).output


def test_add__what_has_not_happened_yet__is_told_until_when_it_may(home: str) -> None:
    assert home
    late = ("--from", "2026-01-14", "--to", "2026-01-16", "--place", "US-CA", "--dev", "10", "--json")

    problem = json.loads(run("add", "bus", "1", "passenger_km", *late).stdout)

    assert problem["code"] == "activity.in_future"
    assert (problem["end"], problem["now"]) == ("2026-01-17T08:00:00Z", "2026-01-15T12:00:00Z")


@pytest.mark.usefixtures("home")
def test_import__tracks_without_times__take_the_days_given(tmp_path: Path) -> None:
    track = a_file(tmp_path, gpx(point(LONDON) + point(PARIS)))
    asked = ("import", track, "--kind", "rail", "--place", "GB", "--dev", "10")

    (planned,) = told(*asked, "--from", "2025-05-01", "--to", "2025-05-02")["activities"]

    assert (planned["start"], planned["end"]) == ("2025-04-30T23:00:00Z", "2025-05-02T23:00:00Z")
    assert "gpx.no_time" in run(*asked).output


def test_restore_meter__takes_a_mistyped_replacement_back(home: str, alice: Caller) -> None:
    alice.post("/activities", BILL | {"home": home})
    run("replace-meter", home, *REPLACED, "--dev", "10")
    restore = ("restore-meter", home, "--category", "electricity", "--new", "n-2", "--dev", "10")

    assert told(*restore) == {"restored": "n-2"}
    assert "meter.replacement_unknown" in run(*restore).output
    assert alice.post("/activities", BILL | {"home": home, "from": "2025-02-01", "to": "2025-02-28"}).status_code == 201


def test_replace_meter__says_from_when_the_new_one_counts(home: str, alice: Caller) -> None:
    alice.post("/activities", BILL | {"home": home})

    assert told("replace-meter", home, *REPLACED, "--dev", "10")["on"] == "2025-02-01"


def test_guardian__lists_and_replaces_a_meter_for_its_ward(home: str, alice: Caller) -> None:
    child = {"region": "US-CA", "identity": "child", "bornOn": "2020-02-02", "ward": CHILD.address}
    alice.post("/accounts", child)
    alice.post(f"/homes/{home}/members", {"sinceOn": "2025-01-01"}, ward=CHILD.address)
    alice.post("/activities", BILL | {"home": home}, ward=CHILD.address)
    ward = ("--ward", CHILD.address, "--dev", "10")

    (row,) = told("list", *ward)["activities"]
    on = told("replace-meter", home, *REPLACED, *ward)["on"]

    assert (row["isShared"], on) == (True, "2025-02-01")
