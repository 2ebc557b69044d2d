"""Vehicles, odometers and splits over HTTP, and every refusal with its code."""

from typing import Any

import pytest

from backend.chain.keys import personal_sign
from backend.kernel.digest import to_hex
from tests.api.access_app import ALICE, BOB
from tests.api.ledger.callers import Caller, problem

CAR = {"kind": "car_petrol", "place": "US-CA", "plate": "7ABC123", "sinceOn": "2025-01-01"}


def a_car(caller: Caller, **changed: str) -> str:
    answer = caller.post("/vehicles", CAR | changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


class TestVehicles:
    def test_car_shared_by_two__is_read_listed_and_left(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        assert later
        code = a_car(alice)
        assert problem(bob.get(f"/vehicles/{code}/readings")) == (404, "vehicle.unknown")
        assert bob.post(f"/vehicles/{code}/users", {"sinceOn": "2025-01-01"}).status_code == 201
        first = alice.post(f"/vehicles/{code}/readings", {"readOn": "2025-01-01", "km": 100, "evidence": "photo"})
        second = bob.post(f"/vehicles/{code}/readings", {"readOn": "2025-07-01", "km": 1100, "evidence": "photo"})

        assert [first.json()["countedKm"], second.json()["countedKm"]] == [None, "1000"]
        assert [one["km"] for one in alice.get(f"/vehicles/{code}/readings").json()["readings"]] == [100, 1100]
        (trip,) = alice.get("/activities").json()["activities"]
        assert (trip["isShared"], trip["given"]) == (True, "100 km to 1100 km")
        assert [one["code"] for one in bob.get("/vehicles").json()["vehicles"]] == [code]
        path = f"/vehicles/{code}/users/me"
        early = bob.client.delete(path, headers=bob.headers, params={"untilOn": "2025-05-31"})
        assert problem(early) == (422, "vehicle.reading_needed")
        left = bob.client.delete(path, headers=bob.headers, params={"untilOn": "2025-06-30"})
        assert left.status_code == 200
        back = alice.client.delete(f"/vehicles/{code}/readings/latest", headers=alice.headers)
        assert problem(back) == (404, "odometer.reading_unknown")
        by_it = bob.client.delete(f"/vehicles/{code}/readings/latest", headers=bob.headers)
        assert problem(by_it) == (409, "odometer.reading_relied")
        assert alice.post(f"/vehicles/{code}/readings", {"readOn": "2025-09-01", "km": 1200}).status_code == 201
        assert alice.client.delete(f"/vehicles/{code}/readings/latest", headers=alice.headers).status_code == 204

    @pytest.mark.parametrize(
        ("changed", "status", "code"),
        [
            ({"kind": "metro"}, 422, "vehicle.kind_unfit"),
            ({"kind": "rocket"}, 422, "activity.kind_unknown"),
            ({"plate": " - "}, 422, "vehicle.plate_malformed"),
            ({"place": "Mars"}, 422, "place.unknown"),
            ({"sinceOn": "9999-01-01"}, 422, "home.moving_date_invalid"),
        ],
    )
    def test_bad_vehicle__is_refused(
        self, alice: Caller, later: tuple[str, str], changed: dict[str, str], status: int, code: str
    ) -> None:
        assert later
        assert problem(alice.post("/vehicles", CAR | changed)) == (status, code)

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"readOn": "2025-01-01", "km": 200}, 409, "odometer.overlap"),
            ({"readOn": "2025-02-01", "km": 99}, 422, "odometer.backwards"),
            ({"readOn": "2027-02-01", "km": 200}, 422, "odometer.invalid"),
            ({"readOn": "2025-02-01", "km": -1}, 422, "input.invalid"),
            ({"readOn": "2025-02-01", "km": 200, "chargedKwh": "5"}, 422, "odometer.charge_unexpected"),
            ({"readOn": "2025-02-01", "km": 200, "chargedKwh": "-5"}, 422, "quantity.negative"),
        ],
    )
    def test_bad_reading__is_refused_and_nothing_kept(
        self, alice: Caller, later: tuple[str, str], body: dict[str, Any], status: int, code: str
    ) -> None:
        assert later
        car = a_car(alice)
        alice.post(f"/vehicles/{car}/readings", {"readOn": "2025-01-01", "km": 100})

        assert problem(alice.post(f"/vehicles/{car}/readings", body)) == (status, code)
        assert len(alice.get(f"/vehicles/{car}/readings").json()["readings"]) == 1

    def test_registered_twice__is_refused(self, alice: Caller, bob: Caller, later: tuple[str, str]) -> None:
        assert later
        a_car(alice)

        assert problem(bob.post("/vehicles", CAR | {"plate": "7 abc-123"})) == (409, "vehicle.exists")


class TestSplits:
    @pytest.mark.parametrize("things", ["homes", "vehicles"])
    def test_split__is_proposed_signed_by_all_and_listed(
        self, alice: Caller, bob: Caller, later: tuple[str, str], things: str
    ) -> None:
        code = later[0] if things == "homes" else a_car(alice)
        joining = "members" if things == "homes" else "users"
        bob.post(f"/{things}/{code}/{joining}", {"sinceOn": "2026-01-01"})
        parts = [{"account": ALICE.address, "partBps": 2_500}, {"account": BOB.address, "partBps": 7_500}]
        path = f"/{things}/{code}/splits"

        split = alice.post(path, {"sinceOn": "2026-02-01", "parts": parts}).json()
        body: dict[str, str] = {}
        for signer, caller in ((ALICE, alice), (BOB, bob)):
            assert alice.get(path).json()["splits"][0]["agreedAt"] is None
            body = {"signature": to_hex(personal_sign(signer, split["text"]))}
            answer = caller.post(f"{path}/{split['id']}/signatures", body)
            assert answer.status_code == 201, answer.text

        (agreed,) = bob.get(path).json()["splits"]
        assert agreed["agreedAt"] is not None
        assert agreed["signed"] == [ALICE.address, BOB.address]
        again = bob.post(f"{path}/{split['id']}/signatures", body)
        assert problem(again) == (409, "split.agreed")

    def test_past_or_incomplete_or_stranger_s__is_refused(
        self, alice: Caller, bob: Caller, later: tuple[str, str]
    ) -> None:
        path = f"/homes/{later[0]}/splits"
        whole = [{"account": ALICE.address, "partBps": 10_000}]

        past = alice.post(path, {"sinceOn": "2026-01-01", "parts": whole})
        half = alice.post(path, {"sinceOn": "2026-02-01", "parts": [{"account": ALICE.address, "partBps": 5_000}]})

        assert problem(past) == (422, "split.in_past")
        assert problem(half) == (422, "split.parts_invalid")
        assert problem(bob.get(path)) == (404, "home.unknown")
        body = {"signature": "0x" + "11" * 65}
        assert problem(alice.post(f"{path}/7/signatures", body)) == (404, "split.unknown")
