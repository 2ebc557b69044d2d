"""A year's lines, how sure they are, what would save most, and who shares a home or a vehicle, over HTTP."""

from tests.api.access_app import ALICE, BOB
from tests.api.ledger.callers import BILL, TRIP, Caller, a_year_of_bills, problem
from tests.api.ledger.test_sharing import a_car


class TestLines:
    def test_year__opens_to_its_lines_and_each_line_to_its_factor(self, alice: Caller, later: tuple[str, str]) -> None:
        alice.post_csv(a_year_of_bills(), home=later[0])
        alice.post("/activities", TRIP)

        whole = alice.get("/statements/2025/lines").json()
        march = alice.get("/statements/2025/lines", category="electricity", month="2025-03").json()
        report = alice.get("/statements/2025/report").json()

        assert whole["total"] == 13
        ((line,), (month,)) = march["lines"], [one for one in report["months"] if one["name"] == "2025-03"]
        assert (line["kind"], line["quantity"], line["unit"], line["part"]) == ("grid_electricity", "100", "kWh", "1/1")
        assert line["amountGco2e"] == month["reportedGco2e"]
        (factor,) = line["choice"]["factors"]
        assert alice.get("/statements/2025/lines", month="2025-13").status_code == 422
        assert factor["region"] == "US-CAMX"
        assert factor["rung"] == line["choice"]["rung"]

    def test_pages__follow_one_another_without_a_gap(self, alice: Caller, later: tuple[str, str]) -> None:
        alice.post_csv(a_year_of_bills(), home=later[0])

        first = alice.get("/statements/2025/lines", limit="5").json()
        rest = alice.get("/statements/2025/lines", after=str(first["lines"][-1]["id"])).json()

        assert [one["id"] for one in first["lines"] + rest["lines"]] == list(range(1, 13))
        assert (first["total"], rest["total"]) == (12, 12)

    def test_intervals__are_of_the_year_and_its_parts(self, alice: Caller, later: tuple[str, str]) -> None:
        alice.post_csv(a_year_of_bills(), home=later[0])

        told = alice.get("/statements/2025/intervals").json()

        assert [one["name"] for one in told["categories"]] == ["electricity"]
        assert len(told["months"]) == 12
        year = told["year"]
        assert int(year["lowGco2e"]) < int(year["reportedGco2e"]) < int(year["highGco2e"])
        assert sum(int(one["reportedGco2e"]) for one in told["months"]) == int(year["reportedGco2e"])

    def test_savings__are_of_ones_own_lines(self, alice: Caller, later: tuple[str, str]) -> None:
        assert alice.get("/statements/2025/savings").json() == {"savings": []}
        alice.post_csv(a_year_of_bills(), home=later[0])

        (told,) = alice.get("/statements/2025/savings").json()["savings"]

        assert (told["name"], told["kinds"]) == ("less_electricity", ["grid_electricity"])
        assert (told["partBps"], told["instead"]) == (1_000, None)
        assert int(told["savedGco2e"]) == int(told["reportedGco2e"]) // 10

    def test_stranger__sees_nothing(self, alice: Caller, later: tuple[str, str]) -> None:
        assert later
        for path in ("lines", "intervals", "savings"):
            assert problem(alice.client.get(f"/statements/2025/{path}")) == (401, "auth.required")


class TestSharers:
    def test_home__shows_who_lives_there_and_what_is_metered(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        home = later[0]
        alice.post("/activities", BILL | {"home": home})
        assert problem(bob.get(f"/homes/{home}/members")) == (404, "home.unknown")
        bob.post(f"/homes/{home}/members", {"sinceOn": "2025-03-01"})

        told = bob.get(f"/homes/{home}/members").json()

        assert told["members"] == [
            {"account": ALICE.address, "sinceOn": "2025-01-01", "untilOn": None},
            {"account": BOB.address, "sinceOn": "2025-03-01", "untilOn": None},
        ]
        assert told["meters"] == [{"category": "electricity", "count": 1}]

    def test_who_left__sees_nobody_who_came_later(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        home = later[0]
        alice.client.delete(f"/homes/{home}/members/me", headers=alice.headers, params={"untilOn": "2025-06-30"})
        bob.post(f"/homes/{home}/members", {"sinceOn": "2025-07-01"})

        told = [caller.get(f"/homes/{home}/members").json()["members"] for caller in (alice, bob)]

        assert [[one["account"] for one in members] for members in told] == [[ALICE.address], [BOB.address]]

    def test_vehicle__shows_its_users(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        assert later
        code = a_car(alice)
        assert problem(bob.get(f"/vehicles/{code}/users")) == (404, "vehicle.unknown")
        bob.post(f"/vehicles/{code}/users", {"sinceOn": "2025-02-01"})

        told = alice.get(f"/vehicles/{code}/users").json()["users"]

        assert [(one["account"], one["sinceOn"]) for one in told] == [
            (ALICE.address, "2025-01-01"),
            (BOB.address, "2025-02-01"),
        ]
