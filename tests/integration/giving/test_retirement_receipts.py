"""Retirements with a receipt that cannot be moved: asked for by a second signature, and nothing is lost without it."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from backend.chain.contracts import Contracts
from backend.kernel.digest import to_hex
from tests.contract.people import CLASS_ID
from tests.contract.test_signature_wallets import deploy
from tests.integration.giving.deeds import Deeds
from tests.integration.giving.test_wallets import AGREEING, BY_WALLET, DECLINING
from tests.integration.giving.world import World

HOLDER, STRANGER, WALLETS = 70, 71, 72
RECEIPTS = "RetirementReceipts"


@pytest.fixture(scope="module", autouse=True)
def _funded(world: World) -> None:
    world.people.mint(HOLDER, 100_000)
    world.index()


def acts(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.client(world.people.person(HOLDER).address).get("/relays").json()
    return found


def retirements(world: World, index: int = HOLDER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.client(world.people.person(index).address).get("/retirements").json()
    return found


def refused(world: World, body: dict[str, Any]) -> tuple[int, str]:
    """Status and code, after checking that nothing went to the outbox."""
    before = acts(world)
    answer = world.post("/retirements", body)
    assert acts(world) == before
    return answer.status_code, answer.json()["code"]


def test_retirement__with_a_receipt__is_one_transaction_and_the_token_is_its_holders(world: World) -> None:
    person, friend = (world.people.person(index).address for index in (HOLDER, STRANGER))
    body = world.receipt_body(HOLDER, 5_500, purpose="another", beneficiary=friend, ref=b"\x07" * 32)

    answer = world.post("/retirements", body)
    assert (answer.status_code, answer.json()["kind"], answer.json()["state"]) == (202, "retire-receipt", "new")
    assert world.post("/retirements", body).json() == answer.json(), "posted again, it is the same"
    world.relay()

    assert world.people.credits_of(person) == 94_500
    told = retirements(world)[0]
    token = int(told["receiptToken"])
    assert token == CLASS_ID << 64 | 1
    assert told == retirements(world, STRANGER)[0]
    kept = world.contracts.named(RECEIPTS).functions
    at_s = int(world.w3.eth.get_block(told["blockNumber"])["timestamp"])
    word = b"another".ljust(32, b"\0")
    assert kept.receiptOf(token).call() == (person, friend, CLASS_ID, 5_500, word, b"\x07" * 32, at_s)
    assert (kept.ownerOf(token).call(), kept.locked(token).call()) == (person, True)
    assert (acts(world)[0]["state"], acts(world)[0]["withoutReceipt"]) == ("confirmed", False)


def test_retirement__that_asked_for_none__has_none(world: World) -> None:
    assert world.post("/retirements", world.retire_body(HOLDER, 100)).status_code == 202
    world.relay()

    assert retirements(world)[0]["receiptToken"] is None


def test_receipt__asked_for_by_another__is_refused(world: World) -> None:
    assert refused(world, world.receipt_body(HOLDER, 100, asks=STRANGER)) == (401, "act.signer_wrong")


def test_receipt__of_another_retirement__is_refused(world: World) -> None:
    asked = world.receipt_body(HOLDER, 100)["receiptSignature"]

    assert refused(world, world.retire_body(HOLDER, 100) | {"receiptSignature": asked}) == (401, "act.signer_wrong")


def test_receipt__for_what_was_posted_without__is_refused(world: World) -> None:
    """One number serves one act: the two would race each other."""
    body = world.receipt_body(HOLDER, 100)
    alone = {name: value for name, value in body.items() if name != "receiptSignature"}

    assert world.post("/retirements", alone).status_code == 202
    assert refused(world, body) == (409, "act.number_used")
    world.relay()


def test_retirement__overtaken_by_its_bare_message__is_done_and_said_to_have_no_receipt(world: World) -> None:
    """Whoever reads the transaction on its way can send the `Retire` in it alone: the receipt is all that is lost."""
    body = world.receipt_body(HOLDER, 700)
    before = world.people.credits_of(body["account"])
    assert world.post("/retirements", body).json()["withoutReceipt"] is False
    terms = [*(int(body[name]) if name in {"classId", "amountGco2e"} else body[name] for name in _TERMS)]
    numbers = [int(body["number"]), int(body["deadline"]), body["signature"]]
    world.people.send("CarbonCredit", "retireBySig", *terms, *numbers)
    world.relay()

    told, act = retirements(world)[0], acts(world)[0]
    assert world.people.credits_of(body["account"]) == before - 700
    assert (told["amountGco2e"], told["receiptToken"], told["final"]) == ("700", None, True)
    assert (act["state"], act["withoutReceipt"], act["reason"]) == ("confirmed", True, None)
    assert act["txHash"] == told["txHash"]


_TERMS = ("account", "beneficiary", "classId", "amountGco2e", "purpose", "ref")


def test_retirement__whose_number_was_voided__is_reverted_and_not_said_to_be_done(world: World) -> None:
    body = world.receipt_body(HOLDER, 800)
    assert world.post("/retirements", body).status_code == 202
    person, number = world.people.person(HOLDER), int(body["number"])
    message = {"account": person.address, "number": number, "deadline": int(body["deadline"])}
    voided = world.signed(person, "UseNumber", "CarbonCredit", message)
    world.people.send("CarbonCredit", "useNumberBySig", *message.values(), voided["signature"])
    world.relay()

    act = acts(world)[0]
    assert (act["state"], act["withoutReceipt"]) == ("reverted", False)
    assert "NumberAlreadyUsed" in act["reason"]
    assert retirements(world)[0]["amountGco2e"] != "800"


def test_wallet__asks_by_what_it_accepts(world: World) -> None:
    wallet = deploy(world.people, AGREEING)
    world.people.mint_to(wallet, 1_000)
    world.index()
    body = world.retire_body(HOLDER, 400, account=wallet, beneficiary=wallet)
    answer = world.post("/retirements", body | {"signature": BY_WALLET, "receiptSignature": BY_WALLET})
    assert answer.status_code == 202, answer.text
    world.relay()

    [told] = world.client(wallet).get("/retirements").json()
    assert world.contracts.named(RECEIPTS).functions.ownerOf(int(told["receiptToken"])).call() == wallet


def test_wallet__that_declines__is_refused(world: World) -> None:
    wallet = deploy(world.people, DECLINING)
    body = world.receipt_body(HOLDER, 100, account=wallet, beneficiary=wallet)

    assert refused(world, body) == (401, "act.signer_wrong")


def test_deployment__without_the_contract__says_so_and_retires_without(world: World) -> None:
    deployment = world.contracts.deployment
    addresses = {name: address for name, address in deployment.addresses.items() if name != RECEIPTS}
    old = copy.copy(world)
    old.contracts = Contracts(world.w3, replace(deployment, addresses=addresses))
    body = world.receipt_body(HOLDER, 300)

    assert refused(old, body) == (404, "deployment.contract_absent")
    answer = old.post("/retirements", body | {"receiptSignature": None})
    assert (answer.status_code, answer.json()["kind"]) == (202, "retire")
    world.relay()
    assert retirements(world)[0]["amountGco2e"] == "300"


def test_rewind__forgets_the_receipt_with_its_retirement_and_finds_both_again(world: World) -> None:
    assert world.post("/retirements", world.receipt_body(HOLDER, 900)).status_code == 202
    world.relay()
    told = retirements(world)[0]

    world.indexer.reindex()
    world.index()

    assert told["receiptToken"] is not None
    assert retirements(world)[0] == told


def test_certificate__names_the_receipt_and_its_contract(world: World, deeds: Deeds) -> None:
    found = world.client().get(f"/certificates/{deeds.receipted}").json()
    address = world.contracts.deployment.address(RECEIPTS)
    token = found["receiptToken"]

    assert world.contracts.named(RECEIPTS).functions.ownerOf(int(token)).call() == found["account"]
    assert world.client().get(f"/certificates/{deeds.own}").json()["receiptToken"] is None
    for language, note in (("en", "cannot be moved or sold"), ("zh", "不能转移或出售")):
        shown = world.client().get(f"/verify/{deeds.receipted}", params={"lang": language}).text
        assert all(part in shown for part in (f"{token}, {address}", note))
        assert note not in world.client().get(f"/verify/{deeds.own}", params={"lang": language}).text
    made = [world.client().post(f"/certificates/{deeds.receipted}/pdf", json={}).content for _ in range(2)]
    assert made[0] == made[1]
    checked = world.client().post("/certificates/check", content=made[0], headers={"Content-Type": "application/pdf"})
    assert (checked.json()["verdict"], checked.json()["deed"]["receiptToken"]) == ("genuine", token)


def test_signature__in_its_compact_form__is_the_same_act(world: World) -> None:
    body = world.receipt_body(HOLDER, 200)
    raw = bytes.fromhex(body["receiptSignature"][2:])
    vs = int.from_bytes(raw[32:64]) | (raw[64] - 27) << 255
    compact = body | {"receiptSignature": to_hex(raw[:32] + vs.to_bytes(32))}

    first = world.post("/retirements", compact)
    assert first.status_code == 202
    assert world.post("/retirements", body).json() == first.json()
    world.relay()
