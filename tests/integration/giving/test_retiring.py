"""Retirements: relayed once, refused with a reason, receipted honestly; against the real contract."""

from typing import Any

import pytest

from backend.kernel.digest import sha256, to_hex
from backend.ledger.deficit import deficit_at
from tests.contract.people import CLASS_ID
from tests.integration.giving.world import World
from tests.unit.giving.chain import OTHER_CLASS_ID, a_deficit

ZERO = "0x" + "0" * 40


def refusal(world: World, body: dict[str, Any]) -> tuple[int, str]:
    """Status and code of a refused retirement, after checking that nothing went to the outbox."""
    before = world.client(body["account"]).get("/relays").json()
    answer = world.post("/retirements", body)
    assert world.client(body["account"]).get("/relays").json() == before
    return answer.status_code, answer.json()["code"]


def test_retirement__for_oneself__is_relayed_and_receipted(world: World) -> None:
    world.people.mint(0, 20_000)
    world.index()
    person = world.people.person(0).address

    answer = world.post("/retirements", world.retire_body(0, 5_500))
    assert (answer.status_code, answer.json()["state"], answer.json()["kind"]) == (202, "new", "retire")
    world.relay()

    assert world.people.credits_of(person) == 14_500
    [receipt] = world.client(person).get("/retirements").json()
    assert receipt == world.client().get(f"/receipts/{receipt['receiptId']}").json()
    assert (receipt["amountGco2e"], receipt["purpose"], receipt["final"]) == ("5500", "self", True)
    assert (receipt["account"], receipt["beneficiary"], receipt["ref"]) == (person, person, None)
    assert "5.500 kg of allowance surplus were retired, for ever." in receipt["wordsEn"]
    assert "not an offset and no proof of a reduction" in receipt["wordsEn"]
    assert "不是碳抵消" in receipt["wordsZh"]
    assert "SIM" in receipt["wordsEn"]
    [relayed] = world.client(person).get("/relays").json()
    assert (relayed["state"], relayed["txHash"]) == ("confirmed", receipt["txHash"])


def test_retirement__posted_again_and_again__happens_once(world: World) -> None:
    world.people.mint(1, 10_000)
    world.index()
    body = world.retire_body(1, 1_000)

    first = world.post("/retirements", body).json()
    assert world.post("/retirements", body).json() == first
    world.relay()
    again = world.post("/retirements", body)
    world.relay()

    assert (again.status_code, again.json()["state"]) == (202, "confirmed")
    assert world.people.credits_of(world.people.person(1).address) == 9_000


def test_retirement__in_compact_signature_form__is_the_same_act(world: World) -> None:
    world.people.mint(2, 10_000)
    world.index()
    body = world.retire_body(2, 1_000)
    raw = bytes.fromhex(body["signature"][2:])
    vs = int.from_bytes(raw[32:64]) | (raw[64] - 27) << 255
    compact = body | {"signature": to_hex(raw[:32] + vs.to_bytes(32))}

    first = world.post("/retirements", compact)
    assert first.status_code == 202
    assert world.post("/retirements", body).json() == first.json()


def test_retirement__of_what_is_already_leaving__is_refused(world: World) -> None:
    world.people.mint(3, 10_000)
    world.index()
    assert world.post("/retirements", world.retire_body(3, 7_000)).status_code == 202

    assert refusal(world, world.retire_body(3, 3_001)) == (422, "act.credits_insufficient")
    assert world.post("/retirements", world.retire_body(3, 3_000)).status_code == 202
    world.relay()

    assert world.people.credits_of(world.people.person(3).address) == 0


