"""Whoever may sign on the chain may sign here: an account that is a contract moves, gives and retires its credits by
what its wallet accepts. And the acts that only move credits or void numbers.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from backend.access.client import message_to_sign
from backend.giving.kinds import Funding, NumberedContract
from backend.link.balances import credit_balance, number_used
from tests.contract.people import CLASS_ID, FAR
from tests.contract.test_signature_wallets import deploy
from tests.integration.giving.world import POOL_STORY, World

AGREEING = bytes.fromhex("5f3560e01c60e01b5f5260205ff3")
"""A wallet that answers every question with the question's own selector: it takes any signature, and any token."""

DECLINING = bytes.fromhex("60205ff3")
HOLDER, RECEIVER = 60, 61
BY_WALLET = "0x010203"


@pytest.fixture(scope="module")
def wallet(world: World) -> str:
    """A wallet with 20 kg, sent to it by a person's signed transfer."""
    address = deploy(world.people, AGREEING)
    world.people.mint(HOLDER, 30_000)
    world.index()
    assert world.post("/transfers", transfer_body(world, address, 20_000)).status_code == 202
    world.relay()
    return address


def transfer_body(world: World, to: str, amount_gco2e: int, **changed: Any) -> dict[str, Any]:
    person = world.people.person(HOLDER)
    message = {
        "from": person.address,
        "to": to,
        "classId": CLASS_ID,
        "amountGco2e": amount_gco2e,
        "number": next(world.numbers),
        "deadline": FAR,
    }
    return world.signed(person, "Transfer", "CarbonCredit", message | changed)


def number_body(world: World, contract: NumberedContract, number: int) -> dict[str, Any]:
    person = world.people.person(HOLDER)
    message = {"account": person.address, "number": number, "deadline": FAR}
    return {"contract": contract.value} | world.signed(person, "UseNumber", contract.value, message)


def held_gco2e(world: World, account: str) -> int:
    with world.database.read() as session:
        return credit_balance(session, account, CLASS_ID)


def refused(world: World, path: str, body: Mapping[str, Any]) -> tuple[int, str]:
    answer = world.post(path, dict(body))
    return answer.status_code, answer.json()["code"]


def test_transfer__signed__moves_the_credits_and_is_listed_among_the_acts(world: World, wallet: str) -> None:
    assert held_gco2e(world, wallet) == 20_000
    listed = world.client(world.people.person(HOLDER).address).get("/relays").json()
    assert (listed[0]["kind"], listed[0]["amountGco2e"], listed[0]["state"]) == ("transfer", "20000", "confirmed")


def test_wallet__retires_approves_and_gives_by_what_it_accepts(world: World, wallet: str) -> None:
    campaign_id = world.open(world.pool, "by wallets", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    charity = world.contracts.deployment.address("Charity")
    acts = (
        ("/retirements", world.retire_body(HOLDER, 5_000, account=wallet, beneficiary=wallet)),
        ("/approvals", world.approve_body(HOLDER, charity, account=wallet)),
        ("/donations", world.donate_body(HOLDER, campaign_id, 6_000, donor=wallet)),
        ("/transfers", transfer_body(world, world.people.person(RECEIVER).address, 2_000, **{"from": wallet})),
    )
    for path, body in acts:
        answer = world.post(path, body | {"signature": BY_WALLET})
        assert answer.status_code == 202, answer.text
        assert world.post(path, body | {"signature": BY_WALLET}).json()["createdAt"] == answer.json()["createdAt"]
        world.relay()

    assert held_gco2e(world, wallet) == 20_000 - 5_000 - 6_000 - 2_000
    assert held_gco2e(world, world.people.person(RECEIVER).address) == 2_000
    assert world.campaign(campaign_id)["total"]["donatedGco2e"] == "6000"


def test_wallet__that_declines__is_refused_as_a_wrong_key_or_a_malformed_one_is(world: World) -> None:
    declining = deploy(world.people, DECLINING)
    body = world.retire_body(HOLDER, 1_000, account=declining, beneficiary=declining)

    assert refused(world, "/retirements", body) == (401, "act.signer_wrong")
    assert refused(world, "/retirements", body | {"signature": BY_WALLET}) == (422, "signature.malformed")


def test_wallet__signs_in_by_what_its_code_takes(world: World, wallet: str) -> None:
    client = world.client()
    declining = deploy(world.people, DECLINING)
    by_account = {
        account: {"message": message_to_sign(client.post("/sessions/nonce").json(), account), "signature": BY_WALLET}
        for account in (wallet, declining)
    }

    assert client.post("/sessions", json=by_account[wallet]).json()["address"] == wallet
    assert client.post("/sessions", json=by_account[declining]).json()["code"] == "signature.malformed"


def test_permit__which_takes_keys_only__is_not_asked_of_a_wallet(world: World, wallet: str) -> None:
    exchange = world.contracts.deployment.address("Exchange")
    body = {"owner": wallet, "spender": exchange, "value": "5", "nonce": "0", "deadline": str(FAR)}

    assert refused(world, "/approvals/payment", body | {"signature": BY_WALLET}) == (422, "signature.malformed")


@pytest.mark.parametrize("contract", list(NumberedContract))
def test_number__that_is_voided__serves_no_act_any_more(world: World, wallet: str, contract: NumberedContract) -> None:
    number = next(world.numbers)
    body = number_body(world, contract, number)

    assert world.post("/numbers/used", body).status_code == 202
    world.relay()

    person = world.people.person(HOLDER).address
    with world.database.read() as session:
        assert number_used(session, contract.value, person, number)
    if contract is NumberedContract.CARBON_CREDIT:
        assert refused(world, "/transfers", transfer_body(world, wallet, 1_000, number=number)) == (
            409,
            "act.number_used",
        )


def test_transfer__to_nobody_or_to_oneself__is_refused(world: World) -> None:
    for receiver in ("0x" + "0" * 40, world.people.person(HOLDER).address):
        assert refused(world, "/transfers", transfer_body(world, receiver, 1_000)) == (422, "transfer.receiver_wrong")


def test_transfer__of_more_than_there_is__is_refused(world: World, wallet: str) -> None:
    body = transfer_body(world, wallet, 10_001)

    assert refused(world, "/transfers", body) == (422, "act.credits_insufficient")
