"""A person's own data over HTTP: who read it, all of it at once, and its erasure; and the same by `tanyu me`."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from backend.api.rooms import books_of_all_rooms
from backend.chain.keys import Signer, dev_signer, personal_sign
from backend.kernel.clock import FixedClock, iso
from backend.kernel.digest import canonical_json, sha256, to_hex
from backend.ledger import commands as statement_commands
from backend.ledger import privacy_commands
from backend.ledger.document import verify
from backend.storage.database import Database
from tests.api.access_app import ALICE, BOB
from tests.api.ledger.callers import AFTER, CHILD, TRIP, Caller, a_year_of_bills, problem
from tests.api.ledger.test_person_commands import IntoApp, _into_the_app, said

__all__ = ["IntoApp", "_into_the_app"]


@pytest.fixture(autouse=True)
def _all_rooms(app: FastAPI) -> None:
    app.state.books = books_of_all_rooms(app.state.books)


def signed_erasure(caller: Caller, signer: Signer | None = None, **params: str) -> Any:
    """Asks what it means, signs the words, erases."""
    now = iso(AFTER)
    told = caller.get("/accounts/me/erasure", signedAt=now, **params)
    assert told.status_code == 200, told.text
    signature = to_hex(personal_sign(signer or caller.signer, told.json()["text"]))
    body = {"signedAt": now, "signature": signature}
    return caller.client.request("DELETE", "/accounts/me", headers=caller.headers, json=body, params=params)


def a_closed_year(caller: Caller, home: str) -> None:
    assert caller.post_csv(a_year_of_bills(), home=home).status_code == 201
    assert caller.post("/activities", TRIP).status_code == 201
    assert caller.post("/statements/2025/close").status_code == 201


class TestExport:
    def test_export__everything_about_a_person__is_one_canonical_document(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        a_closed_year(alice, later[0])
        answer = alice.get("/accounts/me/export")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        found = answer.json()
        assert canonical_json(found) == answer.content
        assert found["schema"] == "tanyu.export/1"
        assert found["account"][0]["address"] == ALICE.address
        bills = [one for one in found["activities"] if one["kind"] == "grid_electricity"]
        assert (len(found["activities"]), len(bills)) == (13, 12)
        assert (bills[0]["quantity"], bills[0]["unit"], bills[0]["evidence"]) == ("100", "kWh", "bill 1")
        statement = found["statements"][0]
        assert verify(json.dumps(statement["document"])).digest == bytes.fromhex(statement["digest"][2:])
        assert (
            statement["footprintGco2e"]
            == statement["document"]["fields"][
                [field["name"] for field in statement["document"]["fields"]].index("footprintGco2e")
            ]["value"]
        )
        assert found["homes"][0]["code"] == later[0]
        assert [one["role"] for one in found["accessLog"]] == ["self"]
        assert set(found) >= {"orders", "trades", "fills", "gifts", "retirements", "claims", "attestations", "credits"}

    def test_export__of_a_ward__is_its_guardians_to_have_and_noted(self, alice: Caller) -> None:
        alice.post("/accounts", {"region": "US-CA", "identity": "alice"})
        child = {"region": "US-CA", "identity": "child", "bornOn": "2020-01-01", "ward": CHILD.address}
        assert alice.post("/accounts", child).status_code == 201
        found = alice.get("/accounts/me/export", ward=CHILD.address).json()
        assert (found["account"][0]["address"], found["account"][0]["bornOn"]) == (CHILD.address, "2020-01-01")
        assert {one["role"] for one in found["accessLog"]} == {"guardian"}


class TestAccessLog:
    def test_guardian__acting_for_a_ward__is_noted_each_time_and_nobody_else_is(
        self, alice: Caller, bob: Caller
    ) -> None:
        for caller in (alice, bob):
            caller.post("/accounts", {"region": "US-CA", "identity": caller.signer.address})
        child = {"region": "US-CA", "identity": "child", "bornOn": "2020-01-01", "ward": CHILD.address}
        alice.post("/accounts", child)
        assert alice.get("/activities", ward=CHILD.address).status_code == 200
        assert alice.get("/statements", ward=CHILD.address).status_code == 200
        assert problem(bob.get("/activities", ward=CHILD.address)) == (404, "account.ward_unknown")
        assert alice.get("/activities", ward=ALICE.address).status_code == 200
        assert alice.get("/activities", ward="nobody").status_code == 422
        found = alice.get("/accounts/me/access-log", ward=CHILD.address).json()["accesses"]
        assert [(one["role"], one["reader"], one["what"]) for one in found] == [
            ("guardian", ALICE.address, "GET /activities"),
            ("guardian", ALICE.address, "GET /statements"),
            ("guardian", ALICE.address, "GET /accounts/me/access-log"),
        ]
        more = alice.get("/accounts/me/access-log", after=str(found[1]["id"]), limit="1", ward=CHILD.address)
        assert [one["what"] for one in more.json()["accesses"]] == ["GET /accounts/me/access-log"]
        assert alice.get("/accounts/me/access-log").json() == {"accesses": []}

    def test_operator__reading_a_statement_by_command__is_noted(
        self, alice: Caller, later: tuple[str, str], database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_closed_year(alice, later[0])
        monkeypatch.setenv("DATABASE_URL", database.url)
        told = CliRunner().invoke(statement_commands.app, ["show", ALICE.address, "2025", "--json"])
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["schema"] == "tanyu.statement/1"
        (found,) = alice.get("/accounts/me/access-log").json()["accesses"]
        assert (found["role"], found["reader"], found["what"]) == ("operator", None, "statement 2025")


class TestErasure:
    def test_erasure__before_it__says_what_goes_what_remains_and_what_is_in_the_way(
        self, alice: Caller, later: tuple[str, str]
    ) -> None:
        a_closed_year(alice, later[0])
        alice.post("/statements/2025/submit")
        told = alice.get("/accounts/me/erasure", signedAt=iso(AFTER)).json()
        assert {one["name"] for one in told["remains"]} >= {"chain", "tombstone", "shared", "meters", "backups"}
        assert all(one["en"] in told["text"] and one["zh"] for one in told["goes"] + told["remains"])
        assert len(told["inTheWay"]) == 1
        assert problem(signed_erasure(alice)) == (422, "erasure.in_the_way")

    def test_erased__every_route_of_the_account__is_gone(self, alice: Caller, later: tuple[str, str]) -> None:
        a_closed_year(alice, later[0])
        done = signed_erasure(alice)
        assert (done.status_code, done.json()["account"]) == (200, ALICE.address)
        assert problem(alice.get("/accounts/me")) == (401, "auth.required"), "its sessions ended"
        alice.renew()
        for path in (
            "/accounts/me", "/accounts/me/life", "/accounts/me/access-log", "/accounts/me/export", "/activities",
            "/statements", "/statements/2025", "/statements/2025/report", "/position",
        ):  # fmt: skip
            assert problem(alice.get(path)) == (410, "account.erased"), path
        for path, body in (
            ("/activities", TRIP),
            ("/statements/2025/close", None),
            ("/homes", {"region": "US-CA", "sinceOn": "2025-01-01", "gridArea": "US-CAMX"}),
        ):
            assert problem(alice.post(path, body)) == (410, "account.erased"), path
        again = alice.post("/accounts", {"region": "US-CA", "identity": ALICE.address})
        assert again.status_code == 409
        assert problem(alice.get("/accounts/me/erasure", signedAt=iso(AFTER))) == (410, "account.erased")

    @pytest.mark.usefixtures("later")
    def test_erasure__signed_by_somebody_else_or_long_ago__is_refused(self, alice: Caller, bob: Caller) -> None:
        assert problem(signed_erasure(alice, bob.signer)) == (401, "signed_text.signer_wrong")
        body = {"signedAt": "2026-01-15T09:00:00Z", "signature": "0x" + "11" * 65}
        late = alice.client.request("DELETE", "/accounts/me", headers=alice.headers, json=body)
        assert problem(late) == (401, "signed_text.expired")
        assert alice.get("/accounts/me").status_code == 200

    @pytest.mark.usefixtures("later")
    def test_ward__erased_by_its_guardian__is_unknown_from_then_on(self, alice: Caller) -> None:
        child = {"region": "US-CA", "identity": "child", "bornOn": "2020-01-01", "ward": CHILD.address}
        alice.post("/accounts", child)
        assert problem(signed_erasure(alice)) == (422, "erasure.in_the_way")
        assert signed_erasure(alice, ward=CHILD.address).status_code == 200
        assert problem(alice.get("/accounts/me", ward=CHILD.address)) == (404, "account.ward_unknown")
        assert alice.get("/accounts/me").json()["wards"] == []


class TestCommands:
    def test_export_and_access_log__at_the_terminal(
        self, alice: Caller, later: tuple[str, str], tmp_path: Path
    ) -> None:
        a_closed_year(alice, later[0])
        file = tmp_path / "mine.json"
        told = said("export", str(file))
        assert told == {
            "file": str(file),
            "bytes": str(file.stat().st_size),
            "sha256": to_hex(sha256(file.read_bytes())),
        }
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_bytes())["schema"] == "tanyu.export/1"
        assert said("export", str(file), code=2)["code"] == "file.unusable"
        assert [one["what"] for one in said("access-log")["accesses"]] == ["everything"]

    def test_export__refused__leaves_no_file(self, tmp_path: Path) -> None:
        assert said("export", str(tmp_path / "none.json"), dev=15, code=2)["code"] == "account.unknown"
        assert not (tmp_path / "none.json").exists()

    @pytest.mark.usefixtures("later")
    def test_erase__told_first_then_confirmed_with_the_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(privacy_commands, "SystemClock", lambda: FixedClock(AFTER))
        told = said("erase")
        assert (told["inTheWay"], "cannot be undone" in told["text"]) == ([], True)
        assert said("erase", "--confirm", BOB.address, code=2)["code"] == "erasure.unconfirmed"
        assert said("show")["address"] == ALICE.address
        assert said("erase", "--confirm", ALICE.address)["account"] == ALICE.address
        assert said("show", code=2)["code"] == "account.erased"

    def test_close__to_a_fresh_address__at_the_terminal(self, alice: Caller, later: tuple[str, str]) -> None:
        a_closed_year(alice, later[0])
        assert said("close", "2025", "--claim-dev", "19")["version"] == 2
        found = alice.get("/statements/2025").json()["document"]["fields"]
        assert {one["value"] for one in found if one["name"] == "account"} == {dev_signer(19).address}
        body = {"claimAddress": BOB.address, "signature": "0x" + "11" * 64 + "1b"}
        assert problem(alice.post("/statements/2025/close", body)) == (409, "claim_address.taken")
