"""A year over HTTP from joining to a submitted statement; and every refusal with its code."""

import json

import pytest

from backend.kernel.clock import FixedClock
from backend.ledger.document import verify
from backend.ledger.record import inspect
from backend.ledger.tables import StatementRow
from backend.storage.database import Database
from tests.api.ledger.callers import (
    AFTER,
    Caller,
    a_year_of_bills,
    joined,
    problem,
    rows_in,
)
from tests.unit.ledger.people import VERIFIER
from tests.web import TestClient


class TestYear:
    def test_from_joining_to_a_submitted_statement(self, alice: Caller, clock: FixedClock, database: Database) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        kept = alice.post_csv(a_year_of_bills(), home=home)
        assert (kept.status_code, kept.json()["kept"]) == (201, 12)
        with database.write() as session:
            inspect(session, verifier=VERIFIER, activity_ids=kept.json()["ids"], at=AFTER)

        closed = alice.post("/statements/2025/close").json()
        submitted = alice.post("/statements/2025/submit").json()
        whole = alice.get("/statements/2025").json()

        assert (closed["state"], submitted["state"]) == ("closed", "submitted")
        assert closed["creditClass"] == "US-CA/2025/SIM"
        assert (closed["budgetGco2e"], closed["footprintGco2e"]) == ("459000", "271800")
        assert int(closed["creditGco2e"]) % 10_000 == 0
        assert int(closed["creditGco2e"]) > 0
        assert closed["deficitGco2e"] == "0"
        assert verify(json.dumps(whole["document"])).digest.hex() == whole["digest"].removeprefix("0x")
        assert [one["digest"] for one in alice.get("/statements").json()["statements"]] == [submitted["digest"]]

    def test_self_declared_year__owes_by_the_defaults_and_earns_nothing(self, alice: Caller, clock: FixedClock) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        alice.post_csv(a_year_of_bills("1"), home=home)

        closed = alice.post("/statements/2025/close").json()

        assert closed["creditGco2e"] == "0"
        assert int(closed["deficitGco2e"]) > 0

    def test_others__see_nothing_of_it(self, alice: Caller, bob: Caller, clock: FixedClock) -> None:
        joined(alice)
        joined(bob)
        clock.at = AFTER
        alice.renew()
        bob.renew()
        alice.post("/statements/2025/close")

        assert problem(bob.get("/statements/2025")) == (404, "statement.unknown")
        assert bob.get("/statements").json() == {"statements": [], "deficits": []}
        assert bob.get("/activities").json() == {"activities": []}


class TestStatements:
    def test_too_early_or_ungoverned_or_not_a_member__is_refused(
        self, alice: Caller, bob: Caller, clock: FixedClock, database: Database
    ) -> None:
        joined(alice)

        for vintage in (
            2025,
            2999,
        ):  # 2999 has no policy either, but first of all is not over
            assert problem(alice.post(f"/statements/{vintage}/close")) == (422, "statement.vintage_open")
        assert problem(alice.post("/statements/2024/close")) == (404, "policy.unknown")
        assert problem(alice.post("/statements/25/close")) == (422, "input.invalid")
        clock.at = AFTER
        bob.renew()
        joined(bob)
        assert problem(bob.post("/statements/2025/close")) == (422, "statement.not_a_member")
        assert rows_in(database, StatementRow) == 0

    def test_submitting__unclosed_stale_or_twice__is_refused(self, alice: Caller, clock: FixedClock) -> None:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()

        assert problem(alice.post("/statements/2025/submit")) == (404, "statement.unknown")
        alice.post("/statements/2025/close")
        alice.post_csv(a_year_of_bills(), home=home)
        assert problem(alice.post("/statements/2025/submit")) == (409, "statement.stale")
        alice.post("/statements/2025/close")
        assert alice.post("/statements/2025/submit").status_code == 200
        assert problem(alice.post("/statements/2025/submit")) == (409, "statement.state_wrong")
        assert problem(alice.post_csv(a_year_of_bills().replace("M1", "M2"), home=home)) == (
            422,
            "activity.csv_refused",
        )

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/accounts"), ("GET", "/accounts/me"), ("POST", "/homes"), ("POST", "/homes/x/members"),
            ("DELETE", "/homes/x/members/me"), ("POST", "/activities"), ("POST", "/activities/import"),
            ("GET", "/activities"), ("POST", "/statements/2025/close"), ("POST", "/statements/2025/submit"),
            ("GET", "/statements"), ("GET", "/statements/2025"),
        ],
    )  # fmt: skip
    def test_nobody_signed_in__every_private_route_refuses(self, client: TestClient, method: str, path: str) -> None:
        assert problem(client.request(method, path))[0] in {401, 422}
        assert problem(client.request(method, path, headers={"Authorization": "Bearer nothing"}))[0] in {401, 422}

    def test_signed_in_without_an_account__is_told_to_join(self, alice: Caller) -> None:
        for path in ("/accounts/me", "/activities", "/statements", "/statements/2025"):
            assert problem(alice.get(path)) == (404, "account.unknown")