class TestRefusals:
    @pytest.fixture(scope="class", autouse=True)
    def _funded(self, world: World) -> None:
        world.people.mint(4, 10_000)
        world.index()

    def test_signed_by_another__is_refused(self, world: World) -> None:
        assert refusal(world, world.retire_body(4, 1_000, by=5)) == (401, "act.signer_wrong")

    @pytest.mark.parametrize(
        ("field", "value"),
        [("amountGco2e", "1001"), ("number", "7"), ("deadline", "1099511627777"), ("ref", "0x" + "11" * 32)],
    )
    def test_any_field_changed_after_signing__is_refused(self, world: World, field: str, value: str) -> None:
        body = world.retire_body(4, 1_000, purpose="event", ref=sha256(b"a wedding")) | {field: value}

        assert refusal(world, body) == (401, "act.signer_wrong")

    def test_for_another_chain__is_refused(self, world: World) -> None:
        from backend.chain.typed_data import Domain, sign  # noqa: PLC0415 - only this test forges a domain

        body = world.retire_body(4, 1_000)
        domain = world.contracts.deployment.domain("CarbonCredit")
        elsewhere = Domain(domain.name, domain.version, 1, domain.verifying_contract)
        message = {
            "account": body["account"],
            "beneficiary": body["beneficiary"],
            "classId": CLASS_ID,
            "amountGco2e": 1_000,
            "purpose": "self",
            "ref": bytes(32),
            "number": int(body["number"]),
            "deadline": int(body["deadline"]),
        }
        signature = to_hex(sign(world.people.person(4), "Retire", elsewhere, message))

        assert refusal(world, body | {"signature": signature}) == (401, "act.signer_wrong")

    def test_high_s_signature__is_malformed(self, world: World) -> None:
        body = world.retire_body(4, 1_000)

        assert refusal(world, body | {"signature": "0x" + "ff" * 65}) == (422, "signature.malformed")

    def test_past_its_deadline__is_refused(self, world: World) -> None:
        deadline = int(world.clock.at.timestamp())

        assert refusal(world, world.retire_body(4, 1_000, deadline=deadline)) == (422, "act.expired")

    def test_more_than_held__is_refused(self, world: World) -> None:
        assert refusal(world, world.retire_body(4, 10_001)) == (422, "act.credits_insufficient")

    def test_unknown_class__is_not_found(self, world: World) -> None:
        assert refusal(world, world.retire_body(4, 1, classId=12345)) == (404, "act.class_unknown")

    def test_number_of_an_executed_act__is_refused_for_another(self, world: World) -> None:
        number = next(world.numbers)
        world.post("/retirements", world.retire_body(4, 1_000, number=number))
        assert refusal(world, world.retire_body(4, 2_000, number=number)) == (409, "act.number_used")
        world.relay()

        assert refusal(world, world.retire_body(4, 2_000, number=number)) == (409, "act.number_used")

    def test_number_withdrawn_on_the_chain__is_refused(self, world: World) -> None:
        world.people.mint_to(world.people.person(4).address, 10_000)
        sent = world.people.approve  # an Approve by signature spends a number of CarbonCredit
        sent(4, "Exchange")
        world.index()
        spent = next(world.people.numbers) - 1

        assert refusal(world, world.retire_body(4, 1_000, number=spent)) == (409, "act.number_used")

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"beneficiary": ZERO}, "retirement.beneficiary_wrong"),
            ({"purpose": "another"}, "retirement.beneficiary_wrong"),
            ({"purpose": "event"}, "retirement.ref_wrong"),
            ({"purpose": "deficit"}, "retirement.ref_wrong"),
        ],
    )
    def test_words_that_do_not_fit_the_purpose__are_refused(
        self, world: World, changed: dict[str, Any], code: str
    ) -> None:
        assert refusal(world, world.retire_body(4, 1_000, **changed)) == (422, code)

    def test_beneficiary_other_than_oneself_for_self__is_refused(self, world: World) -> None:
        other = world.people.person(5).address

        assert refusal(world, world.retire_body(4, 1_000, beneficiary=other)) == (422, "retirement.beneficiary_wrong")

    @pytest.mark.parametrize("purpose", ["grant", "charity", "Self", ""])
    def test_purpose_that_is_not_a_persons__is_invalid(self, world: World, purpose: str) -> None:
        assert refusal(world, world.retire_body(4, 1_000, purpose=purpose)) == (422, "input.invalid")

    @pytest.mark.parametrize("amount", ["0", "-1", "1.5", 5])
    def test_amount_that_is_no_positive_whole_number_as_text__is_invalid(self, world: World, amount: object) -> None:
        body = world.retire_body(4, 1_000) | {"amountGco2e": amount}

        assert refusal(world, body) == (422, "input.invalid")


class TestDeficits:
    @pytest.fixture(scope="class")
    def reference(self, world: World) -> bytes:
        world.people.mint(6, 20_000)
        world.index()
        with world.database.write() as session:
            return a_deficit(session, 3_000, world.people.person(6).address)

    def test_unknown_deficit__is_not_found(self, world: World, reference: bytes) -> None:
        body = world.retire_body(6, 1_000, purpose="deficit", ref=sha256(reference))

        assert refusal(world, body) == (404, "deficit.unknown")

    @pytest.mark.parametrize("purpose", ["self", "event"])
    def test_a_deficits_reference_for_something_else__is_refused(
        self, world: World, reference: bytes, purpose: str
    ) -> None:
        body = world.retire_body(6, 1_000, purpose=purpose, ref=reference)

        assert refusal(world, body) == (422, "retirement.ref_wrong")

    def test_more_than_owed__is_refused(self, world: World, reference: bytes) -> None:
        body = world.retire_body(6, 3_001, purpose="deficit", ref=reference)

        assert refusal(world, body) == (422, "deficit.overpaid")

    def test_credits_of_another_region__are_unfit(self, world: World, reference: bytes) -> None:
        world.people.mint_to(world.people.person(6).address, 10_000, OTHER_CLASS_ID)
        world.index()
        body = world.retire_body(6, 1_000, purpose="deficit", ref=reference, classId=OTHER_CLASS_ID)

        assert refusal(world, body) == (422, "deficit.credit_unfit")

    def test_settling_it__counts_only_when_the_chain_has_it(self, world: World, reference: bytes) -> None:
        def outstanding() -> int:
            with world.database.read() as session:
                return deficit_at(session, reference).outstanding_gco2e

        answer = world.post("/retirements", world.retire_body(6, 3_000, purpose="deficit", ref=reference))
        assert answer.status_code == 202
        assert outstanding() == 3_000

        world.relay()

        assert outstanding() == 0
        receipt = world.client(world.people.person(6).address).get("/retirements").json()[0]
        assert (receipt["settledGco2e"], receipt["ref"]) == ("3000", to_hex(reference))
