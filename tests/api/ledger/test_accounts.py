"""Accounts, wards and homes over HTTP, and every refusal with its code."""

import pytest

from backend.chain.keys import dev_signer
from backend.ledger.tables import PersonRow
from backend.storage.database import Database
from tests.api.access_app import ALICE
from tests.api.ledger.callers import CHILD, Caller, joined, problem, rows_in
from tests.web import TestClient


class TestAccounts:
    def test_join__shows_the_account(self, alice: Caller) -> None:
        home = joined(alice)

        account = alice.get("/accounts/me").json()

        assert account["address"] == ALICE.address
        assert account["joinedOn"] == "2025-01-01"
        assert account["homes"] == [{"code": home, "region": "US-CA", "gridArea": "US-CAMX"}]
        assert not account["isMinor"]

    def test_ward__is_opened_and_acted_for_by_its_guardian_only(self, alice: Caller, bob: Caller) -> None:
        home = joined(alice)
        joined(bob)
        child = {"region": "US-CA", "identity": "child", "bornOn": "2020-02-02", "ward": CHILD.address}
        assert alice.post("/accounts", child).status_code == 201

        moved = alice.post(f"/homes/{home}/members", {"sinceOn": "2025-01-01"}, ward=CHILD.address)

        assert moved.status_code == 201
        assert alice.get("/accounts/me").json()["wards"] == [CHILD.address]
        assert alice.get("/accounts/me", ward=CHILD.address).json()["isMinor"]
        assert problem(bob.get("/accounts/me", ward=CHILD.address)) == (404, "account.ward_unknown")
        assert problem(bob.get("/accounts/me", ward=dev_signer(15).address)) == (404, "account.ward_unknown")

    def test_me__a_visitor_somebody_signed_in_and_a_member__are_told_apart(
        self, client: TestClient, alice: Caller
    ) -> None:
        visitor = client.get("/me")
        signed_in = alice.get("/me").json()
        joined(alice)
        member = alice.get("/me").json()

        assert visitor.json() == {"session": None, "account": None}
        assert visitor.headers["cache-control"] == "no-store"
        assert signed_in["session"]["address"] == ALICE.address
        assert signed_in["account"] is None
        assert member["account"] == alice.get("/accounts/me").json()

    def test_moving_in_and_out__by_the_home_s_code(self, alice: Caller, bob: Caller) -> None:
        home = joined(alice)
        joined(bob)

        assert bob.post(f"/homes/{home}/members", {"sinceOn": "2025-03-01"}).status_code == 201
        out = bob.client.delete(f"/homes/{home}/members/me", headers=bob.headers, params={"untilOn": "2025-06-30"})
        assert out.status_code == 200

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"region": "Mars", "identity": "i"}, 422, "place.unknown"),
            ({"region": "US-CAMX", "identity": "i"}, 422, "account.region_unfit"),
            ({"region": "US-CA", "identity": " "}, 422, "personhood.identity_missing"),
            ({"region": "US-CA", "identity": "i", "bornOn": "2026-01-01"}, 422, "account.birth_date_invalid"),
            ({"region": "US-CA", "identity": "i", "bornOn": "2020-01-01"}, 422, "account.guardian_missing"),
            ({"region": "US-CA", "identity": "i", "bornOn": "1990-01-01", "ward": CHILD.address}, 422,
             "account.guardian_unexpected"),
            ({"region": "US-CA", "identity": "i", "bornOn": "yesterday"}, 422, "input.invalid"),
            ({"region": "US-CA"}, 422, "input.invalid"),
            ({"region": "US-CA", "identity": "i", "name": "me"}, 422, "input.invalid"),
        ],
    )  # fmt: skip
    def test_bad_joining__is_refused_and_nothing_kept(
        self, alice: Caller, database: Database, body: dict[str, str], status: int, code: str
    ) -> None:
        assert problem(alice.post("/accounts", body)) == (status, code)
        assert rows_in(database, PersonRow) == 0

    def test_joining_twice_or_as_another__is_refused(self, alice: Caller, bob: Caller) -> None:
        joined(alice)

        again = alice.post("/accounts", {"region": "US-CA", "identity": "other"})
        same_human = bob.post("/accounts", {"region": "US-CA", "identity": ALICE.address})

        assert problem(again) == (409, "account.exists")
        assert problem(same_human) == (409, "personhood.used")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"region": "US-CA", "sinceOn": "2025-01-01", "gridArea": "CN-SC"}, "home.grid_area_unfit"),
            ({"region": "US-CA", "sinceOn": "2025-01-01"}, "home.grid_area_missing"),
            ({"region": "GB", "sinceOn": "9999-12-31"}, "home.moving_date_invalid"),
            ({"region": "Mars", "sinceOn": "2025-01-01"}, "place.unknown"),
            ({"region": "US-CAMX", "sinceOn": "2025-01-01"}, "account.region_unfit"),
        ],
    )
    def test_bad_home__is_refused(self, alice: Caller, body: dict[str, str], code: str) -> None:
        joined(alice)

        assert problem(alice.post("/homes", body)) == (422, code)

    def test_unknown_home_or_double_stay__is_refused(self, alice: Caller) -> None:
        home = joined(alice)

        assert problem(alice.post("/homes/nowhere/members", {"sinceOn": "2025-01-01"})) == (404, "home.unknown")
        assert problem(alice.post(f"/homes/{home}/members", {"sinceOn": "2025-02-01"})) == (409, "home.already_there")
