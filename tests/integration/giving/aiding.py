"""What the tests of aid do again and again: rounds opened, applied to, concluded; and whose credentials are good."""

from datetime import datetime, timedelta
from typing import Any

from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.giving.eligibility import eligibility_credential
from backend.issuance.draw import commitment_of, commitment_text
from backend.issuance.draw_list import DrawList
from backend.issuance.drawing import advance as advance_draws
from backend.issuance.drawing import commit, draws, list_of, reveal
from backend.issuance.verifier_check import secret_of
from backend.kernel.clock import iso, unix_s
from backend.link.named_block import first_block_from
from backend.link.node import Node
from tests.contract.people import CLASS_ID
from tests.integration.giving.world import World

BODY = dev_signer(90)
CHARITY = dev_signer(DevRole.AID_CHARITY)
SECOND = dev_signer(DevRole.AID_CHARITY_SECOND)
REGISTRAR = dev_signer(DevRole.REGISTRAR)
AUDITOR = dev_signer(91).address
HOUR_S = 3_600
STEP = 500
VERIFIERS = (dev_signer(DevRole.VERIFIER_A), dev_signer(DevRole.VERIFIER_B))


def person(world: World, index: int) -> Signer:
    return world.people.person(index)


def round_body(world: World, **changed: Any) -> dict[str, Any]:
    body = {
        "classId": str(CLASS_ID),
        "rule": "equal",
        "potGco2e": "6000",
        "capGco2e": "3000",
        "stepGco2e": str(STEP),
        "leastPeople": 3,
        "opensAt": iso(world.clock.at),
        "closesAt": iso(world.clock.at + timedelta(hours=1)),
    }
    return body | changed


def open_round(world: World, campaign_id: int, **changed: Any) -> int:
    body = round_body(world, **changed)
    answer = world.client(CHARITY.address).post(f"/campaigns/{campaign_id}/aid-rounds", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["roundId"])


def credential(world: World, index: int, *, body: Signer = BODY, at: datetime | None = None) -> str:
    chain_id = world.contracts.deployment.chain_id
    return eligibility_credential(
        body, chain_id=chain_id, account=person(world, index).address, at=at or world.clock.at
    )


def apply(world: World, round_id: int, index: int, **changed: Any) -> Any:
    body = {"credential": credential(world, index), "vintage": 2025} | changed
    return world.client(person(world, index).address).post(f"/aid/rounds/{round_id}/applications", json=body)


def mine(world: World, round_id: int, index: int) -> dict[str, Any]:
    found: dict[str, Any] = (
        world.client(person(world, index).address).get(f"/aid/rounds/{round_id}/applications/mine").json()
    )
    return found


def conclude(world: World, round_id: int) -> dict[str, Any]:
    """Closed, anchored, decided."""
    world.pass_time(HOUR_S)
    world.tend()
    assert told(world, round_id)["concludedAt"] is None, "its root has to be there before its block"
    world.pass_time(61)
    world.tend()
    return told(world, round_id)


def told(world: World, round_id: int) -> dict[str, Any]:
    found: dict[str, Any] = world.client().get(f"/aid/rounds/{round_id}").json()
    return found


def grants(world: World, round_id: int, reader: Signer = CHARITY) -> list[dict[str, str]]:
    found: list[dict[str, str]] = world.client(reader.address).get(f"/aid/rounds/{round_id}/grants").json()
    return found


def begin_draw(world: World) -> DrawList:
    """A lottery's root is on the chain, and a draw's list that names it; verifiers may commit."""
    world.pass_time(HOUR_S)
    world.tend()
    world.tend()
    with world.database.read() as session:
        return list_of(draws(session)[-1])


def commit_all(world: World, listed: DrawList) -> None:
    """Two of the verifiers bind themselves to secrets."""
    with world.database.write() as session:
        for verifier in VERIFIERS:
            own = commitment_of(listed.digest, verifier.address, secret_of(listed, verifier))
            signature = personal_sign(verifier, commitment_text(listed, verifier.address, own))
            commit(session, listed.day, verifier.address, commitment=own, signature=signature, at=world.clock.at)


def reveal_all(world: World, listed: DrawList) -> None:
    """The named block is there, and both show their secrets."""
    world.pass_time(listed.block_from_s - unix_s(world.clock.at) + 1)
    advance_draws(world.database, lambda from_s: first_block_from(Node(world.w3), from_s, 0), world.clock.at)
    with world.database.write() as session:
        for verifier in VERIFIERS:
            secret = secret_of(listed, verifier)
            reveal(session, listed.day, verifier.address, secret=secret, at=world.clock.at)
