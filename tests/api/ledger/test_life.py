"""Another key, another region, growing up and the end over HTTP, and every refusal with its code."""

from datetime import timedelta

from backend.chain.keys import dev_signer, personal_sign
from backend.kernel.clock import FixedClock, iso
from backend.kernel.digest import to_hex
from tests.api.access_app import ALICE, BOB
from tests.api.ledger.callers import CHILD, NEW_YEAR, Caller, joined, problem
from tests.web import TestClient

NEW = dev_signer(40)


def turned(client: TestClient, **changed: str) -> dict[str, str]:
    """The body that moves Alice's account to a new key."""
    fields = {"account": ALICE.address, "newAddress": NEW.address, "signedAt": iso(NEW_YEAR)}
    text = client.get("/accounts/rotations/text", params=fields).json()["text"]
    signed = {
        "signature": to_hex(personal_sign(ALICE, text)),
        "newSignature": to_hex(personal_sign(NEW, text)),
    }
    return fields | signed | changed


class TestNotices:
    def test_notices__are_told_to_anybody_and_with_the_new_account(self, client: TestClient, alice: Caller) -> None:
        told = client.get("/accounts/notices").json()
        opened = alice.post("/accounts", {"region": "US-CA", "identity": "alice"}).json()

        assert {one["name"] for one in told} >= {"lost_key", "minor"}
        assert all(one["en"] and one["zh"] for one in told)
        assert opened["notices"] == [one["en"] for one in told]


class TestRotation:
    def test_text__names_both_addresses_and_the_account_follows(self, client: TestClient, alice: Caller) -> None:
        joined(alice)
        body = turned(client)

        answer = client.post("/accounts/rotations", json=body)

        assert answer.status_code == 201, answer.text
        assert answer.json()["addresses"] == [ALICE.address, NEW.address]
        assert problem(alice.get("/accounts/me")) == (404, "account.rekeyed")
        assert Caller(client, NEW).get("/accounts/me").json()["address"] == NEW.address
        assert problem(client.post("/accounts/rotations", json=body)) == (404, "account.unknown")

    def test_one_signature_only__is_refused(self, client: TestClient, alice: Caller) -> None:
        joined(alice)
        body = turned(client)

        answer = client.post("/accounts/rotations", json=body | {"newSignature": body["signature"]})

        assert problem(answer) == (401, "signed_text.signer_wrong")
        assert alice.get("/accounts/me").json()["address"] == ALICE.address


class TestMovingAndLeaving:
    def test_move__then_leave__are_told_in_the_life(self, alice: Caller) -> None:
        joined(alice)
        alice.client.get("/accounts/me/life")

        early = alice.post("/accounts/me/moves", {"region": "GB", "sinceOn": "2025-01-01"})
        assert problem(early) == (422, "residence.date_invalid")
        assert problem(alice.post("/accounts/me/leaving", {"on": "2024-12-31"})) == (422, "residence.date_invalid")
        left = alice.post("/accounts/me/leaving", {"on": "2025-01-01"})

        assert left.status_code == 201, left.text
        assert alice.get("/accounts/me/life").json()["leftOn"] == "2025-01-01"
        assert problem(alice.post("/accounts/me/leaving", {"on": "2025-01-01"})) == (409, "account.already_left")

    def test_move__next_month__is_of_the_new_region(self, alice: Caller, clock: FixedClock) -> None:
        joined(alice)
        clock.at = NEW_YEAR + timedelta(days=40)
        alice.renew()

        moved = alice.post("/accounts/me/moves", {"region": "GB", "sinceOn": "2025-02-01"})

        assert moved.status_code == 201, moved.text
        assert moved.json()["residences"] == [
            {"region": "US-CA", "sinceOn": "2025-01-01"},
            {"region": "GB", "sinceOn": "2025-02-01"},
        ]
        again = alice.post("/accounts/me/moves", {"region": "GB", "sinceOn": "2025-02-02"})
        assert problem(again) == (422, "residence.already_there")

    def test_death__needs_the_issuer_s_proof(self, alice: Caller, bob: Caller) -> None:
        joined(alice)
        path, body = f"/accounts/{ALICE.address}/death", {"identity": ALICE.address, "on": "2025-01-01"}

        assert problem(bob.post(path, body | {"identity": "no"})) == (403, "personhood.proof_wrong")
        assert bob.post(path, body).json()["leftOn"] == "2025-01-01"
        assert problem(alice.client.post(path, json=body)) == (401, "auth.required")


class TestHandOver:
    def test_grown_child__takes_over_with_a_new_key(self, client: TestClient, alice: Caller, clock: FixedClock) -> None:
        joined(alice)
        child = {"region": "US-CA", "identity": "child", "bornOn": "2007-01-08", "ward": CHILD.address}
        assert alice.post("/accounts", child).status_code == 201
        path = f"/accounts/{CHILD.address}/hand-over"
        grown = Caller(client, NEW)
        assert problem(grown.post(path, {"identity": "child"})) == (422, "hand_over.too_early")
        assert problem(alice.post("/accounts/" + ALICE.address + "/hand-over", {"identity": ALICE.address})) == (
            422,
            "hand_over.not_needed",
        )

        clock.at = NEW_YEAR + timedelta(days=8)
        grown.renew()
        waits = grown.post(path, {"identity": "child"})
        assert waits.status_code == 202, waits.text
        assert problem(grown.post(f"{path}/completion")) == (422, "hand_over.waiting")
        clock.at += timedelta(days=14)
        grown.renew()
        stranger = Caller(client, BOB)
        assert problem(stranger.post(f"{path}/completion")) == (404, "hand_over.unknown")
        assert problem(client.delete(path, headers=stranger.headers)) == (404, "hand_over.unknown")
        done = grown.post(f"{path}/completion")

        assert done.status_code == 201, done.text
        assert (done.json()["address"], done.json()["guardian"]) == (NEW.address, None)
        assert grown.get("/accounts/me").json()["handOverTo"] is None

    def test_request__is_shown_and_can_be_taken_back(
        self, client: TestClient, alice: Caller, clock: FixedClock
    ) -> None:
        joined(alice)
        child = {"region": "US-CA", "identity": "child", "bornOn": "2007-01-08", "ward": CHILD.address}
        alice.post("/accounts", child)
        clock.at = NEW_YEAR + timedelta(days=8)
        grown, old_key = Caller(client, NEW), Caller(client, CHILD)
        path = f"/accounts/{CHILD.address}/hand-over"
        grown.post(path, {"identity": "child"})

        assert old_key.get("/accounts/me").json()["handOverTo"] == NEW.address
        assert client.delete(path, headers=grown.headers).status_code == 204
        assert old_key.get("/accounts/me").json()["handOverTo"] is None
